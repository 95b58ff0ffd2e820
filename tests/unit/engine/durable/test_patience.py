"""What is tried again when the database does not answer, and what is not."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from pytest_reqflo.engine.durable import patience

LOCKED = sa.exc.OperationalError("SELECT 1", {}, Exception("database is locked"))
WRONG = sa.exc.IntegrityError("INSERT", {}, Exception("a key is there twice"))


def acting(*errors):
    left = list(errors)

    def act():
        if left:
            raise left.pop(0)
        return "done"

    return act


@pytest.fixture(autouse=True)
def pauses(monkeypatch):
    made = []
    monkeypatch.setattr(patience.time, "sleep", made.append)
    return made


def test_what_passes_is_waited_for(pauses):
    assert patience.patiently(acting(LOCKED, LOCKED)) == "done"
    assert len(pauses) == 2


def test_what_does_not_pass_is_raised_at_once(pauses):
    with pytest.raises(sa.exc.IntegrityError):
        patience.patiently(acting(WRONG))
    assert pauses == []


def test_patience_ends():
    with pytest.raises(sa.exc.OperationalError):
        patience.patiently(acting(LOCKED), patience_s=-1.0)
