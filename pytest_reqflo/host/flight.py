"""A run that was started ahead of its item's turn, and what is kept of it until then."""

from __future__ import annotations

import logging
import queue
import time
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_reqflo.engine.protocol import Cause, LocalRun
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.host.logs import MOST_RECORDS, keeping_records, release
from pytest_reqflo.host.verdict import is_quiet
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.values import Digest

if TYPE_CHECKING:
    from pytest_reqflo.engine.in_flight import AsyncEngine
    from pytest_reqflo.engine.loop import LoopThread, Started
    from pytest_reqflo.evidence.redact import Redactor
    from pytest_reqflo.host.run import Beginning


@dataclass(frozen=True, slots=True)
class Span:
    """When a run was under way, in seconds since the epoch."""

    start_s: float
    stop_s: float


class Flight:
    """One run on the loop; used by the thread that started it.

    Shape: *problem* is why it could not begin; then nothing was sent. *finally_timeout_s* is what
        its cleanup may take; *beginning* is who runs; *redactor* knows what is sensitive in it, None before it begins; *may_ask* when it may ask for secrets;
        *records* wait for the turn of the item, *released* have had theirs.
    """

    def __init__(self, finally_timeout_s: float) -> None:
        self.finally_timeout_s = finally_timeout_s
        self.beginning: Beginning | None = None
        self.problem: Exception | None = None
        self.was_interrupted = False
        self.redactor: Redactor | None = None
        self.may_ask = False
        self.records: deque[logging.LogRecord] = deque(maxlen=MOST_RECORDS)
        self.released: deque[logging.LogRecord] = deque(maxlen=MOST_RECORDS)
        self._cause = Cause()
        self._started: Started[LocalRun] | None = None
        self._record: LocalRun | None = None
        self._begun_s = self._ended_s = time.time()

    def begin(
        self,
        loop: LoopThread,
        engine: AsyncEngine,
        plan: Plan,
        blobs: Mapping[Digest, bytes],
        redactor: Redactor,
        landed: queue.SimpleQueue[Flight],
    ) -> None:
        """Run *plan* on *loop*; the flight is put into *landed* when it is over."""

        async def fly() -> LocalRun:
            with keeping_records(self.records):
                self._begun_s = time.time()
                try:
                    return await engine.run(plan, blobs, redactor=redactor, cause=self._cause)
                finally:
                    self._ended_s = time.time()

        self.redactor = redactor
        # Known before it is begun: Ctrl-C may come at any moment, and ends what is known.
        self._started = started = loop.prepare(fly())
        started.future.add_done_callback(lambda _: landed.put(self))
        loop.begin(started)

    @property
    def has_result(self) -> bool:
        """Whether `result` can tell what became of the run: it is over, and was not cut short."""
        is_begun = self._started is not None or self.problem is not None
        return is_begun and self.is_over and not self.was_interrupted

    @property
    def is_over(self) -> bool:
        """Whether the run came to an end, or never began."""
        return self._record is not None or self._started is None or self._started.future.done()

    @property
    def is_recorded(self) -> bool:
        """Whether it came to an end with a result, also one that was cut short."""
        return self._find_record() is not None

    def _find_record(self) -> LocalRun | None:
        # Each look at a future takes its lock.
        if self._record is None and self._started is not None:
            future = self._started.future
            if future.done() and not future.cancelled() and future.exception() is None:
                self._record = future.result()
        return self._record

    @property
    def is_bad(self) -> bool:
        """Whether it is over and did not go well."""
        record = self._find_record()
        if record is not None:
            return record.result.outcome not in ("passed", "skipped")
        if self._started is None:
            return True
        future = self._started.future
        return future.done() and (future.cancelled() or future.exception() is not None)

    @property
    def is_smooth(self) -> bool:
        """Whether it is over, passed, and has nothing to tell beside its result."""
        begun, record = self.beginning, self._find_record()
        if begun is None or record is None or begun.warning is not None:
            return False
        is_told = bool(self.records) or self.was_interrupted or record.pending is not None
        return not is_told and is_quiet(record.result, begun.subject)

    @property
    def span(self) -> Span:
        """When the run was under way, for a run that is over."""
        return Span(self._begun_s, max(self._begun_s, self._ended_s))

    def interrupt(self, error: BaseException) -> None:
        """Let the effect at hand be answered with an interruption by *error*, once.

        Another one would meet the `finally` steps.
        """
        if self.was_interrupted:
            return
        self.was_interrupted = True
        self._cause.error = error
        if self._started is not None:
            self._started.cancel()

    def result(self) -> LocalRun:
        """Return the record of a run that is over. Raises: what kept it from beginning or ending."""
        if self.problem is not None:
            raise self.problem
        if self._record is not None:
            return self._record
        if self._started is None:
            raise RuntimeError("the run was never started")
        if self._started.future.cancelled():
            raise self._cause.error or RuntimeError("the run was cancelled before it began")
        return self._started.future.result()

    def release_records(self) -> None:
        """Hand the log records of the run to their loggers, here and now."""
        release(self.records, self.released)

    def let_go(self) -> None:
        """Let go of the run on the loop, which holds this flight in turn: nobody asks for it any more.

        Otherwise both would lie about until the garbage collector comes, with all that was recorded.
        """
        self._started = None
