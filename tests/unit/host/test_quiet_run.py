"""A run that pytest does not look at: only where no code of others may print."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_reqflo.host.quiet_run import QuietRun


def test_a_run_that_may_ask_for_secrets_waits_until_its_result_is_asked_for() -> None:
    quiet, record, ran = QuietRun(), SimpleNamespace(), []

    def perform() -> Any:
        ran.append(True)
        return record

    quiet.begin(perform, may_ask=True)
    assert not ran
    assert not quiet.is_smooth
    assert quiet.result() is record
    assert ran == [True]


def test_why_a_run_could_not_begin_is_told_with_its_result() -> None:
    quiet = QuietRun()
    quiet.problem = LookupError("no such thing")
    assert not quiet.is_smooth
    with pytest.raises(LookupError, match="no such thing"):
        quiet.result()


def test_what_was_released_is_kept_for_the_record() -> None:
    quiet = QuietRun()
    quiet.records.append(
        logging.makeLogRecord({"name": "wire", "msg": "hello", "levelno": logging.INFO})
    )
    quiet.release_records()
    assert [each.getMessage() for each in quiet.released] == ["hello"]
    assert not quiet.records
