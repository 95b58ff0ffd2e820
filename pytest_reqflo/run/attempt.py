"""One try of a step: request, answer, checks, captures. A generator of effects, no I/O, no clock.

Its outcome is the checkpoint: on replay it is taken as it was, and nothing here runs again.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Literal, assert_never

from pytest_reqflo.artifact.model import PollSpec, StepSpec
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.expression import LiteralValue, PathExpression, ValueMissing
from pytest_reqflo.lang.render import render_value
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import CheckResult, Outcome, Problem, TryResult
from pytest_reqflo.run.answer import Answer
from pytest_reqflo.run.capture import (
    Captures,
    capture_live,
    no_answer,
    record_captures,
    register_captured,
    register_positional,
)
from pytest_reqflo.run.checks import CheckPlace, run_checks
from pytest_reqflo.run.effects import (
    Captured,
    DoTry,
    Draw,
    Drawn,
    Interrupted,
    ReadSecrets,
    RunStart,
    SecretsRead,
    Send,
    SendFailure,
    Sent,
    TryDone,
    TryEffect,
    TryOutcome,
)
from pytest_reqflo.run.problems import WireProblem, interrupted_problem, values_problem
from pytest_reqflo.run.record import record_hop, record_uses
from pytest_reqflo.run.scope import RunScope, secret_names_of, walk_reachable
from pytest_reqflo.run.url import link_source
from pytest_reqflo.run.wire import render_request
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Digest, canonical_json, shorten

TryFlow = Generator[TryEffect, TryOutcome, TryDone]

PollState = Literal["again", "stop", "done"]

_NOT_RETRYABLE = frozenset({"refused", "limit", "values"})


def run_try(
    plan: Plan, start: RunStart, do: DoTry, redactor: Redactor, blobs: Mapping[Digest, bytes]
) -> TryFlow:
    """Yield what a try needs, and return what came of it, redacted.

    Shape: any effect may be answered with `Interrupted`, which ends the try.
    """
    _register_plan(plan, redactor)
    register_captured(plan, do.captured, redactor)
    drawn = yield Draw()
    if not isinstance(drawn, Drawn):
        return _interrupted(do, drawn, started_at="")
    names = secret_names_of(_needs_of(plan, do.step), plan)
    secrets: Mapping[str, Secret] = {}
    if names:
        read = yield ReadSecrets(names=names)
        if not isinstance(read, SecretsRead):
            return _interrupted(do, read, started_at=drawn.now)
        secrets = read.secrets
    attempt = _Attempt(plan, start, do, redactor, drawn.now, secrets)
    try:
        send = attempt.prepare(blobs)
    except (WireProblem, ValueMissing) as problem:
        return attempt.refused(problem)
    sent = yield send
    if not isinstance(sent, Sent):
        return attempt.interrupted(sent)
    return attempt.judge(sent)


def _register_plan(plan: Plan, redactor: Redactor) -> None:
    for name, value in plan.environment.me.items():
        redactor.add_value(name, value)
    for resolved in plan.names.values():
        if resolved.sensitive and isinstance(resolved.value, LiteralValue):
            redactor.add_value(resolved.name, resolved.value.value)


def _needs_of(plan: Plan, step: StepSpec) -> tuple[object, ...]:
    """Return every part that is rendered in a try of *step*."""
    # Which service a whole URL belongs to is only known once it is rendered.
    headers = tuple(each.headers for each in plan.environment.services.values())
    return (step.request, step.assertions, step.poll, headers)


def _interrupted(do: DoTry, answer: TryOutcome, started_at: str) -> TryDone:
    reason = answer.reason if isinstance(answer, Interrupted) else "the driver gave no answer"
    result = TryResult(
        number=do.number,
        outcome="interrupted",
        started_at=started_at,
        problems=(interrupted_problem(reason, do.pointer),),
    )
    captured = no_answer(do.step, f"step `{do.step.id}` was interrupted")
    return TryDone(result=result, captured=captured, jars=do.jars, is_retryable=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verdict:
    """How a try ended, before it is put on record."""

    outcome: Outcome
    checks: tuple[CheckResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    poll: PollState | None = None


class _Attempt:
    """One try with its clock read and its secrets known."""

    def __init__(
        self,
        plan: Plan,
        start: RunStart,
        do: DoTry,
        redactor: Redactor,
        started_at: str,
        secrets: Mapping[str, Secret],
    ) -> None:
        self._plan = plan
        self._start = start
        self._do = do
        self._step = do.step
        self._redactor = redactor
        self._started_at = started_at
        self._scope = RunScope(
            plan,
            start,
            captured=do.captured,
            now=do.first_started_at or started_at,
            service=do.step.request.service,
            secrets=secrets,
        )
        for secret in secrets.values():
            redactor.add_secret(secret)

    def prepare(self, blobs: Mapping[Digest, bytes]) -> Send:
        """Return what must be sent. Raises: WireProblem, ValueMissing."""
        self._register_derived()
        send = render_request(self._plan, self._do, self._scope, blobs, seed=self._start.seed)
        for secret in self._scope.derived:
            self._redactor.add_secret(secret)
        return send

    def _register_derived(self) -> None:
        """Hide what pipes and variables make of hidden values, before any of it can come back."""
        uses = len(self._scope.uses)
        for expression in walk_reachable(_needs_of(self._plan, self._step), self._plan):
            if not isinstance(expression, PathExpression) or expression.root == "response":
                continue
            try:
                value = render_value(expression, self._scope, site="")
            except ValueMissing:
                continue
            name = self._scope.hidden_name(expression)
            if isinstance(value, Secret):
                self._redactor.add_secret(value)
            elif name:
                self._redactor.add_value(name, value)
        del self._scope.uses[uses:]

    # --- endings ---------------------------------------------------------------------------------

    def refused(self, problem: WireProblem | ValueMissing) -> TryDone:
        """Return the end of a try whose request could not be built."""
        hint = problem.hint if isinstance(problem, WireProblem) else ""
        message = self._redactor.text(str(problem))
        found = values_problem("RF405", message, self._do.pointer, hint)
        reason = f"the request of step `{self._step.id}` could not be built"
        return self._done(
            _Verdict(outcome="error", problems=(found,)),
            captures=Captures(live=no_answer(self._step, reason)),
            error_kind="error",
            is_retryable=False,
        )

    def interrupted(self, answer: TryOutcome) -> TryDone:
        """Return the end of a try that was cut off while it waited for its answer."""
        return _interrupted(self._do, answer, self._started_at)

    def judge(self, sent: Sent) -> TryDone:
        """Return what came of a try that was sent."""
        response = sent.hops[-1].response if sent.hops else None
        if sent.failure is not None or response is None:
            return self._without_answer(sent)
        answer = Answer(sent.hops, response, as_text=self._step.parse == "text")
        register_positional(answer, self._redactor)
        live = capture_live(self._step, answer, self._redactor)
        verdict = self._evaluate(answer)
        captures = record_captures(self._step, live, self._redactor, self._do.pointer)
        verdict = _with_missing(verdict, captures)
        return self._done(
            verdict,
            captures=Captures(live={**live, **self._page(answer)}, records=captures.records),
            sent=sent,
            error_kind=_error_kind(verdict, answer.status, has_checks=bool(self._step.assertions)),
        )

    def _without_answer(self, sent: Sent) -> TryDone:
        failure = sent.failure or SendFailure(
            code="RF404", category="protocol", message="there is no answer"
        )
        # The answer that failed may still hold what must be hidden from its own evidence.
        for hop in sent.hops:
            if hop.response is not None:
                register_positional(Answer((hop,), hop.response, as_text=False), self._redactor)
        problem = Problem(
            code=failure.code,
            category=failure.category,
            message=self._redactor.text(failure.message),
            pointer=self._do.pointer,
            hint=self._redactor.text(failure.hint),
        )
        is_retryable = failure.category not in _NOT_RETRYABLE
        is_polling = self._step.poll is not None and is_retryable
        return self._done(
            _Verdict(outcome="error", problems=(problem,), poll="again" if is_polling else None),
            captures=Captures(
                live=no_answer(self._step, f"step `{self._step.id}` got no usable answer")
            ),
            sent=sent,
            error_kind="error",
            is_retryable=is_retryable,
        )

    def _done(
        self,
        verdict: _Verdict,
        *,
        captures: Captures,
        error_kind: Literal["assertion", "error"] | None,
        sent: Sent | None = None,
        is_retryable: bool = True,
    ) -> TryDone:
        elapsed_s = sent.elapsed_s if sent else 0.0
        result = TryResult(
            number=self._do.number,
            outcome=verdict.outcome,
            started_at=self._started_at,
            elapsed_s=elapsed_s,
            exchanges=tuple(
                record_hop(hop, self._redactor, sent.failure if hop is sent.hops[-1] else None)
                for hop in sent.hops
            )
            if sent
            else (),
            checks=verdict.checks,
            captured=captures.records,
            problems=verdict.problems,
            warnings=verdict.warnings,
            values_used=record_uses(self._scope.uses, self._redactor),
        )
        return TryDone(
            result=result,
            captured=captures.live,
            jars=sent.jars if sent else self._do.jars,
            elapsed_s=elapsed_s,
            error_kind=error_kind,
            is_retryable=is_retryable,
            poll=verdict.poll,
        )

    def _page(self, answer: Answer) -> dict[str, Captured]:
        """Keep the URL of an answer whose link is the URL of another step: it may be relative."""
        steps = (*self._plan.artifact.steps, *self._plan.artifact.finally_steps)
        is_page = any(link_source(self._plan, step.request.url) == self._step.id for step in steps)
        return {"url": Captured(value=answer.url)} if is_page else {}

    # --- checks ----------------------------------------------------------------------------------

    def _evaluate(self, answer: Answer) -> _Verdict:
        poll = self._step.poll
        if poll is None:
            return self._judge_checks(answer)
        scope = self._scope.with_response(answer.view)
        until = self._checks_of(poll, "poll/until", answer, scope)
        if all(check.passed for check in until):
            verdict = self._judge_checks(answer)
            return _Verdict(
                outcome=verdict.outcome,
                checks=(*until, *verdict.checks),
                warnings=verdict.warnings,
                poll="done",
            )
        stop_on = self._checks_of(poll, "poll/stop_on", answer, scope)
        if stop_on and all(check.passed for check in stop_on):
            return _Verdict(
                outcome="failed",
                checks=until,
                problems=(self._stopped(stop_on),),
                poll="stop",
            )
        return _Verdict(outcome="failed", checks=until, poll="again")

    def _checks_of(
        self,
        poll: PollSpec,
        list_name: Literal["poll/until", "poll/stop_on"],
        answer: Answer,
        scope: RunScope,
    ) -> tuple[CheckResult, ...]:
        return run_checks(
            poll.until if list_name == "poll/until" else poll.stop_on,
            answer=answer,
            scope=scope,
            redactor=self._redactor,
            place=CheckPlace(pointer=self._do.pointer, site=self._step.id, list_name=list_name),
        )

    def _stopped(self, stop_on: tuple[CheckResult, ...]) -> Problem:
        states = " and ".join(_state_of(check) for check in stop_on)
        return Problem(
            code="RF505",
            category="poll",
            message=f"polling met a state that ends it: {states}",
            pointer=stop_on[0].pointer,
        )

    def _judge_checks(self, answer: Answer) -> _Verdict:
        checks = run_checks(
            self._step.assertions,
            answer=answer,
            scope=self._scope.with_response(answer.view),
            redactor=self._redactor,
            place=CheckPlace(pointer=self._do.pointer, site=self._step.id),
        )
        is_failed = any(not check.passed and not check.soft for check in checks)
        return _Verdict(
            outcome="failed" if is_failed else "passed",
            checks=checks,
            warnings=(*_soft_failures(checks), *self._bad_status(answer)),
        )

    def _bad_status(self, answer: Answer) -> tuple[Problem, ...]:
        has_checks = self._step.assertions or self._step.poll
        if has_checks or answer.status < 400:
            return ()
        problem = Problem(
            code="RF503",
            category="assertion",
            message=f"the step has no assertion and was answered {answer.status}",
            pointer=self._do.pointer,
            hint="add a status_code assertion",
        )
        return (problem,)


def _state_of(check: CheckResult) -> str:
    if check.is_actual_missing:
        return f"{check.subject} is not there"
    shown = canonical_json(check.actual).decode("utf-8", "replace")
    return f"{check.subject} is {shorten(shown, 200)}"


def _soft_failures(checks: tuple[CheckResult, ...]) -> tuple[Problem, ...]:
    return tuple(
        Problem(code="RF502", category="assertion", message=check.message, pointer=check.pointer)
        for check in checks
        if check.soft and not check.passed
    )


def _with_missing(verdict: _Verdict, captures: Captures) -> _Verdict:
    """Fail a try that lacks a required output; a failed check has said more already."""
    if not captures.problems or verdict.outcome != "passed":
        return verdict
    return _Verdict(
        outcome="failed",
        checks=verdict.checks,
        problems=captures.problems,
        warnings=verdict.warnings,
        poll=verdict.poll,
    )


def _error_kind(
    verdict: _Verdict, status: int, *, has_checks: bool
) -> Literal["assertion", "error"] | None:
    """Return what a retry policy needs: 5xx is an error, also when a check failed because of it."""
    match verdict.outcome:
        case "passed":
            return "error" if status >= 500 and not has_checks else None
        case "failed" | "error":
            return "error" if status >= 500 else "assertion"
        case "skipped" | "interrupted":
            return None
        case _:
            assert_never(verdict.outcome)
