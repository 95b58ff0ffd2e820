from __future__ import annotations

import pytest

from pytest_reqflo.cli.database import shown_time
from pytest_reqflo.cli.results import ended_code
from pytest_reqflo.cli.settings import load_settings
from pytest_reqflo.cli.stored import line_text, read_since
from pytest_reqflo.engine.durable.history import RunLine
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.evidence_store.keep import read_duration_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("2h", 7200), ("30d", 2_592_000), ("1w", 604_800), ("d", None), ("1.5d", None), ("-1d", None)],
)  # fmt: skip
def test_durations(text, seconds):
    assert read_duration_s(text) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h", 996_400.0),
        ("1970-01-02", 86_400.0),
        ("1970-01-01T02:00+02:00", 0.0),
        ("1970-01-01T00:00:07Z", 7.0),
    ],
)
def test_since_is_a_duration_or_a_date_in_utc(text, seconds):
    assert read_since(text, now=1_000_000.0) == seconds


def test_what_is_no_time_is_refused():
    with pytest.raises(UsageProblem, match="RF801"):
        read_since("yesterday", now=0.0)


def test_shown_times_can_be_given_back():
    assert read_since(shown_time(1_234_567_890.9), now=0.0) == 1_234_567_890.0


def test_a_line_steers_no_terminal():
    line = RunLine(
        run_id="run_1", status="left", journey_id="orders", environment="local",
        case="\x1b[31mred", row_number=3, artifact="artifact_1", batch_id="", item_id="",
        trigger="pytest", origin="{}", dispatched_at=0.0, ended_at="",
    )  # fmt: skip
    assert line_text(line) == (
        "run_1  1970-01-01T00:00:00Z  left         orders  local  case `\\x1b[31mred`  row 3  artifact_1"
    )


def test_only_what_passed_or_was_skipped_is_well():
    assert [ended_code(each) for each in ("passed", "skipped", "failed", "lost", "cancelled")] == [
        0, 0, 1, 1, 1
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.ini", "[pytest]\nreqflo_secret_command = pass 'a b' {name}\nreqflo_allow_any_host = yes\n"),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\nreqflo_secret_command = ["pass", "a b", "{name}"]\n'
            "reqflo_allow_any_host = true\n",
        ),
    ],
)  # fmt: skip
def test_settings_that_only_files_make(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    settings = load_settings(tmp_path, process_env={"REQFLO_ALLOW_ANY_HOST": "0"})
    assert settings.secret_command == ("pass", "a b", "{name}")
    assert settings.allows_any_host
