"""What one request does on the wire: its deadline, the moments of its phases, its times."""

from __future__ import annotations

import time
from dataclasses import dataclass

from pytest_reqflo.engine.transport import Deadline, TransportFailed
from pytest_reqflo.run.effects import PhaseTimes, SendFailure


@dataclass(slots=True)
class Operation:
    """The deadline of a request, and the moments of its phases as they come.

    Shape: *connect_started_s* stays None on a connection that was kept.
    """

    deadline: Deadline
    started_s: float
    connect_started_s: float | None = None
    connect_s: float | None = None
    tls_s: float | None = None
    write_started_s: float | None = None
    write_ended_s: float | None = None
    first_byte_s: float | None = None
    ended_s: float | None = None
    is_write_broken: bool = False

    @property
    def reading(self) -> str:
        """What a request that is being read does, in the words of a failure."""
        return "waiting for the answer" if self.first_byte_s is None else "reading the answer"

    def remaining_s(self, doing: str) -> float:
        """Return the seconds left. Raises: TransportFailed when none are."""
        remaining = self.deadline.remaining_s()
        if remaining <= 0:
            raise self.too_late(doing)
        return remaining

    def too_late(self, doing: str) -> TransportFailed:
        """Return the failure of a request that ran out of time while *doing* something."""
        return TransportFailed(self.deadline.failure(doing))

    def begin_write(self) -> None:
        """Note that bytes of the request go out."""
        if self.write_started_s is None:
            self.write_started_s = time.monotonic()

    def note_bytes(self, data: bytes) -> None:
        """Note that *data* came, which begins the answer unless it is the end."""
        if data and self.first_byte_s is None:
            self.first_byte_s = time.monotonic()

    def end_connect(self, now_s: float) -> None:
        """Count what a proxy needed to open a tunnel as connecting, not as sending and waiting."""
        if self.connect_started_s is not None:
            self.connect_s = now_s - self.connect_started_s
        self.write_started_s = self.write_ended_s = self.first_byte_s = None

    def failed(self, failure: SendFailure) -> TransportFailed:
        """Return *failure* with the times so far."""
        return TransportFailed(failure, self.times())

    def times(self) -> PhaseTimes:
        """Return the seconds of each phase up to now."""
        end = self.ended_s if self.ended_s is not None else time.monotonic()
        begun = self.write_started_s if self.connect_started_s is None else self.connect_started_s
        return PhaseTimes(
            total_s=end - self.started_s,
            pool_s=_between(self.started_s, begun),
            connect_s=self.connect_s,
            tls_s=self.tls_s,
            send_s=_between(self.write_started_s, self.write_ended_s),
            wait_s=_between(self.write_ended_s, self.first_byte_s),
            receive_s=_between(self.first_byte_s, end),
        )


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else max(0.0, end - start)
