"""What a try left, raw, until somebody reads what may be shown of it. Pure.

Most tries pass, and nobody looks at them again: then nothing is made of what they left. Whoever reads
it finds what would have been made at their end, since what is learned later counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pytest_reqflo.evidence.model import Exchange
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.noted import Late
from pytest_reqflo.result import CapturedValue, CheckResult, StepResult, TryResult, ValueUse
from pytest_reqflo.run.answer import Answer
from pytest_reqflo.run.capture import record_captures
from pytest_reqflo.run.checks import CheckPlace, run_checks
from pytest_reqflo.run.effects import Captured, DoTry, Sent
from pytest_reqflo.run.judge import Verdict
from pytest_reqflo.run.record import (
    SeenHop,
    record_seen,
    record_uses,
    see_hop,
    size_of_seen,
)
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.run.uses import uses_of

MOST_RAW = 32 * 1024
"""Bytes of bodies that a try, and characters that a run keeps raw."""


class Unread:
    """What a try left, as *redactor* knows it when this is made.

    Shape: *answer* and what was captured of it are None where there is no usable answer. *scope* has
        noted what the try used.
    """

    # Hundreds may wait to be reported.
    __slots__ = (
        "_answer", "_do", "_hops", "_live", "_moment", "_raw_size", "_scope", "_size", "_then",
    )  # fmt: skip

    def __init__(
        self,
        do: DoTry,
        scope: RunScope,
        redactor: Redactor,
        *,
        sent: Sent | None = None,
        answer: Answer | None = None,
        live: Mapping[str, Captured] | None = None,
    ) -> None:
        self._do = do
        self._scope = scope
        self._answer = answer
        self._live = live
        self._moment: Callable[[], Redactor] = redactor.moment()
        self._then: Redactor | None = None
        self._hops: list[SeenHop] = []
        self._size = self._raw_size = 0
        if sent is not None:
            self._see(sent, redactor)

    def result(self, verdict: Verdict, *, started_at: str, elapsed_s: float) -> TryResult:
        """Return the result of the try; of one that did not pass nothing stays raw."""
        is_kept_raw = verdict.outcome == "passed" and self._raw_size <= MOST_RAW
        put: Callable[[Callable[[], Any]], Any] = Late if is_kept_raw else _made
        if is_kept_raw and self._answer is not None:
            self._answer.let_go()
        exchanges: Any = Late(self._exchanges, self._size)
        return TryResult(
            number=self._do.number,
            outcome=verdict.outcome,
            started_at=started_at,
            elapsed_s=elapsed_s,
            exchanges=exchanges if is_kept_raw else self._exchanges(),
            checks=put(self._checks) if verdict.is_at_a_glance else verdict.checks,
            captured=put(self._captured) if self._live else (),
            problems=verdict.problems,
            warnings=verdict.warnings,
            values_used=put(self._uses),
        )

    def _see(self, sent: Sent, redactor: Redactor) -> None:
        for hop in sent.hops:
            seen = see_hop(hop, redactor, sent.failure if hop is sent.hops[-1] else None)
            self._hops.append(seen)
            self._size += size_of_seen(seen)
            self._raw_size += len(hop.request.body or b"")
            self._raw_size += len(hop.response.body) if hop.response else 0

    @property
    def _redactor(self) -> Redactor:
        if self._then is None:
            self._then = self._moment()
        return self._then

    def _exchanges(self) -> tuple[Exchange, ...]:
        repeated = self._answer.repeated_keys if self._answer else ()
        last = self._hops[-1] if self._hops else None
        return tuple([
            record_seen(seen, self._redactor, repeated_keys=repeated if seen is last else ())
            for seen in self._hops
        ])  # fmt: skip

    def _checks(self) -> tuple[CheckResult, ...]:
        """Return the results of the assertions, of which it is only known that all hold."""
        do, answer = self._do, self._answer
        if answer is None:
            return ()
        scope = self._scope.with_response(lambda: answer.view, is_noting=False)
        place = CheckPlace(pointer=do.pointer, site=do.step.id)
        return run_checks(
            do.step.assertions, answer=answer, scope=scope, redactor=self._redactor, place=place
        )

    def _captured(self) -> tuple[CapturedValue, ...]:
        do = self._do
        return record_captures(do.step, self._live or {}, self._redactor, do.pointer).records

    def _uses(self) -> tuple[ValueUse, ...]:
        return record_uses(uses_of(self._scope), self._redactor)


def _made(make: Callable[[], Any]) -> Any:
    return make()


def read_all(steps: Iterable[StepResult]) -> None:
    """Let nothing of *steps* stay raw."""
    for step in steps:
        for each in step.tries:
            _ = each.exchanges, each.checks, each.captured, each.values_used
