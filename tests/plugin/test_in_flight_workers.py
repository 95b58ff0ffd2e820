"""Journeys in flight in the workers of xdist: each request is sent once, however they are shared out."""

from __future__ import annotations

from collections import Counter

import pytest
import xdist.remote

STEALING = """
def pytest_sessionstart(session):
    for plugin in session.config.pluginmanager.get_plugins():
        if hasattr(plugin, "torun"):
            watch(plugin)

def watch(worker):
    send = worker.sendevent
    def note(name, **arguments):
        if name == "unscheduled":
            with open("{path}", "a") as file:
                file.write(f"{len(arguments['indices'])}\\n")
        send(name, **arguments)
    worker.sendevent = note
"""

OTHER_QUEUE = """
import pytest

class OtherQueue:
    def __init__(self, queue):
        self.inner = queue
    def get(self):
        return self.inner.get()
    def put(self, item):
        self.inner.put(item)

def pytest_sessionstart(session):
    for plugin in session.config.pluginmanager.get_plugins():
        if hasattr(plugin, "torun"):
            plugin.torun = OtherQueue(plugin.torun)
"""


def write_suite(project) -> Counter[str]:
    """Write rows, journeys, groups and what runs alone; return what one run of it sends."""
    project.rows("a.journey.yaml", 12, "/a/{{ inputs.n }}", "/a/{{ inputs.n }}/2")
    for name in "bcd":
        project.journey(f"{name}.journey.yaml", f"/{name}/1", f"/{name}/2")
    for name in ("g1", "g2", "g3"):
        project.journey(f"{name}.journey.yaml", f"/{name}", head="settings: {group: stock}")
    project.journey("s.journey.yaml", "/s", head="settings: {serial: true}")
    project.journey("u.journey.yaml", "/u", head="skip: not yet")
    project.rows("v/w.journey.yaml", 6, "/w/{{ inputs.n }}")
    rows = [f"/a/{n}{end}" for n in range(1, 13) for end in ("", "/2")]
    sent = [*rows, *(f"/{name}/{n}" for name in "bcd" for n in (1, 2)), "/g1", "/g2", "/g3", "/s"]
    return Counter([*sent, *(f"/w/{n}" for n in range(1, 7))])


@pytest.fixture
def bare(meeting):
    """The project without what every worker would have to rewrite anew."""
    meeting.write("pytest.ini", "[pytest]\naddopts = --assert=plain\n")
    return meeting


@pytest.mark.parametrize("mode", ["load", "loadfile", "loadscope", "loadgroup", "each", "no"])
def test_each_request_is_sent_once_in_every_mode(bare, mode: str) -> None:
    sent = write_suite(bare)
    workers = ["--tx=2*popen"] if mode == "each" else ["-n2"] if mode != "no" else []
    result = bare.run(*workers, f"--dist={mode}", "--reqflo-concurrency=4")
    times = 2 if mode == "each" else 1
    result.assert_outcomes(passed=25 * times, skipped=times)
    assert Counter(bare.server.paths()) == Counter(dict.fromkeys(sent, times))
    if mode in ("loadgroup", "no"):
        assert bare.server.peak("/g") == 1


def test_what_is_begun_is_not_stolen_and_the_rest_is(bare) -> None:
    """The first rows of one worker are held until its last ones were run: by the other worker.

    The other one's first rows are held until those have begun, or a late worker would find its rows stolen.
    """
    if not hasattr(xdist.remote, "TestQueue"):
        pytest.skip("this xdist keeps a plain queue, and nothing is claimed")
    server = bare.server
    server.holds = {f"/a/{n}/": "/a/20/" for n in range(1, 5)}
    server.holds |= {f"/a/{n}/": "/a/4/" for n in range(21, 25)}
    bare.rows("a.journey.yaml", 40, "/a/{{ inputs.n }}/")
    notes = bare.path / "unscheduled"
    bare.write("conftest.py", STEALING.replace("{path}", str(notes)))
    result = bare.run("-n2", "--dist=worksteal", "--reqflo-concurrency=4")
    result.assert_outcomes(passed=40)
    assert sorted(server.paths()) == sorted(f"/a/{n}/" for n in range(1, 41))
    assert server.peak() >= 4
    stolen = [int(line) for line in notes.read_text().split()]
    assert sum(stolen) > 0
    assert len(stolen) < 100


def test_a_queue_that_looks_different_leaves_two_in_flight(bare) -> None:
    server = bare.server
    server.holds = {"/a/": 2}
    bare.rows("a.journey.yaml", 8, "/a/{{ inputs.n }}/")
    bare.write("conftest.py", OTHER_QUEUE)
    result = bare.run("-n1", "--reqflo-concurrency=4")
    result.assert_outcomes(passed=8)
    assert sorted(server.paths()) == sorted(f"/a/{n}/" for n in range(1, 9))
    assert server.peak() == 2
