"""Where an item has only its reports left, these are all that happens, and the same as ever."""

from __future__ import annotations

import json
import re

import pytest
from reports import plain, reported, told_by_reporters

import pytest_reqflo.host.short_turn as short_turn
from pytest_reqflo.host.item import JourneyItem
from pytest_reqflo.host.plain_reports import PlainReports

WATCHING = """
import os

def note(*words):
    with open("seen.txt", "a") as file:
        print(*words, os.environ.get("PYTEST_CURRENT_TEST"), file=file)

def pytest_runtest_logstart(nodeid, location):
    note("start", nodeid, location)

def pytest_runtest_makereport(item, call):
    note("make", item.nodeid, call.when)

def pytest_runtest_logreport(report):
    note("report", report.nodeid, report.when, report.outcome, sorted(report.keywords))

def pytest_runtest_logfinish(nodeid, location):
    note("finish", nodeid, location)
"""
"""A conftest.py that keeps what happens, and misses nothing where no phase of a test is run."""

ACTING = """
def pytest_runtest_setup(item):
    pass
"""
"""A hook that must be called for each item: what it does, nobody but its author knows."""

REPORTERS = (
    "--junitxml=out.xml", "-o", "junit_logging=all", "--report-log=log.jsonl", "--html=report.html",
    "--self-contained-html", "--reqflo-output=out.json", "-v", "-rA",
)  # fmt: skip

FEW = "--reqflo-concurrency=2"


@pytest.fixture
def short(monkeypatch) -> list[str]:
    """Return the items whose turns were short, as they come."""
    seen: list[str] = []
    report = short_turn.ShortTurn.report

    def note(turn) -> None:
        seen.append(turn.item.nodeid)
        report(turn)

    monkeypatch.setattr(short_turn.ShortTurn, "report", note)
    return seen


def write_rows(project, name="a", *, bad=0, head="") -> None:
    """Write a journey of twelve rows, of which number *bad* fails."""
    statuses = ", ".join(f"{{n: {n}, s: {404 if n == bad else 200}}}" for n in range(1, 13))
    given = f"inputs: [{{name: n}}, {{name: s}}]\ndata: {{rows: [{statuses}]}}\n{head}"
    steps = (f"/{name}/{{{{ inputs.n }}}}/row", "/status/{{ inputs.s }}")
    project.journey(f"{name}.journey.yaml", *steps, head=given)


def hold_first(project, name="a") -> None:
    """Let the first row take until the eighth begins; of two at once, the others are over by then."""
    project.server.holds = {f"/{name}/1/": f"/{name}/8/"}


def run(project, *arguments, conftest="", is_held=True, held="a"):
    """Return what pytest told, and what happened in it."""
    project.server.forget()
    project.write("conftest.py", conftest)
    project.path.joinpath("seen.txt").write_text("")
    if is_held:
        hold_first(project, held)
    else:
        project.server.holds = {}
    result = project.run(*arguments)
    return result, project.path.joinpath("seen.txt").read_text().splitlines()


@pytest.mark.every_plugin
@pytest.mark.parametrize(("width", "turns"), [(2, (2, 3, 5, 6, 7)), (1, (2, 3, 4, 5, 6))])
def test_every_reporter_tells_the_same_of_a_short_turn(meeting, short, width, turns) -> None:
    write_rows(meeting, bad=4, head="tags: [smoke]")
    # Plugins whose hooks may have to see each phase.
    arguments = (*REPORTERS, "-p", "no:rerunfailures", "-p", "no:timeout")
    arguments = (*arguments, f"--reqflo-concurrency={width}")
    run(meeting, *arguments, conftest=WATCHING, is_held=False)  # versions are written
    short.clear()

    quick, seen = run(meeting, *arguments, conftest=WATCHING, is_held=width > 1)
    kept = told_by_reporters(meeting.path)
    # The first is set up with its file; the fourth has a page.
    assert [f"a.journey.yaml::row-{n:05}" for n in turns] == short[:5]
    assert "a.journey.yaml::row-00012" not in short
    short.clear()
    stock, seen_then = run(meeting, *arguments, conftest=WATCHING + ACTING, is_held=False)
    assert short == []

    assert seen == seen_then
    assert kept == told_by_reporters(meeting.path)
    assert plain(quick.stdout.str()) == plain(stock.stdout.str())
    assert len(reported(quick)) == 12


KEEPING = """
import os

def pytest_sessionfinish(session):
    stats = session.config.pluginmanager.get_plugin("terminalreporter").stats
    with open("seen.txt", "a") as file:
        print(os.environ.get("PYTEST_CURRENT_TEST"), file=file)
        for category in sorted(stats):
            for report in stats[category]:
                told = {name: str(value) for name, value in vars(report).items()}
                print(category, report.nodeid, sorted(told.items()), file=file)
"""
"""A conftest.py that looks at the reports when all is over, and at nothing before."""


def without_times(line: str) -> str:
    return plain(re.sub(r"\('(start|stop|duration)', '[^']*'\)|'elapsed_s': [0-9e.-]+", "", line))


@pytest.mark.parametrize("width", [2, 1])
def test_reports_are_the_same_where_nobody_looks_on(meeting, short, monkeypatch, width) -> None:
    write_rows(meeting, bad=4, head="tags: [smoke]")
    plainly: list[str] = []
    make = PlainReports.make
    monkeypatch.setattr(
        PlainReports, "make", lambda *given: plainly.append(given[2].when) or make(*given)
    )
    arguments = ("--junitxml=out.xml", f"--reqflo-concurrency={width}", "-v", "-rA")
    run(meeting, *arguments, conftest=KEEPING, is_held=False)  # versions are written
    ways = []
    for end in ("", ACTING):
        plainly.clear()
        is_held = width > 1 and not end
        result, seen = run(meeting, *arguments, conftest=KEEPING + end, is_held=is_held)
        assert bool(plainly) == (not end)
        junit = re.sub(r' (time|timestamp)="[^"]*"', "", (meeting.path / "out.xml").read_text())
        ways.append((plain(result.stdout.str()), plain(junit), [*map(without_times, seen)]))
    assert ways[0] == ways[1]
    assert len(ways[0][2]) == 1 + 3 * 12
    assert ways[0][2][0] == "None"


LOGGING = """
import logging
import sys
import pytest_reqflo.engine.local as local

def pytest_configure(config):
    run = local.LocalEngine.run
    def logged(self, plan, *arguments, **named):
        if plan.row_number in (1, 3, 6):
            logging.getLogger("wire").warning("at row %s", plan.row_number)
        if plan.row_number in (1, 4, 6):
            print("printed at row", plan.row_number)
            print("complained at row", plan.row_number, file=sys.stderr)
        return run(self, plan, *arguments, **named)
    local.LocalEngine.run = logged
    config.add_cleanup(lambda: setattr(local.LocalEngine, "run", run))
"""


@pytest.mark.every_plugin
def test_what_is_logged_and_printed_lands_where_it_does_otherwise(meeting, short) -> None:
    write_rows(meeting, bad=6)
    # Plugins whose hooks may have to see each phase.
    arguments = (*REPORTERS, "-p", "no:rerunfailures", "-p", "no:timeout", "-olog_cli=true")
    arguments = (*arguments, "--reqflo-concurrency=1", "--reqflo-evidence=all")
    run(meeting, *arguments, conftest=LOGGING, is_held=False)  # versions are written
    ways = []
    for end in ("", ACTING):
        short.clear()
        result, _ = run(meeting, *arguments, conftest=WATCHING + LOGGING + end, is_held=False)
        assert len(short) == (0 if end else 10)
        ways.append((plain(result.stdout.str()), told_by_reporters(meeting.path)))
    assert ways[0] == ways[1]
    assert ways[0][0].count("at row 3") > 1
    assert ways[0][0].count("printed at row 4") == ways[0][0].count("complained at row 4") == 1
    assert "stdout call" in ways[0][0]


def test_a_run_is_kept_although_what_pytest_puts_around_it_fails(
    meeting, short, monkeypatch
) -> None:
    write_rows(meeting, bad=4)

    def refuse(turn) -> None:
        raise ValueError("left over by somebody else")

    monkeypatch.setattr(short_turn.ShortTurn, "_set_up", refuse)
    alone = ("--reqflo-concurrency=1", "--reqflo-output=out.json")
    result, _ = run(meeting, *alone, is_held=False)
    result.assert_outcomes(passed=11, failed=1)
    result.stdout.fnmatch_lines(["*ValueError: left over by somebody else*"])
    results = json.loads((meeting.path / "out.json").read_text())["results"]
    outcomes = {each["identity"]["row_number"]: each["outcome"] for each in results}
    assert outcomes == {n: "failed" if n == 4 else "passed" for n in range(1, 13)}
    assert len(meeting.server.paths("/a/")) == 12


WARNED = """
import warnings
import pytest
import pytest_reqflo.engine.local as local

def pytest_configure(config):
    run = local.LocalEngine.run
    def warned(self, plan, *arguments, **named):
        if plan.row_number in (1, 3, 5, 6):
            warnings.warn("met on the way", UserWarning)
        if plan.row_number == 4:
            warnings.warn(f"at row {plan.row_number}", DeprecationWarning)
        return run(self, plan, *arguments, **named)
    local.LocalEngine.run = warned
    config.add_cleanup(lambda: setattr(local.LocalEngine, "run", run))

def pytest_warning_recorded(warning_message, when, nodeid, location):
    with open("seen.txt", "a") as file:
        print(str(warning_message.message), when, nodeid, location, file=file)
"""


@pytest.mark.parametrize("more", [(), ("-Werror::DeprecationWarning",)], ids=["told", "refused"])
def test_a_warning_is_told_under_the_name_of_its_item(meeting, short, more) -> None:
    write_rows(meeting)
    arguments = ("--reqflo-concurrency=1", "-p", "no:rerunfailures", "-p", "no:timeout", *more)
    run(meeting, *arguments, conftest=WARNED, is_held=False)  # versions are written
    ways = []
    for end in ("", ACTING):
        short.clear()
        result, seen = run(meeting, *arguments, conftest=WARNED + end, is_held=False)
        assert len(short) == (0 if end else 10)
        ways.append((seen, result.parseoutcomes()))
    assert ways[0] == ways[1]
    told = [line for line in ways[0][0] if line.startswith("met on the way runtest")]
    assert [line.split("row-")[1].split()[0] for line in told] == [
        "00001",
        "00003",
        "00005",
        "00006",
    ]


PROTOCOLS = """
def pytest_configure(config):
    def note(name, impls, arguments):
        if name == "pytest_runtest_protocol":
            with open("seen.txt", "a") as file:
                print(arguments["item"].name, file=file)
    undo = config.pluginmanager.add_hookcall_monitoring(note, lambda *_: None)
    config.add_cleanup(undo)
"""


@pytest.mark.parametrize(
    ("more", "count"),
    [((), 3), (("-ofaulthandler_timeout=60",), 12)],
    ids=["at once", "one by one"],
)
def test_short_turns_follow_one_another_unless_somebody_counts_the_time_of_each(
    meeting, short, more, count
) -> None:
    write_rows(meeting)
    plugins = (
        "-p",
        "no:rerunfailures",
        "-p",
        "no:timeout",
        "-p",
        "no:github-actions-annotate-failures",
    )
    result, seen = run(
        meeting, "--reqflo-concurrency=1", *plugins, *more, conftest=PROTOCOLS, is_held=False
    )
    result.assert_outcomes(passed=12)
    assert len(short) == 10
    assert len(seen) == count


@pytest.mark.every_plugin
@pytest.mark.parametrize(
    "reporter",
    [("--json-report", "--json-report-file=report.json"), ("--alluredir=allure",)],
    ids=["json-report", "allure"],
)
def test_reporters_that_look_into_each_phase_see_it(meeting, short, reporter) -> None:
    write_rows(meeting)
    plugins = ("-p", "no:rerunfailures", "-p", "no:timeout", *reporter)
    for width in (2, 1):
        arguments = (*plugins, f"--reqflo-concurrency={width}")
        result, _ = run(meeting, *arguments, is_held=width > 1)
        result.assert_outcomes(passed=12)
        assert short == []


@pytest.mark.parametrize("head", ["xfail: API-1", "skip: not yet"])
def test_marks_that_act_in_a_phase_are_left_to_pytest(meeting, short, head) -> None:
    write_rows(meeting, head=head)
    run(meeting, FEW, is_held="xfail" in head)
    run(meeting, "--reqflo-concurrency=1", is_held=False)
    assert short == []


SHARING = """
import pytest

def note(word):
    with open("seen.txt", "a") as file:
        print(word, file=file)

@pytest.fixture(scope="session")
def shop():
    yield note("shop is open")
    note("shop is closed")

@pytest.fixture(scope="package")
def shelf():
    yield note("shelf is up")
    note("shelf is down")

@pytest.fixture(scope="module")
def cart():
    yield note("cart is here")
    note("cart is gone")
"""


def write_many(project) -> None:
    """Write journeys with and without rows, beside tests and below them."""
    for folder in ("one", "two"):
        for name in ("a", "b", "u", "v", "w"):
            project.journey(f"{folder}/{name}.journey.yaml", f"/{folder}/{name}")
        write_rows(project, f"{folder}/c", bad=5)
        project.write(f"{folder}/test_{folder}_c.py", "def test_it(shop, shelf, cart): pass\n")
        project.write(f"{folder}/test_{folder}_z.py", "def test_it(shop, cart): pass\n")
    for name in ("x", "y", "z"):
        project.journey(f"{name}.journey.yaml", f"/{name}")
    project.journey("one/f.journey.yaml", "/one/f", head="settings: {fixtures: [cart]}")


FROM_FILE_TO_FILE = {"one/b.journey.yaml::run", "two/u.journey.yaml::run"}


@pytest.mark.parametrize("width", [16, 1])
def test_from_file_to_file_everything_is_torn_down_in_its_time(meeting, short, width) -> None:
    write_many(meeting)
    arguments = (f"--reqflo-concurrency={width}", "-v")
    run(meeting, *arguments, conftest=SHARING, is_held=False)  # versions are written
    ways = []
    for end in ("", ACTING):
        short.clear()
        conftest = WATCHING.replace("note", "tell") + SHARING + end
        result, seen = run(meeting, *arguments, conftest=conftest, is_held=False)
        ways.append((reported(result), seen))
        if width == 1:
            assert {*short} >= FROM_FILE_TO_FILE if not end else short == []
    assert ways[0] == ways[1]


STOPPING = """
import os
import pytest

@pytest.fixture(scope="session")
def shop():
    yield
    with open("seen.txt", "a") as file:
        print("closed", os.environ.get("PYTEST_CURRENT_TEST"), file=file)

def pytest_runtest_logreport(report):
    if report.nodeid.endswith("row-00003") and report.when == "call":
        stop()

def pytest_collection_finish(session):
    global stop
    def stop():
        session.shouldstop = "enough"
"""


@pytest.mark.parametrize("width", [2, 1])
def test_a_session_that_ends_tears_down_with_its_last_item(meeting, short, width) -> None:
    meeting.write("test_0.py", "def test_it(shop): pass\n")
    write_rows(meeting)
    paths = (f"--reqflo-concurrency={width}", "test_0.py", "a.journey.yaml")
    ends = []
    for end in ("", ACTING):
        short.clear()
        is_held = width > 1 and not end
        result, seen = run(meeting, *paths, conftest=STOPPING + end, is_held=is_held)
        assert ("a.journey.yaml::row-00003" in short) == (not end)
        ends.append((seen, result.ret, result.parseoutcomes()))
    assert ends[0] == ends[1]
    assert ends[0][0] == ["closed a.journey.yaml::row-00003 (teardown)"]


FILTERING = """
import warnings

def pytest_runtest_logreport(report):
    if report.when == "call":
        if "row-00004" in report.nodeid:
            warnings.simplefilter("ignore")
        warnings.warn(f"seen {report.nodeid[-9:]}")

def pytest_warning_recorded(warning_message, nodeid):
    with open("seen.txt", "a") as file:
        print("told", warning_message.message, nodeid[-9:], file=file)

def pytest_runtest_logfinish(nodeid):
    with open("seen.txt", "a") as file:
        print("finish", nodeid[-9:], file=file)
"""


def seen_both_ways(project, short, conftest: str, turns: int) -> list[str]:
    """Return what *conftest* saw, the same with so many short *turns* as without."""
    write_rows(project)
    arguments = ("--reqflo-concurrency=1", "-p", "no:rerunfailures", "-p", "no:timeout")
    run(project, *arguments, is_held=False)  # versions are written
    ways = []
    for end in ("", ACTING):
        short.clear()
        _, seen = run(project, *arguments, conftest=conftest + end, is_held=False)
        assert len(short) == (0 if end else turns)
        ways.append(seen)
    assert ways[0] == ways[1]
    return ways[0]


def test_what_an_item_does_to_warnings_ends_with_it(meeting, short) -> None:
    seen = seen_both_ways(meeting, short, FILTERING, turns=10)
    assert sum(line.startswith("told") for line in seen) == 11


JOINING = """
import pytest

class Late:
    def pytest_runtest_setup(self, item):
        with open("seen.txt", "a") as file:
            print(item.nodeid, file=file)

def pytest_runtest_logreport(report):
    if report.when == "call" and "row-00004" in report.nodeid and not JOINED:
        JOINED.append(Late())
        CONFIG[0].pluginmanager.register(JOINED[0])

JOINED, CONFIG = [], []

def pytest_configure(config):
    CONFIG.append(config)
"""


def test_who_joins_while_tests_run_is_heard_from_then_on(meeting, short) -> None:
    assert len(seen_both_ways(meeting, short, JOINING, turns=3)) == 8


def write_mixed(project) -> None:
    """Write single journeys between those with rows, of groups and serial, of which some go badly."""
    for name in "abguxyz":
        project.journey(f"{name}.journey.yaml", f"/{name}/1", f"/{name}/2")
    write_rows(project, "c", bad=5)
    project.journey("d.journey.yaml", "/d/1", "/status/404")
    for name, path in (("r", "/r/{{ inputs.n }}"), ("s", "/s/{{ inputs.n }}")):
        setting = "serial: true" if name == "r" else "group: stock"
        project.rows(f"{name}.journey.yaml", 3, path, head=f"settings: {{{setting}}}")
    for name, head in (
        ("e", "settings: {group: stock}"),
        ("f", "settings: {group: stock}"),
        ("t", "settings: {serial: true}"),
        ("v", "settings: {fixtures: [cart]}"),
        ("w", "skip: not yet"),
    ):
        project.journey(f"{name}.journey.yaml", f"/{name}/1", head=head)


def journeys_of(project) -> str:
    """Return the letters of the journeys that sent requests, once for those that came together."""
    names = "".join(path[1] for path in project.server.paths() if path[:8] != "/status/")
    return re.sub(r"(.)\1+", r"\1", names)


RUN_AT_THEIR_TURN = [
    *(f"{name}.journey.yaml::run" for name in "bdefg"),
    *(f"r.journey.yaml::row-{n:05}" for n in (1, 2, 3)),
    *(f"{name}.journey.yaml::run" for name in "ty"),
]
"""What runs alone with no option, needs no setup, and stands between two that need none."""


@pytest.mark.every_plugin
def test_with_no_option_what_runs_alone_has_short_turns_beside_rows_that_overlap(
    meeting, short
) -> None:
    write_mixed(meeting)
    arguments = (*REPORTERS, "-p", "no:rerunfailures", "-p", "no:timeout")
    watching = WATCHING.replace("note", "tell") + SHARING
    run(meeting, *arguments, conftest=watching, is_held=False)  # versions are written
    ways = []
    for end in ("", ACTING):
        short.clear()
        given = {"conftest": watching + end, "is_held": not end, "held": "c"}
        result, seen = run(meeting, *arguments, **given)
        told = told_by_reporters(meeting.path)
        ways.append((plain(result.stdout.str()), told, seen, journeys_of(meeting)))
        assert (meeting.server.peak("/c/") > 1) == (not end)
        assert [name for name in short if name[0] != "c"] == ([] if end else RUN_AT_THEIR_TURN)
    assert ways[0] == ways[1]
    assert ways[0][3] == "abcdefgrstuvxyz"


TURNS = """
import pytest_reqflo.host.short_turn as short_turn

def pytest_configure(config):
    report = short_turn.ShortTurn.report
    def noted(turn):
        with open("turns.txt", "a") as file:
            print(turn.item.nodeid, file=file)
        report(turn)
    short_turn.ShortTurn.report = noted
    config.add_cleanup(lambda: setattr(short_turn.ShortTurn, "report", report))
"""
"""A conftest.py that notes the items whose turns were short, also those of a worker."""


@pytest.mark.parametrize(
    ("more", "turns"),
    [((), 10), (("--maxfail=2",), 2), (("-n1",), 10)],
    ids=["all", "until two fail", "worker"],
)
def test_with_no_option_single_journeys_are_told_as_ever(meeting, more, turns) -> None:
    write_mixed(meeting)
    arguments = ("-p", "no:rerunfailures", "-p", "no:timeout", "-v", "-rA", *more)
    run(meeting, *arguments, conftest=WATCHING, is_held=False)  # versions are written
    ways = []
    for end in ("", ACTING):
        noted = meeting.write("turns.txt", "")
        conftest = WATCHING + TURNS + end
        result, seen = run(meeting, *arguments, conftest=conftest, is_held=False)
        short = [name for name in noted.read_text().splitlines() if name[0] != "c"]
        assert short == ([] if end else RUN_AT_THEIR_TURN[:turns])
        # A worker and its controller write into one file.
        seen = sorted(seen) if "-n1" in more else seen
        ways.append((result.parseoutcomes(), reported(result), seen, journeys_of(meeting)))
    assert ways[0] == ways[1]


@pytest.mark.parametrize("option", ["--setup-show", "--reqflo-concurrency=2"])
def test_none_runs_early_in_its_turn_where_others_may_overlap_it_or_somebody_looks_on(
    meeting, monkeypatch, option
) -> None:
    for name in "abcdef":
        meeting.journey(f"{name}.journey.yaml", f"/{name}/1", f"/{name}/2")
    quiet: list[str] = []
    monkeypatch.setattr(JourneyItem, "run_quietly", lambda item: quiet.append(item.nodeid))
    meeting.run(option).assert_outcomes(passed=6)
    assert quiet == []
    meeting.run()
    assert quiet == [f"{name}.journey.yaml::run" for name in "bcde"]


def test_each_folder_is_heard_by_its_own_hooks(meeting, short) -> None:
    for folder in ("one", "one/inner", "two", "three"):
        for name in "abcd":
            meeting.journey(f"{folder}/{name}.journey.yaml", f"/{folder}/{name}")
    watching = WATCHING.replace('"seen.txt"', "__file__ + '.txt'")
    for folder in ("one", "two"):
        meeting.write(f"{folder}/conftest.py", watching)
    meeting.write("three/conftest.py", watching + ACTING)
    run(meeting, is_held=False)  # versions are written
    ways = []
    for end in ("", ACTING):
        for notes in meeting.path.glob("*/conftest.py.txt"):
            notes.unlink()
        short.clear()
        result, _ = run(meeting, "-v", "-p", "no:rerunfailures", conftest=end, is_held=False)
        heard = {each.parent.name: each.read_text() for each in meeting.path.glob("*/*.py.txt")}
        ways.append((reported(result), plain(heard)))
        folders = {name.rpartition("/")[0] for name in short}
        assert folders == (set() if end else {"one", "one/inner", "two"})
    assert ways[0] == ways[1]
    assert {*ways[0][1]} == {"one", "two", "three"}
    for folder, notes in ways[0][1].items():
        names = [line.split()[1].rpartition("/")[0] for line in notes.splitlines()]
        assert {*names} == ({"one", "one/inner"} if folder == "one" else {folder})
