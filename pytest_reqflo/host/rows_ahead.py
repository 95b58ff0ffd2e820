"""All rows of one item, several in flight, given back in order."""

from __future__ import annotations

import contextlib
import queue
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.host.flight import Flight
from pytest_reqflo.host.landing import Cleanup
from pytest_reqflo.host.run import end_item, leave_item, start_item
from pytest_reqflo.host.verdict import Verdict
from pytest_reqflo.host.window import Width

if TYPE_CHECKING:
    from pytest_reqflo.host.session import JourneySession
    from pytest_reqflo.host.subject import Subject
    from pytest_reqflo.plan.items import ItemSpec


def run_rows(
    session: JourneySession,
    subject: Subject,
    specs: Sequence[ItemSpec],
    fixtures: Mapping[str, Any],
    width: Width,
) -> Generator[tuple[ItemSpec, Verdict], None, None]:
    """Yield each of *specs* with what became of it; whoever stops asking ends those under way."""
    rows = _Rows(session, subject, iter(specs), fixtures, width)
    try:
        while (started := rows.next()) is not None:
            yield started.spec, end_item(session, started.flight)
    finally:
        rows.end()


@dataclass(frozen=True, slots=True)
class _Started:
    spec: ItemSpec
    flight: Flight


class _Rows:
    """The rows that were started and not given back."""

    def __init__(
        self, session: JourneySession, subject: Subject, specs: Iterator[ItemSpec],
        fixtures: Mapping[str, Any], width: Width,
    ) -> None:  # fmt: skip
        self._session = session
        self._subject = subject
        self._specs = specs
        self._fixtures = fixtures
        self._width = width
        self._started: deque[_Started] = deque()
        self._landed: queue.SimpleQueue[Flight] = queue.SimpleQueue()
        self._cleanup = Cleanup(self._landed)

    def next(self) -> _Started | None:
        """Return the next row once it is over, None after the last."""
        self._supply()
        if not self._started:
            return None
        flight = self._started[0].flight
        try:
            while not flight.is_over:
                self._landed.get()
                self._supply()
        except BaseException as error:
            self._interrupt(error)
            if not self._cleanup.wait_for([flight]):
                raise
        flight.release_records()
        return self._started.popleft()

    def end(self) -> None:
        """End what is under way, with its cleanup steps."""
        self._interrupt(GeneratorExit())
        # What ends this item is raised already.
        with contextlib.suppress(KeyboardInterrupt):
            self._cleanup.wait_for([each.flight for each in self._started])
        for each in self._started:
            leave_item(self._session, each.flight)

    def _interrupt(self, error: BaseException) -> None:
        self._specs = iter(())
        for each in self._started:
            if not each.flight.is_over:
                each.flight.interrupt(error)

    def _supply(self) -> None:
        while len(self._started) < self._width.most_ahead:
            flying = sum(not each.flight.is_over for each in self._started)
            spec = next(self._specs, None) if flying < self._width.limit else None
            if spec is None:
                return
            flight = Flight(self._subject.artifact.settings.finally_timeout_s)
            # Known before anything is sent: Ctrl-C may come at any moment.
            self._started.append(_Started(spec, flight))
            start_item(self._session, self._subject, spec, self._fixtures, flight, self._landed)
