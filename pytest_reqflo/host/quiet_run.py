"""A run at the turn of its item, before pytest puts anything around it.

What is logged and printed meanwhile is kept, so that it can still be told as ever. A run that may ask
for secrets waits: that is code of others, which may start programs.
"""

from __future__ import annotations

import io
import logging
import sys
from collections import deque
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
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
        self._printed = ("", "")
        self._perform: Callable[[], LocalRun] | None = None
        self._record: LocalRun | None = None

    def begin(self, perform: Callable[[], LocalRun], *, may_ask: bool) -> None:
        """Let *perform* run now, or when the result is asked for where it *may_ask* for secrets."""
        self._perform = perform
        if may_ask:
            return
        out, err = _Paper(), _Paper()
        try:
            with redirect_stdout(out), redirect_stderr(err), keeping_records(self.records):
                self._record = perform()
        finally:
            self._printed = out.text, err.text

    @property
    def is_over(self) -> bool:
        """Whether it was carried out."""
        return self._record is not None

    @property
    def is_smooth(self) -> bool:
        """Whether it is over, passed, and has nothing to tell beside its result."""
        begun, record = self.beginning, self._record
        if begun is None or record is None or begun.warning is not None:
            return False
        is_told = bool(self.records) or any(self._printed) or record.pending is not None
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
        """Print what the run printed, and hand its log records to their loggers, here and now."""
        (out, err), self._printed = self._printed, ("", "")
        sys.stdout.write(out)
        sys.stderr.write(err)
        release(self.records, self.released)


class _Paper(io.TextIOWrapper):
    """A stream of text that keeps what is written to it; bytes can be, too."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), "utf-8", "replace", newline="", write_through=True)

    @property
    def text(self) -> str:
        """What was written."""
        self.seek(0)
        return self.read()
