"""Who runs: ids that nobody else has."""

from __future__ import annotations

import os
import re

import pytest

from pytest_reqflo.host.request import new_run_id


def test_each_run_has_an_id_of_its_own() -> None:
    ids = [new_run_id() for _ in range(1000)]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("run_[0-9a-f]{32}", each) for each in ids)


def test_a_process_that_was_forked_draws_ids_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    new_run_id()
    drawn: list[int] = []
    draw = os.urandom
    monkeypatch.setattr(os, "urandom", lambda size: drawn.append(size) or draw(size))
    child = os.getpid() + 1
    monkeypatch.setattr(os, "getpid", lambda: child)
    new_run_id()
    assert drawn
