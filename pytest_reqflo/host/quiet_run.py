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
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.host.logs import MOST_RECORDS, keeping_records, noting_records, release
from pytest_reqflo.host.verdict import is_quiet

if TYPE_CHECKING:
    from pytest_reqflo.host.run import Beginning

T = TypeVar("T")

_Texts: TypeAlias = tuple[str, str]
_NOTHING: _Texts = ("", "")
"""What a run printed and complained that did neither."""


class QuietRun:
    """One run that was carried out, or waits until it may be.

    Shape: *problem* is why it could not begin; *records* wait to be told, *released* have been;
        *is_smooth* when it is over, passed, and has nothing to tell beside its result.
    """

    def __init__(self) -> None:
        self.beginning: Beginning | None = None
        self.problem: Exception | None = None
        self.records: deque[logging.LogRecord] = deque(maxlen=MOST_RECORDS)
        self.released: deque[logging.LogRecord] = deque(maxlen=MOST_RECORDS)
        self.is_smooth = False
        self._printed = _NOTHING
        self._perform: Callable[[], LocalRun] | None = None
        self._record: LocalRun | None = None

    def begin(self, perform: Callable[[], LocalRun], *, may_ask: bool) -> None:
        """Let *perform* run now, or when the result is asked for where it *may_ask* for secrets."""
        self._perform = perform
        if may_ask:
            return
        papers = _find_blank()
        try:
            with keeping_records(self.records):
                self._record = papers.perform(perform)
        finally:
            self._printed = papers.texts
        self.is_smooth = self._has_nothing_to_tell()

    @property
    def is_over(self) -> bool:
        """Whether it was carried out."""
        return self._record is not None

    def _has_nothing_to_tell(self) -> bool:
        begun, record = self.beginning, self._record
        if begun is None or record is None or begun.warning is not None:
            return False
        is_told = self.records or self._printed is not _NOTHING or record.pending is not None
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
        (out, err), self._printed = self._printed, _NOTHING
        if out or err:
            sys.stdout.write(out)
            sys.stderr.write(err)
        release(self.records, self.released)


class _Paper(io.TextIOWrapper):
    """A stream of text that keeps what is written to it; bytes can be, too."""

    def __init__(self) -> None:
        self._bytes = io.BytesIO()
        super().__init__(self._bytes, "utf-8", "replace", newline="", write_through=True)

    @property
    def text(self) -> str:
        """What was written."""
        return self._bytes.getvalue().decode("utf-8", "replace")


class _Papers:
    """Streams for what one run prints and complains; blank ones serve the next."""

    def __init__(self) -> None:
        self._out, self._err = _Paper(), _Paper()

    @property
    def texts(self) -> _Texts:
        """What was written to each."""
        texts = self._out.text, self._err.text
        return texts if any(texts) else _NOTHING

    @property
    def is_blank(self) -> bool:
        """Whether they can still be written to, and were not."""
        return not (self._out.closed or self._err.closed) and self.texts is _NOTHING

    def perform(self, act: Callable[[], T]) -> T:
        """Return what *act* returns, with the streams in place of those of the process."""
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._out, self._err
        try:
            return act()
        finally:
            sys.stdout, sys.stderr = streams


_latest = [_Papers()]
"""Those that served last: to look at them takes less than to make new ones."""


def _find_blank() -> _Papers:
    """Return streams that nobody has written to."""
    if not _latest[0].is_blank:
        _latest[0] = _Papers()
    return _latest[0]
