"""Where each setting comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.host.options import load_settings


@pytest.fixture
def configure(pytester: pytest.Pytester):
    def _configure(*args: str, ini: str = "") -> pytest.Config:
        pytester.makeini(f"[pytest]\n{ini}")
        return pytester.parseconfig(*args)

    return _configure


@pytest.mark.parametrize(
    ("args", "variables", "ini", "expected"),
    [
        (["--reqflo-env=a"], {"REQFLO_ENV": "b"}, "reqflo_env = c", "a"),
        ([], {"REQFLO_ENV": "b"}, "reqflo_env = c", "b"),
        ([], {}, "reqflo_env = c", "c"),
        ([], {}, "", None),
    ],
)
def test_option_wins_over_variable_over_ini_over_default(
    configure, args: list[str], variables: dict[str, str], ini: str, expected: str | None
) -> None:
    assert load_settings(configure(*args, ini=ini), variables).environment == expected


def test_store_of_an_option_starts_where_pytest_was_called(configure, pytester) -> None:
    config = configure("--reqflo-store=x/y")
    assert load_settings(config, {}).store == Path(pytester.path) / "x" / "y"


def test_store_is_a_folder_of_rootdir_by_default(configure, pytester) -> None:
    assert load_settings(configure(), {}).store == Path(pytester.path) / ".reqflo"


def test_a_value_keeps_its_equals_signs(configure) -> None:
    config = configure("--reqflo-set", "a=b=c", "--reqflo-set", "d=")
    assert load_settings(config, {}).sets == (("a", "b=c"), ("d", ""))


@pytest.mark.parametrize(
    ("args", "variables", "sentence"),
    [
        (["--reqflo-set=a"], {}, "--reqflo-set: one is not KEY=VALUE"),
        (["--reqflo-set==b"], {}, "--reqflo-set: one is not KEY=VALUE"),
        (["--reqflo-data=no.csv"], {}, "no.csv` is no file"),
        (["--reqflo-data=" + "x" * 5000], {}, "` is no file"),
        ([], {"REQFLO_ADHOC": "wran"}, "reqflo_adhoc: `wran` is not one of allow, warn, error"),
        ([], {"REQFLO_TRACE": "on"}, "reqflo_trace: `on` is not one of auto, off"),
        ([], {"REQFLO_JUNIT_ATTACHMENTS": "y"}, "reqflo_junit_attachments: `y` is not one of"),
        ([], {"REQFLO_SOFT": "x"}, "reqflo_soft: `x` is not one of warn, fail"),
        ([], {"REQFLO_ROOT": "nowhere"}, "nowhere` is no folder"),
        (
            [],
            {"REQFLO_EVIDENCE": "al"},
            "--reqflo-evidence: `al` is not one of failures, all, none",
        ),
        ([], {"REQFLO_EVIDENCE_KEEP": "-1"}, "reqflo_evidence_keep: `-1` is neither a number of"),
    ],
)
def test_an_unusable_value_is_one_problem_of_rf801(
    configure, args: list[str], variables: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UsageProblem) as caught:
        load_settings(configure(*args), variables)
    assert [item.code for item in caught.value.diagnostics] == ["RF801"]
    assert sentence in caught.value.diagnostics[0].title


@pytest.mark.parametrize("path", [".", f"{__file__}/out.json"])
def test_a_result_file_that_cannot_be_written_is_refused_before_the_run(configure, path) -> None:
    with pytest.raises(UsageProblem, match=r"RF701.*cannot be written"):
        load_settings(configure(f"--reqflo-output={path}"), {})


@pytest.mark.parametrize(
    ("variables", "ini", "expected"),
    [
        ({}, "", None),
        ({"GITHUB_STEP_SUMMARY": "/page"}, "", None),
        ({"GITHUB_STEP_SUMMARY": "/page"}, "reqflo_step_summary = auto", Path("/page")),
        ({"GITHUB_STEP_SUMMARY": "/page"}, "reqflo_step_summary = off", None),
        ({"REQFLO_STEP_SUMMARY": "off"}, "reqflo_step_summary = auto", None),
        ({"REQFLO_STEP_SUMMARY": "auto"}, "", None),
    ],
)
def test_a_summary_is_written_where_it_is_asked_for(configure, variables, ini, expected) -> None:
    assert load_settings(configure(ini=ini), variables).step_summary == expected


@pytest.mark.parametrize(
    ("variables", "ini", "expected"),
    [
        ({}, "", False),
        ({}, "reqflo_junit_attachments = true", True),
        ({"REQFLO_JUNIT_ATTACHMENTS": "true"}, "", True),
        ({"REQFLO_JUNIT_ATTACHMENTS": "false"}, "reqflo_junit_attachments = true", False),
    ],
)
def test_attachments_are_off_unless_asked_for(configure, variables, ini, expected) -> None:
    assert load_settings(configure(ini=ini), variables).attaches_in_junit is expected


@pytest.mark.parametrize(
    ("args", "ini", "sentence"),
    [
        ([f"--reqflo-har={__file__}/x.har"], "", "--reqflo-har: `"),
        ([], f"reqflo_step_summary = {__file__}/x.md", "reqflo_step_summary: `"),
    ],
)
def test_a_file_that_cannot_be_written_is_told_before_anything_runs(
    configure, args, ini, sentence
) -> None:
    with pytest.raises(UsageProblem, match="cannot be written") as caught:
        load_settings(configure(*args, ini=ini), {})
    assert str(caught.value).startswith(f"error[RF701]: {sentence}")
