"""The benchmark of journeys does what its table says. Counts, never times."""

from __future__ import annotations

import platform
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import evidence
import marked_page
import pytest
import speed_environments
import speed_figures
import speed_page
import speed_rounds
import speed_sides as sides
import speed_table
from speed_process import Figures
from speed_server import loopback
from speed_suites import Work

needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
WORK = Work(3)
ROWS = Work(5, is_rows=True)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with loopback(tmp_path_factory.mktemp("compiled")) as server:
        yield server


@pytest.fixture
def here(monkeypatch):
    """Our side and the suite by hand run in the environment of the tests; no other side is here."""
    own = {speed_environments.OURS, speed_environments.PLAIN}
    monkeypatch.setattr(
        speed_environments, "python_of", lambda name: Path(sys.executable) if name in own else None
    )
    monkeypatch.setattr(speed_environments, "program", lambda name: None)


def with_fewer_plugins(side):
    return replace(side, arguments=(*side.arguments, "-p", "no:randomly"))


@needs_compiler
def test_records_are_kept_in_turn(server, here, tmp_path):
    turns = evidence.take_turns(6, tmp_path, server)
    assert {kind: len(took) for kind, took in turns.items()} == dict.fromkeys(evidence.KINDS, 2)
    assert len(list(tmp_path.glob("**/.reqflo/runs/*/run_*/run.json"))) == 2
    assert [line.split(" | ")[0] for line in evidence.lines_of(turns)[2:]] == [
        "| failures / none", "| all / none",
    ]  # fmt: skip


@needs_compiler
@pytest.mark.parametrize(
    ("side", "work"),
    [
        (with_fewer_plugins(sides.OURS), WORK),
        (with_fewer_plugins(sides.OURS), ROWS),
        (with_fewer_plugins(sides.HANDWRITTEN), WORK),
        (with_fewer_plugins(sides.HANDWRITTEN), ROWS),
        (sides.RAW_HTTPX, WORK),
        (sides.RAW_HTTPX, ROWS),
    ],
    ids=lambda value: value.name if isinstance(value, sides.Side) else f"{value.count}",
)
def test_a_side_sends_what_the_work_asks_for_on_few_connections(tmp_path, server, here, side, work):
    _, counted = sides.Place(tmp_path, work, server).run(side)
    assert counted.requests == work.requests
    assert counted.connections <= (work.count if work.is_rows else 1)


@needs_compiler
def test_a_side_that_does_not_do_the_work_has_no_figures(tmp_path, server, here):
    lazy = replace(sides.RAW_HTTPX, arguments=("-c", "print('2 passed')"), reports=r"(\d+) passed")
    with pytest.raises(sides.SideFailed) as raised:
        sides.Place(tmp_path, WORK, server).run(lazy)
    said = str(raised.value).partition("\n")[0]
    assert said == "raw httpx: 0 requests instead of 12, 2 tests instead of 3"


@needs_compiler
def test_the_table_names_who_is_missing_or_failed(tmp_path, server, here):
    failing = replace(sides.RAW_HTTPX, name="failing", arguments=("-c", "raise SystemExit(3)"))
    rows = (
        speed_table.Comparison("one", failing, sides.HURL_2, against="Hurl"),
        speed_table.Comparison("two", sides.FAST_16, sides.HURL_2, against="Hurl"),
        speed_table.Comparison("three", sides.RAW_HTTPX, sides.HURL_2, 1.3, against="Hurl"),
    )
    group = speed_table.Group("few", WORK, 1, rows)
    table = speed_rounds.table_of(group, tmp_path, server, options="")
    assert [row.line for row in table] == [
        ("one", "Hurl", "", "failed", "", "", ""),
        ("two", "Hurl", "", "no `--reqflo-transport`", "", "", ""),
        ("three", "Hurl", "<= 1.3", "not here", "", "", ""),
    ]


def test_fewer_rounds_are_not_for_what_is_over_at_once():
    groups = [speed_table.in_rounds(group, 2) for group in speed_table.GROUPS]
    assert {group.name: group.rounds for group in groups if group.rounds != 2} == {
        "collect-rows": 5,
        "collect-files": 5,
        "idle": 15,
    }
    assert [speed_table.in_rounds(group, None) for group in groups] == groups


def figures(wall_s, cpu_s, memory_kib):
    return Figures(wall_s, cpu_s, memory_kib, exit_code=0, told="")


def test_a_row_holds_medians_of_ratios_taken_inside_rounds():
    rounds = [
        {"reqflo": figures(2, 1, 30), "Tavern": figures(40, 20, 60)},
        {"reqflo": figures(3, 1, 30), "Tavern": figures(90, 11, 60)},
        {"reqflo": figures(1, 1, 30), "Tavern": figures(40, 12, 60)},
    ]
    row = speed_table.Comparison("all", sides.OURS, sides.TAVERN, 10, "times", against="Tavern")
    ratio = replace(row, kind="ratio", aim=0.02)
    more = replace(row, kind="more", aim=None)
    assert [speed_figures.cells_of(each, rounds, {}).line[2:] for each in (row, ratio, more)] == [
        (">= 10 times faster", "30.0 (20.0 to 40.0)", "12.0 (11.0 to 20.0)", "0.50 (0.50 to 0.50)", "met"),
        ("<= 0.02", "0.03 (0.03 to 0.05)", "0.08 (0.05 to 0.09)", "0.50 (0.50 to 0.50)", "missed"),
        ("", "-39000.0 (-87000.0 to -38000.0)", "-11000.0 (-19000.0 to -10000.0)", "0.50 (0.50 to 0.50)", ""),
    ]  # fmt: skip


def test_a_part_of_the_page_is_replaced_and_the_rest_stays(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- begin: speed -->\nold\n<!-- end: speed -->\nbelow\n")
    row = speed_figures.Cells("a", "b", "<= 1", "0.9", "0.8", "0.7", "met")
    marked_page.write_part("speed", speed_page.lines_of([row], is_quick=True), page)
    lines = page.read_text().splitlines()
    assert lines[:2] == ["above", "<!-- begin: speed -->"]
    assert f"Python {platform.python_version()}" in lines[2]
    assert lines[3:] == [
        "",
        speed_page.QUICK,
        "",
        "| work | against | aim | wall | CPU | memory |  |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        "| a | b | <= 1 | 0.9 | 0.8 | 0.7 | met |",
        "<!-- end: speed -->",
        "below",
    ]


def test_the_page_shows_every_row_that_is_measured_and_no_path():
    text = marked_page.PAGE.read_text()
    part = text.partition("<!-- begin: speed -->")[2].partition("<!-- end: speed -->")[0]
    shown = [line.split(" | ")[0].removeprefix("| ") for line in part.splitlines() if "|" in line]
    rows = [row.what for group in speed_table.GROUPS for row in group.rows]
    assert shown[2 : 2 + len(rows)] == rows
    assert "/home" not in part
    assert "/tmp" not in part
