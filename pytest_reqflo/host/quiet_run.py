"""A run at the turn of its item, before pytest puts anything around it.

What is logged meanwhile is kept, so that it can still be told as ever. Code of others, of which
pytest captures what it prints, runs only where secrets are asked for: such a run waits.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.host.logs import MOST_RECORDS, keeping_records, noting_records, release
from pytest_reqflo.host.verdict import is_quiet

if TYPE_CHECKING:
    from pytest_reqflo.host.run import Beginning


class QuietRun:
    """One run that was carried out, or waits until it may be.

    Shape: *problem* is why it could not begin; *records* wait to be told, *released* have been.
    """

    def __init__(self) -> None:
        self.beginning: Beginning | None = None
        self.problem: Exception | None = None
        self.records: deque[logging.LogRecord] = deque(maxlen=MOST_RECORDS)
        self.released: deque[logging.LogRecord] = deque(maxlen=MOST_RECORDS)
        self._perform: Callable[[], LocalRun] | None = None
        self._record: LocalRun | None = None

    def begin(self, perform: Callable[[], LocalRun], *, may_ask: bool) -> None:
        """Let *perform* run now, or when the result is asked for where it *may_ask* for secrets."""
        self._perform = perform
        if not may_ask:
            with keeping_records(self.records):
                self._record = perform()

    @property
    def is_smooth(self) -> bool:
        """Whether it is over, passed, and has nothing to tell beside its result."""
        begun, record = self.beginning, self._record
        if begun is None or record is None or begun.warning is not None:
            return False
        is_told = bool(self.records) or record.pending is not None
        return not is_told and is_quiet(record.result, begun.subject)

    def result(self) -> LocalRun:
        """Return the record of the run. Raises: what kept it from beginning or ending."""
        if self._record is not None:
            return self._record
        if self.problem is not None or self._perform is None:
            raise self.problem or RuntimeError("the run was never prepared")
        with noting_records(self.released):
            return self._perform()

    def release_records(self) -> None:
        """Hand the log records of the run to their loggers, here and now."""
        release(self.records, self.released)
