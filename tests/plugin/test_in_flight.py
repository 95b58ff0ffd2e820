"""Which journeys are in flight together, and in which order they are reported."""

from __future__ import annotations

import pytest
from reports import reported

ROW = "/row/{{ inputs.n }}"


def row_ids(file: str, count: int) -> list[str]:
    return [f"{file}::row-{number:05}" for number in range(1, count + 1)]


def test_by_default_sixteen_rows_of_one_journey_overlap_and_journeys_do_not(meeting) -> None:
    server = meeting.server
    server.holds = {"/row/": 16}
    meeting.rows("a.journey.yaml", 40, ROW)
    meeting.journey("b.journey.yaml", "/b/1", "/b/2", "/b/3")
    meeting.rows("c.journey.yaml", 3, "/c/{{ inputs.n }}", "/c/again")
    meeting.journey("d.journey.yaml", "/d/1", "/d/2", "/d/3")
    result = meeting.run("-v")
    result.assert_outcomes(passed=45)
    assert server.peak("/row/") == 16
    for one, other in (("/row/", "/b/"), ("/b/", "/c/"), ("/c/", "/d/")):
        assert not server.overlap(one, other)
    assert sorted(server.paths("/row/")) == sorted(f"/row/{n}" for n in range(1, 41))
    assert len(server.requests) == 40 + 3 + 6 + 3
    assert [name for name, _ in reported(result)] == [
        *row_ids("a.journey.yaml", 40),
        "b.journey.yaml::run",
        *row_ids("c.journey.yaml", 3),
        "d.journey.yaml::run",
    ]


def test_a_slow_first_row_holds_reports_and_not_the_others(meeting) -> None:
    server = meeting.server
    server.holds = {"/row/1/": "/row/40/"}
    meeting.rows("a.journey.yaml", 40, "/row/{{ inputs.n }}/", "/row/{{ inputs.n }}/again")
    meeting.write("conftest.py", server.telling)
    result = meeting.run("-v")
    result.assert_outcomes(passed=40)
    assert server.comes_before(("begun", "/row/40/"), ("begun", "/row/1/again"))
    told = [path.split("/")[3] for path in server.paths("/told/")]
    assert told == [f"row-{number:05}" for number in range(1, 41)]
    assert server.comes_before(("begun", "/row/1/again"), ("begun", server.paths("/told/")[0]))


@pytest.mark.parametrize("way", ["option", "variable", "ini"])
def test_journeys_overlap_as_many_as_asked_for(meeting, monkeypatch, way: str) -> None:
    options = []
    if way == "option":
        options = ["--reqflo-concurrency=3"]
    elif way == "variable":
        monkeypatch.setenv("REQFLO_CONCURRENCY", "3")
    else:
        meeting.ini("reqflo_concurrency = 3")
    server = meeting.server
    server.holds = {"/meet/": 3}
    for name in "abcde":
        meeting.journey(f"{name}.journey.yaml", f"/meet/{name}", f"/meet/{name}/2")
    meeting.rows("f.journey.yaml", 3, "/meet/{{ inputs.n }}")
    result = meeting.run("-v", *options)
    result.assert_outcomes(passed=8)
    assert server.peak("/meet/") == 3
    assert [name[0] for name, _ in reported(result)] == list("abcdefff")
    assert len(server.requests) == 13


def test_one_runs_everything_one_after_another(meeting) -> None:
    meeting.rows("a.journey.yaml", 4, "/a/{{ inputs.n }}", "/a/{{ inputs.n }}/again")
    meeting.journey("b.journey.yaml", "/b/1", "/b/2")
    meeting.run("--reqflo-concurrency=1").assert_outcomes(passed=5)
    rows = [path for n in range(1, 5) for path in (f"/a/{n}", f"/a/{n}/again")]
    assert meeting.server.paths() == [*rows, "/b/1", "/b/2"]
    assert meeting.server.peak() == 1


@pytest.mark.parametrize("number", ["0", "-1", "many", "1.5", "99999999"])
def test_a_number_that_is_none_is_refused(meeting, number: str) -> None:
    meeting.journey("a.journey.yaml", "/a")
    result = meeting.run(f"--reqflo-concurrency={number}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*RF801*--reqflo-concurrency: `{number}` is neither*"])
    assert meeting.server.requests == []


def test_journeys_of_one_group_never_overlap_and_others_pass_by(meeting) -> None:
    """The first of the group is held until another journey is through, of which it is not."""
    server = meeting.server
    server.holds = {"/g1/1": "/z/3", "/h1/1": "/z/3", "/z/1": "/g1/1", "/z/2": "/h1/1"}
    for name, group in (("g1", "stock"), ("g2", "stock"), ("h1", "other"), ("h2", "other")):
        head = f"settings: {{group: {group}}}"
        meeting.journey(f"{name}.journey.yaml", f"/{name}/1", f"/{name}/2", head=head)
    meeting.journey("z.journey.yaml", "/z/1", "/z/2", "/z/3")
    result = meeting.run("-v", "--reqflo-concurrency=8")
    result.assert_outcomes(passed=5)
    assert not server.overlap("/g1/", "/g2/")
    assert not server.overlap("/h1/", "/h2/")
    assert server.overlap("/g1/", "/h1/")
    assert [name.partition(".")[0] for name, _ in reported(result)] == ["g1", "g2", "h1", "h2", "z"]


@pytest.mark.parametrize("mode", ["items", "batch"])
@pytest.mark.parametrize("setting", ["serial: true", "group: stock"])
def test_rows_of_a_journey_that_is_kept_apart_run_one_by_one(meeting, mode, setting) -> None:
    steps = [f"/row/{{{{ inputs.n }}}}/{step}" for step in range(3)]
    meeting.rows("a.journey.yaml", 4, *steps, head=f"settings: {{{setting}}}")
    result = meeting.run(f"--reqflo-data-mode={mode}")
    result.assert_outcomes(passed=1 if mode == "batch" else 4)
    assert meeting.server.paths() == [f"/row/{n}/{step}" for n in range(1, 5) for step in range(3)]


LONERS = """
import pytest

@pytest.fixture
def fresh(): pass

@pytest.fixture(scope="package")
def of_package(): pass

def pytest_collection_modifyitems(items):
    marks = {
        "l4": pytest.mark.skipif(False, reason="not now"),
        "l5": pytest.mark.xfail(False, run=False, reason="not now"),
        "l6": pytest.mark.flaky(reruns=0),
    }
    for item in items:
        if mark := marks.get(item.path.name.partition(".")[0]):
            item.add_marker(mark)
"""
PYTHON_TEST = """
import urllib.request

def test_it():
    for number in (1, 2, 3):
        urllib.request.urlopen(f"{url}/l7/{number}").read()
"""
FOLDERS = {
    "l8": "import pytest\n@pytest.fixture(autouse=True)\ndef always(): pass\n",
    "l9": "def pytest_runtest_setup(item): pass\n",
    "la": "def pytest_runtest_call(item): pass\n",
    "lb": "def pytest_runtest_teardown(item): pass\n",
    "lc": "import pytest\n@pytest.hookimpl(wrapper=True)\n"
    "def pytest_runtest_protocol(item, nextitem): return (yield)\n",
}


@pytest.mark.every_plugin
def test_what_must_happen_at_its_turn_runs_alone(meeting) -> None:
    """Two journeys overlap before and after each loner, and neither overlaps the loner."""
    server = meeting.server
    settings = {
        "l1": "serial: true",
        "l2": "fixtures: [fresh]",
        "l3": "fixtures: [of_package]",
    }
    loners = sorted([*settings, "l4", "l5", "l6", "l7", *FOLDERS])
    for name in loners:
        steps = [f"/{name}/{number}" for number in (1, 2, 3)]
        head = f"settings: {{{settings[name]}}}" if name in settings else ""
        if name == "l7":
            meeting.write("l7_py.py", PYTHON_TEST.replace("{url}", server.url))
        elif name in FOLDERS:
            meeting.write(f"{name}/conftest.py", FOLDERS[name])
            meeting.journey(f"{name}/x.journey.yaml", *steps)
        else:
            meeting.journey(f"{name}.journey.yaml", *steps, head=head)
        # Neither ends before the other has begun.
        server.holds |= {f"/{name}-a/": f"/{name}-b/3", f"/{name}-b/1": f"/{name}-a/"}
        meeting.journey(f"{name}-a.journey.yaml", f"/{name}-a/")
        meeting.journey(f"{name}-b.journey.yaml", *(f"/{name}-b/{number}" for number in (1, 2, 3)))
    meeting.write("conftest.py", LONERS)
    meeting.ini("python_files = l*_py.py")
    result = meeting.run("-v", "--reqflo-concurrency=8", "-p", "rerunfailures")
    result.assert_outcomes(passed=3 * len(loners))
    assert [name for name in loners if not server.stands_alone(f"/{name}/")] == []
    assert all(server.overlap(f"/{name}-a/", f"/{name}-b/") for name in loners)
    assert len(server.requests) == 7 * len(loners)


def test_skipped_journeys_send_nothing_and_hold_up_nobody(meeting) -> None:
    server = meeting.server
    server.holds = {"/a": "/d"}
    meeting.journey("a.journey.yaml", "/a")
    meeting.journey("b.journey.yaml", "/b", head="skip: not yet")
    meeting.journey("c.journey.yaml", "/c", head="cases: [{name: one, skip: no}, {name: two}]")
    meeting.journey("d.journey.yaml", "/d")
    result = meeting.run("-v", "--reqflo-concurrency=3")
    result.assert_outcomes(passed=3, skipped=2)
    assert sorted(server.paths()) == ["/a", "/c", "/d"]
    assert [outcome for _, outcome in reported(result)] == [
        "PASSED", "SKIPPED", "SKIPPED", "PASSED", "PASSED",
    ]  # fmt: skip


def test_expected_failures_run_ahead_and_are_what_they_are(meeting) -> None:
    meeting.server.holds = {"/meet/": 4}
    for name, then in (("a", "/status/500"), ("b", "/fine"), ("c", "/fine"), ("d", "/status/500")):
        meeting.journey(f"{name}.journey.yaml", f"/meet/{name}", then, head="xfail: API-1")
    meeting.write(
        "conftest.py",
        """
        import pytest
        def pytest_collection_modifyitems(items):
            items[2].add_marker(pytest.mark.xfail(strict=True, reason="API-2"), append=False)
            items[3].add_marker(pytest.mark.xfail(raises=ValueError, reason="x"), append=False)
        """,
    )
    result = meeting.run("-v", "--reqflo-concurrency=4")
    assert [outcome for _, outcome in reported(result)] == ["XFAIL", "XPASS", "FAILED", "FAILED"]


@pytest.mark.parametrize("option", ["--setup-show", "--stepwise", "--trace"])
def test_whoever_looks_on_sees_one_at_a_time(meeting, option: str) -> None:
    meeting.rows("a.journey.yaml", 3, "/a/{{ inputs.n }}", "/a/{{ inputs.n }}/2")
    if option == "--trace":
        meeting.write("conftest.py", "import pdb\npdb.Pdb.set_trace = lambda *a, **k: None\n")
        option = "--pdb"
    meeting.run("--reqflo-concurrency=8", option).assert_outcomes(passed=3)
    assert meeting.server.paths() == ["/a/1", "/a/1/2", "/a/2", "/a/2/2", "/a/3", "/a/3/2"]
