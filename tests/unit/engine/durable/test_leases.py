"""When a worker may begin something new, by its own clock; and files that tell who is alive."""

from __future__ import annotations

import subprocess
import sys
import time
from types import SimpleNamespace

import pytest

from pytest_reqflo.engine.durable import leases
from pytest_reqflo.engine.durable.leases import Lease, LeaseTimes, ProcessLocks


@pytest.mark.parametrize(
    ("age_s", "may_begin", "must_leave"),
    [(0.0, True, False), (8.0, True, False), (10.0, False, False), (14.0, False, True)],
)
def test_a_lease_that_was_not_renewed_for_some_time(monkeypatch, age_s, may_begin, must_leave):
    monkeypatch.setattr(leases, "time", SimpleNamespace(monotonic=lambda: 1000.0 + age_s))
    lease = Lease(LeaseTimes(ttl_s=15.0))
    lease.note_renewed(1000.0)
    assert lease.may_begin() is may_begin
    assert (lease.left_s() <= 0) is must_leave


def test_a_lease_that_is_given_up_stays_so():
    lease = Lease(LeaseTimes())
    lease.give_up()
    lease.note_renewed(time.monotonic())
    assert not lease.may_begin()


def test_a_file_is_free_when_its_process_is_gone(tmp_path):
    code = (
        "import os, sys; from pathlib import Path;"
        "from pytest_reqflo.engine.durable.leases import ProcessLocks;"
        "ProcessLocks(Path(sys.argv[1])).hold('w'); print('held', flush=True); sys.stdin.read()"
    )
    locks = ProcessLocks(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"held\n"
        assert locks.find_free(["w", "never seen"]) == ()
        process.kill()
    assert locks.find_free(["w", "never seen"]) == ("w",)
    locks.forget("w")
    assert locks.find_free(["w"]) == ()
