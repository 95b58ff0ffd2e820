"""Journeys in flight in workers of xdist that end early: by a failure, by Ctrl-C, by their own death."""

from __future__ import annotations

import signal
from collections import Counter

import pytest

DYING = """
import os
import urllib.request

def pytest_runtest_logstart(nodeid):
    # Only the worker that comes to it first, and with all that it has in flight under way.
    if nodeid.endswith("row-00003") and "PYTEST_XDIST_WORKER" in os.environ:
        try:
            os.open("died", os.O_CREAT | os.O_EXCL)
        except FileExistsError:
            return
        for number in range(3, 7):
            urllib.request.urlopen(f"{url}/dying/{number}/").read()
        os.kill(os.getpid(), 9)
"""


@pytest.fixture
def bare(meeting):
    """The project without what every worker would have to rewrite anew."""
    meeting.write("pytest.ini", "[pytest]\naddopts = --assert=plain\n")
    return meeting


def cleaned_rows(project, count: int) -> None:
    """Write *count* rows of two steps that clean up; the first step of row 1 fails."""
    path = project.rows("a.journey.yaml", count, "/row/{{ inputs.n }}/", "/next/{{ inputs.n }}/")
    cleanup = '    - {id: clean, request: {method: DELETE, url: "/clean/{{ inputs.n }}/"}}\n'
    check = "{type: json_path, path: $.path, operator: not_equals, expected: /row/1/}"
    status = "{type: status_code, expected: 200}"
    path.write_text(f"{path.read_text().replace(status, check)}  finally:\n{cleanup}")


def test_the_first_failure_of_a_worker_ends_what_it_has_in_flight(bare) -> None:
    """Row 1 fails when rows 2 to 4 are under way; those are held until they clean up."""
    server = bare.server
    server.holds = {"/row/1/": "/row/4/", **{f"/row/{n}/": f"/clean/{n}/" for n in (2, 3, 4)}}
    cleaned_rows(bare, 8)
    result = bare.run("-n1", "--dist=worksteal", "-x", "-v", "--reqflo-concurrency=4")
    result.assert_outcomes(failed=1)
    assert Counter(server.lines()) == Counter(
        f"{method} /{name}/{n}/"
        for n in range(1, 5)
        for method, name in (("GET", "row"), ("DELETE", "clean"))
    )


def test_an_interruption_reaches_the_cleanup_of_every_worker(bare) -> None:
    server = bare.server
    server.holds = {f"/row/{n}/": f"/clean/{n}/" for n in range(1, 9)}
    cleaned_rows(bare, 8)
    process = bare.start("-n2", "--dist=worksteal", "--reqflo-concurrency=4")
    server.wait_until("/row/", count=8)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == pytest.ExitCode.INTERRUPTED, output
    server.wait_until("/clean/", count=8)
    assert sorted(server.paths("/clean/")) == [f"/clean/{n}/" for n in range(1, 9)]
    assert server.paths("/next/") == []
    assert "Traceback" not in output


def test_what_a_worker_had_in_flight_when_it_died_is_sent_again_and_nothing_else(bare) -> None:
    """It dies at row 3, with 3 to 6 in flight; pytest-xdist fails that row and starts another worker.

    The four are held until row 7 comes, so nothing of them is over, and nothing follows, before that.
    """
    server = bare.server
    server.holds = {f"/row/{n}/": "/row/7/" for n in range(3, 7)}
    server.holds |= {f"/dying/{n}/": f"/row/{n}/" for n in range(3, 7)}
    cleaned_rows(bare, 12)
    bare.write("conftest.py", f"url = {server.url!r}\n{DYING}")
    result = bare.run("-n1", "--dist=worksteal", "-v", "--reqflo-concurrency=4")
    crashed = "*worker 'gw0' crashed while running 'a.journey.yaml::row-00003'*"
    result.stdout.fnmatch_lines([crashed])
    result.assert_outcomes(passed=10, failed=2)
    assert Counter(server.paths("/row/")) == Counter(
        f"/row/{n}/" for n in (*range(1, 13), *range(4, 7))
    )
