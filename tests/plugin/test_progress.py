"""Progress of many runs: lines in a file, and a line that is written over on a real terminal."""

from __future__ import annotations

import re

import pytest
from screens import run_on_terminal

import pytest_reqflo.host.console
import pytest_reqflo.host.live_line
import pytest_reqflo.host.telling
from pytest_reqflo.host.progress import find_kind

FEW = "import pytest_reqflo.host.progress as module\n\nmodule.LEAST_RUNS = 30\n"


@pytest.fixture
def many(project, monkeypatch):
    """Give a project of 30 runs, three of them failing, which count as many; and a plain test."""
    path = project.rows("a.journey.yaml", 10, "/status/20{{ inputs.n }}")
    project.rows("b.journey.yaml", 20, "/b/{{ inputs.n }}")
    rows = ", ".join(f"{{n: {number}}}" for number in "0001110000")
    path.write_text(re.sub(r"rows: \[.*\]", f"rows: [{rows}]", path.read_text()))
    project.write("test_c.py", "def test_c(): print('captured')\n")
    project.write("conftest.py", FEW)
    monkeypatch.setattr(pytest_reqflo.host.progress, "LEAST_RUNS", 30)
    return project


def body(text: str) -> list[str]:
    """Return the lines between the header and the end, without times, rates and empty lines."""
    text = re.split(r"^(?:collected .*|\d workers \[.*)$", text, flags=re.MULTILINE)[1]
    text = re.split(r"^=+ ", text, flags=re.MULTILINE)[0]
    text = re.sub(r", [0-9.,]+/(s|min), (\d+ \w+ ?)+ left", ", AGO", text)
    text = re.sub(r"(\d+ h )?(\d+ min )?\d+(\.\d+)? (m?s|min)\b", "T", text)
    return [re.sub(" {2,}", "  ", line) for line in text.splitlines() if line.strip()]


LINES = [
    "  3 of 30 runs, AGO",
    "  6 of 30 runs, 3 failed, AGO",
    "  9 of 30 runs, 3 failed, AGO",
]
MORE = [f"  {number} of 30 runs, 3 failed, AGO" for number in range(12, 30, 3)]


@pytest.mark.parametrize("mode", ["items", "batch"])
def test_lines_that_stay_where_there_is_no_terminal(many, mode) -> None:
    result = many.run_apart("--tb=no", "-rN", f"--reqflo-data-mode={mode}")
    ends = {"items": (32, 96), "batch": (33, 66)}[mode]
    assert body(result.stdout.str()) == [
        "a.journey.yaml ",
        *LINES,
        f"  10 runs, 3 failed, T  [ {ends[0]}%]",
        "b.journey.yaml ",
        *MORE,
        f"  20 runs, T  [ {ends[1]}%]",
        "test_c.py .  [100%]",
    ]


def test_lines_of_what_workers_do(many) -> None:
    result = many.run("-n2", "--tb=no", "-rN", "--dist=loadfile")
    *lines, end = body(result.stdout.str())
    marks = [f"{number} of 30 runs" for number in range(3, 30, 3)]
    # The letter of the other test stands somewhere among them.
    assert [re.sub(r"^\.?\s*|, .*", "", line) for line in lines if line != "."] == marks
    assert re.fullmatch(r"[. ]*30 runs, 3 failed, T  \[100%\]", end)


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ("", "lines"),
        ("-n2", "lines"),
        ("--pdb", "lines"),
        ("-o console_output_style=count", "lines"),
        ("-s -o console_output_style=progress-even-when-capture-no", "lines"),
        ("-s", None),
        ("-q", None),
        ("-v", None),
        ("-o verbosity_test_cases=1", None),
        ("--setup-show", None),
        ("-o console_output_style=classic", None),
        ("-p no:terminal", None),
    ],
)
def test_pytest_is_left_alone_where_another_output_was_asked_for(pytester, options, kind) -> None:
    assert find_kind(pytester.parseconfigure(*options.split())) == kind


def test_the_reporter_of_another_plugin_is_left_alone(pytester) -> None:
    class Reporter(pytest.TerminalReporter):
        pass

    config = pytester.parseconfigure()
    config.pluginmanager.unregister(name="terminalreporter")
    config.pluginmanager.register(Reporter(config), "terminalreporter")
    assert find_kind(config) is None


def test_of_fewer_runs_the_letters_tell_enough(many) -> None:
    for options in (["a.journey.yaml"], ["--reqflo-progress=off"]):
        text = many.run("--tb=no", "-rN", *options).stdout.str()
        assert " of 30 runs" not in text
        assert "...FFF...." in text


def test_a_line_on_a_terminal_is_written_over(many) -> None:
    options = ("-o", "console_output_style=count", "--color=no")
    screen = run_on_terminal(many.path, "--tb=no", "-rN", *options)
    first = screen.written_over[0]
    assert re.fullmatch(r"a.journey.yaml 1 of 30 runs, [0-9.,]+/\S+, \d.* left", first)
    assert body(screen.text()) == [
        "a.journey.yaml 10 runs, 3 failed, T  [10/31]",
        "b.journey.yaml 20 runs, T  [30/31]",
        "test_c.py .  [31/31]",
    ]
    ends = [line for line in screen.lines if line.rstrip().endswith("/31]")]
    assert {len(line.rstrip()) for line in ends} == {79}


def test_a_line_on_a_terminal_tells_of_rows_while_their_test_runs(many) -> None:
    """In a narrow terminal, whose width cannot be asked for while output is captured."""
    options = ("--tb=no", "-rN", "--reqflo-data-mode=batch")
    screen = run_on_terminal(many.path, *options, columns=60)
    assert screen.written_over[0].startswith("a.journey.yaml 1 of 30 runs")
    assert body(screen.text()) == [
        "a.journey.yaml 10 runs, 3 failed, T  [ 33%]",
        "b.journey.yaml 20 runs, T  [ 66%]",
        "test_c.py .  [100%]",
    ]


def test_a_line_on_a_terminal_tells_of_workers(many) -> None:
    screen = run_on_terminal(many.path, "--tb=no", "-rN", "-n2", "--dist=loadfile")
    assert re.match(r"[. ]*1 of 30 runs", screen.written_over[0])
    (end,) = body(screen.text())
    assert re.fullmatch(r"\.? ?30 runs, 3 failed, T  \[100%\]", end.strip())
