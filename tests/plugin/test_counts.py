"""Guards of speed that count: requests, connections, hooks and memory. Never times."""

from __future__ import annotations

import collections
import gc
import tracemalloc

import pytest
from servers import ScriptedServer, json_reply

FEW_CONNECTIONS = 3
ROW_BYTES = 2400
"""What the item of a row may hold, with what pytest keeps of it."""


@pytest.fixture
def counting():
    """Give a server that counts requests and connections."""
    with ScriptedServer(lambda request, _: json_reply({"path": request.path})) as server:
        yield server


def environment_of(project, server):
    project.write(
        "environments/local.yaml",
        f"environment: {{name: local, services: {{default: {{base_url: '{server.url}'}}}}}}\n",
    )


def row_journey(project, rows):
    project.write("rows.csv", "name\n" + "".join(f"n-{number}\n" for number in range(rows)))
    project.journey(
        "rows.journey.yaml",
        "/rows/{{ inputs.name }}",
        head="inputs: [{name: name, type: string}]\ndata: rows.csv",
    )


def run_with(project, plugin, *args):
    return project.pytester.runpytest_inprocess("-q", *args, plugins=[plugin])


def test_journeys_one_after_another_share_connections_and_send_each_request_once(project, counting):
    environment_of(project, counting)
    for number in range(12):
        project.journey(f"j{number}.journey.yaml", f"/a/{number}", f"/b/{number}")
    project.run("-q").assert_outcomes(passed=12)
    sent = collections.Counter(request.line for request in counting.requests)
    assert sent == {f"GET /{step}/{number}": 1 for number in range(12) for step in "ab"}
    assert counting.connections <= FEW_CONNECTIONS


def test_rows_share_connections_and_send_each_request_once(project, counting):
    environment_of(project, counting)
    row_journey(project, 60)
    project.run("-q").assert_outcomes(passed=60)
    sent = collections.Counter(request.line for request in counting.requests)
    assert sent == {f"GET /rows/n-{number}": 1 for number in range(60)}
    assert counting.connections <= 16


# --- hooks ---------------------------------------------------------------------------------------


class Hooks:
    """Counts the calls of hooks while each item runs, by the name of its file."""

    def __init__(self):
        self.counts = collections.defaultdict(collections.Counter)
        self._file = None

    def pytest_configure(self, config):
        self.undo = config.pluginmanager.add_hookcall_monitoring(self._before, self._after)

    def pytest_unconfigure(self):
        self.undo()

    def _before(self, name, _, arguments):
        if name == "pytest_runtest_protocol":
            self._file = arguments["item"].path.name
        if self._file:
            self.counts[self._file][name] += 1

    def _after(self, _, name, __, ___):
        if name == "pytest_runtest_protocol":
            self._file = None


def test_an_item_without_fixtures_gets_the_hooks_of_a_bare_item_and_no_more(project):
    project.journey("a.journey.yaml", "/status/200")
    project.write("a.bare", "")
    project.write(
        "conftest.py",
        """
        import pytest

        def pytest_collect_file(file_path, parent):
            if file_path.suffix == ".bare":
                return File.from_parent(parent, path=file_path)

        class File(pytest.File):
            def collect(self):
                yield Item.from_parent(self, name="one")

        class Item(pytest.Item):
            def runtest(self): pass
        """,
    )
    hooks = Hooks()
    run_with(project, hooks).assert_outcomes(passed=2)
    assert hooks.counts["a.journey.yaml"] == hooks.counts["a.bare"]


# --- memory --------------------------------------------------------------------------------------


class Traced:
    """Notes the memory that the items of a session hold once they are collected."""

    held = 0

    def pytest_collection(self):
        gc.collect()
        tracemalloc.start()

    def pytest_collection_finish(self):
        gc.collect()
        self.held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()


def held_for(project, rows):
    row_journey(project, rows)
    traced = Traced()
    run_with(project, traced, "--collect-only")
    return traced.held


def test_memory_of_collected_rows_is_small_and_grows_in_proportion(project):
    held_for(project, 10)  # what is loaded and kept once
    few, many = held_for(project, 1000), held_for(project, 4000)
    assert few / 1000 < ROW_BYTES
    assert many / 4000 < ROW_BYTES
    assert (many - few) / 3000 < 1.1 * few / 1000


def test_rows_that_ask_for_fixtures_hold_little_more_than_others(project):
    project.write("conftest.py", "import pytest\n@pytest.fixture(autouse=True)\ndef shop(): pass\n")
    held_for(project, 10)
    few, many = held_for(project, 1000), held_for(project, 3000)
    assert (many - few) / 2000 < ROW_BYTES


class Dicts:
    """Counts the items of journeys that have got a dict of their own, at the end of a session."""

    count = None

    def pytest_sessionfinish(self, session):
        self.count = sum(
            any(type(each) is dict for each in gc.get_referents(item)) for item in session.items
        )


def test_no_row_gets_a_dict_of_its_own_by_its_run(project, counting):
    environment_of(project, counting)
    row_journey(project, 20)
    dicts = Dicts()
    run_with(project, dicts).assert_outcomes(passed=20)
    # The first item of a file finds its place in reports for all.
    assert dicts.count <= 1


class Circles:
    """Counts the flights that are left when all is reported, with a collector that looks at nothing."""

    count = None

    def pytest_runtestloop(self):
        gc.disable()

    def pytest_sessionfinish(self):
        self.count = sum(type(each).__name__ == "Flight" for each in gc.get_objects())
        gc.enable()


def test_nothing_of_a_run_in_flight_waits_for_the_garbage_collector(project, counting):
    environment_of(project, counting)
    row_journey(project, 60)
    gc.collect()
    circles = Circles()
    run_with(project, circles, "--reqflo-concurrency=8").assert_outcomes(passed=60)
    assert circles.count == 0
