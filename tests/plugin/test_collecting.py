"""Collecting opens each file once, and lets the garbage collector rest meanwhile."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from pytest_reqflo.host.collecting_gc import LEAST_ITEMS

GREEN = "/status/200"
MANY = "inputs: [{name: x}]\ndata: rows.csv"


def test_a_journey_file_is_opened_once(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    project.journey("sub/b.journey.yaml", GREEN)
    project.write(
        "conftest.py",
        """
        import os, sys
        opened = []
        def note(event, arguments):
            if event == "open" and str(arguments[0]).endswith(".journey.yaml"):
                opened.append(os.path.basename(arguments[0]))
        def pytest_configure():
            sys.addaudithook(note)
        def pytest_unconfigure():
            print(f"opened: {sorted(opened)}")
        """,
    )
    result = project.run_apart("--collect-only", "-q")
    result.stdout.fnmatch_lines(["opened: ['a.journey.yaml', 'b.journey.yaml']"])


def test_fixtures_are_those_of_the_folder(project) -> None:
    project.write(
        "sub/conftest.py", "import pytest\n@pytest.fixture(autouse=True)\ndef each(): yield\n"
    )
    for name in ("a", "b", "sub/c", "sub/d"):
        project.journey(f"{name}.journey.yaml", GREEN)
    result = project.run("--collect-only")
    result.stdout.re_match_lines_random(
        [r"\s+<JourneyItem run>", r"\s+<Dir sub>", r"\s+<JourneyFunction run>"]
    )
    assert str(result.stdout).count("JourneyFunction") == 2
    project.run().assert_outcomes(passed=4)


class Circle:
    """An object that only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


class Notes:
    """The state of the collector at each stage of a session."""

    def __init__(self) -> None:
        self.while_collecting: set[bool] = set()
        self.frozen_while_collecting: set[int] = set()
        self.frozen = 0
        self.is_on_after = False
        self.circle: weakref.ref[Circle] | None = None

    def pytest_itemcollected(self) -> None:
        self.while_collecting.add(gc.isenabled())
        self.frozen_while_collecting.add(gc.get_freeze_count())
        self.circle = self.circle or weakref.ref(Circle())

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self) -> None:
        self.frozen = gc.get_freeze_count()
        self.is_on_after = gc.isenabled()


@pytest.fixture
def notes(project) -> Iterator[Notes]:
    assert gc.isenabled()
    gc.unfreeze()
    yield Notes()
    gc.unfreeze()
    gc.enable()


def collect(project, notes: Notes, rows: int, *arguments: str) -> None:
    project.journey("a.journey.yaml", GREEN, head=MANY)
    project.write("rows.csv", "x\n" + "".join(f"{number}\n" for number in range(rows)))
    project.pytester.inline_run("--collect-only", "-q", *arguments, plugins=[notes])


def test_the_collector_rests_and_leaves_many_journeys_alone(project, notes) -> None:
    collect(project, notes, LEAST_ITEMS)
    assert (notes.while_collecting, notes.is_on_after) == ({False}, True)
    assert notes.frozen > LEAST_ITEMS


def test_garbage_of_collecting_few_journeys_is_freed_before_the_rest_is_left_alone(
    project, notes
) -> None:
    collect(project, notes, LEAST_ITEMS - 1)
    assert (notes.while_collecting, notes.is_on_after) == ({False}, True)
    assert notes.frozen > LEAST_ITEMS
    assert notes.circle is not None
    assert notes.circle() is None


def test_without_journeys_nothing_is_left_alone(project, notes) -> None:
    project.write("test_a.py", "def test_a(): pass\n")
    project.pytester.inline_run("--collect-only", "-q", plugins=[notes])
    assert (notes.is_on_after, notes.frozen) == (True, 0)


def test_the_next_session_of_a_process_frees_what_the_last_one_left(project, notes) -> None:
    collect(project, notes, 1)
    after = Notes()
    collect(project, after, 1)
    assert notes.frozen > 0
    assert after.frozen_while_collecting == {0}


def test_the_setting_leaves_the_collector_as_it_is(project, notes) -> None:
    collect(project, notes, LEAST_ITEMS, "-o", "reqflo_gc=off")
    assert (notes.while_collecting, notes.is_on_after, notes.frozen) == ({True}, True, 0)


def test_a_collector_that_was_off_stays_off(project, notes) -> None:
    gc.disable()
    collect(project, notes, LEAST_ITEMS)
    assert (notes.while_collecting, notes.is_on_after, notes.frozen) == ({False}, False, 0)


def test_the_collector_is_on_again_after_a_collection_that_failed(project, notes) -> None:
    project.write("b.journey.yaml", "journey: {name: b, stops: []}\n")
    collect(project, notes, 1, "--reqflo-env", "local")
    assert gc.isenabled()
    project.write("b.journey.yaml", "journey: {name: b, steps: [{id: a, template: GET /x}]}\n")
    collect(project, notes, 1, "--reqflo-case", "nobody")
    assert gc.isenabled()


def test_another_word_for_the_setting_is_refused(project) -> None:
    project.journey("a.journey.yaml", GREEN)
    result = project.run("-o", "reqflo_gc=no")
    result.stdout.fnmatch_lines(["*reqflo_gc: `no` is not one of auto, off*"])
