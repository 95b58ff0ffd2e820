"""One try of a step: request, answer, checks, captures. A generator of effects, no I/O, no clock.

Its outcome is the checkpoint: on replay it is taken as it was, and nothing here runs again.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import replace
from typing import Literal

from pytest_reqflo.artifact.model import Artifact, StepSpec
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.expression import PathExpression, ValueMissing
from pytest_reqflo.lang.render import render_value
from pytest_reqflo.noted import Noted
from pytest_reqflo.plan.model import EnvironmentSnapshot, PlainNames, Plan
from pytest_reqflo.result import Problem, TryResult
from pytest_reqflo.run.answer import Answer
from pytest_reqflo.run.capture import (
    capture_live,
    no_answer,
    record_captures,
    register_captured,
)
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
from pytest_reqflo.run.glance import all_hold, may_be_clear
from pytest_reqflo.run.judge import CLEAR, Judge, Verdict, find_error_kind
from pytest_reqflo.run.problems import WireProblem, interrupted_problem
from pytest_reqflo.run.reading import (
    expressions_in,
    find_telling,
    read_step,
    secret_names_of,
    sources_in,
    walk_reachable,
)
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.run.telling import answers_of, register_plan, register_positional
from pytest_reqflo.run.unread import Unread
from pytest_reqflo.run.url import link_source
from pytest_reqflo.run.wire import render_request
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Digest

TryFlow = Generator[TryEffect, TryOutcome, TryDone]

_SHOWN_ROOTS = frozenset({"steps", "env", "case", "row", "run"})
"""Roots whose values are no secrets as they are, before any pipe."""

_NOT_RETRYABLE = frozenset({"refused", "limit", "values"})


def run_try(
    plan: Plan, start: RunStart, do: DoTry, redactor: Redactor, blobs: Mapping[Digest, bytes]
) -> TryFlow:
    """Yield what a try needs, and return what came of it, redacted.

    Shape: any effect may be answered with `Interrupted`, which ends the try.
    """
    register_plan(plan, redactor)
    register_captured(plan, do.captured, redactor)
    drawn = yield Draw()
    if not isinstance(drawn, Drawn):
        return _interrupted(do, drawn, started_at="")
    telling, names = _find_telling(plan, do.step)
    secrets: Mapping[str, Secret] = {}
    if names:
        read = yield ReadSecrets(names=names)
        if not isinstance(read, SecretsRead):
            return _interrupted(do, read, started_at=drawn.now)
        secrets = read.secrets
    attempt = _Attempt(plan, start, do, redactor, drawn.now, secrets)
    try:
        send = attempt.prepare(blobs, telling)
    except (WireProblem, ValueMissing) as problem:
        return attempt.refused(problem)
    sent = yield send
    if not isinstance(sent, Sent):
        return attempt.interrupted(sent)
    return attempt.judge(sent)


def _find_telling(plan: Plan, step: StepSpec) -> tuple[tuple[PathExpression, ...], tuple[str, ...]]:
    """Return the expressions of a try of *step* that may lead to what is hidden, and its secrets."""
    reading = read_step(step)
    # Which service a whole URL belongs to is only known once it is rendered.
    of_services = _OF_SERVICES.of(plan.environment)
    if type(plan.names) is PlainNames and not of_services:
        return reading.unnamed, reading.secrets
    telling = find_telling(reading.sources + of_services, plan)
    return telling, secret_names_of(telling, plan)


def _read_services(environment: EnvironmentSnapshot) -> tuple[PathExpression, ...]:
    return sources_in(expressions_in(tuple(each.headers for each in environment.services.values())))


_OF_SERVICES = Noted(_read_services)
"""The sources of the headers of all services of an environment."""


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
            redactor=redactor,
        )
        for secret in secrets.values():
            redactor.add_secret(secret)

    def prepare(self, blobs: Mapping[Digest, bytes], telling: tuple[PathExpression, ...]) -> Send:
        """Return what must be sent. Raises: WireProblem, ValueMissing."""
        if telling:
            with self._scope.unnoted():
                self._register_derived(telling)
        send = render_request(self._plan, self._do, self._scope, blobs, seed=self._start.seed)
        for secret in self._scope.derived:
            self._redactor.add_secret(secret)
        return send

    def _register_derived(self, telling: tuple[PathExpression, ...]) -> None:
        """Hide what pipes and variables make of hidden values, before any of it can come back."""
        for expression in walk_reachable(telling, self._plan):
            if not isinstance(expression, PathExpression) or expression.root == "response":
                continue
            name = self._scope.hidden_name(expression)
            if not name and not expression.pipes and expression.root in _SHOWN_ROOTS:
                continue
            try:
                value = render_value(expression, self._scope, site="")
            except ValueMissing:
                continue
            if isinstance(value, Secret):
                self._redactor.add_secret(value)
            elif name:
                self._redactor.add_value(name, value)

    # --- endings ---------------------------------------------------------------------------------

    def refused(self, problem: WireProblem | ValueMissing) -> TryDone:
        """Return the end of a try whose request could not be built."""
        wire = problem if isinstance(problem, WireProblem) else WireProblem(str(problem))
        found = Problem(
            code=wire.code,
            category=wire.category,
            message=self._redactor.text(wire.message),
            pointer=self._do.pointer,
            hint=wire.hint,
        )
        reason = f"the request of step `{self._step.id}` could not be built"
        return self._done(
            Verdict(outcome="error", problems=(found,)),
            live=no_answer(self._step, reason),
            unread=self._unread(),
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
        register_positional(self._plan, (*answers_of(sent.hops[:-1]), answer), self._redactor)
        live = capture_live(self._step, answer, self._redactor)
        scope = self._scope
        scope.set_response(lambda: answer.view)
        if may_be_clear(self._step) and all_hold(self._step, answer, scope):
            verdict = CLEAR
        else:
            verdict = Judge(self._step, self._do.pointer, answer, scope, self._redactor).judge()
        if verdict.outcome == "passed":
            verdict = self._with_missing(verdict, live)
        return self._done(
            verdict,
            live={**live, **self._page(answer)},
            unread=self._unread(sent, answer, live),
            sent=sent,
            error_kind=find_error_kind(
                verdict, answer.status, has_checks=bool(self._step.assertions)
            ),
        )

    def _without_answer(self, sent: Sent) -> TryDone:
        failure = sent.failure or SendFailure(
            code="RF404", category="protocol", message="there is no answer"
        )
        # The answer that failed may still hold what must be hidden from its own evidence.
        register_positional(self._plan, answers_of(sent.hops), self._redactor)
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
            Verdict(outcome="error", problems=(problem,), poll="again" if is_polling else None),
            live=no_answer(self._step, f"step `{self._step.id}` got no usable answer"),
            unread=self._unread(sent),
            sent=sent,
            error_kind="error",
            is_retryable=is_retryable,
        )

    def _done(
        self,
        verdict: Verdict,
        *,
        live: Mapping[str, Captured],
        unread: Unread,
        error_kind: Literal["assertion", "error"] | None,
        sent: Sent | None = None,
        is_retryable: bool = True,
    ) -> TryDone:
        elapsed_s = sent.elapsed_s if sent else 0.0
        return TryDone(
            result=unread.result(verdict, started_at=self._started_at, elapsed_s=elapsed_s),
            captured=live,
            jars=sent.jars if sent else self._do.jars,
            elapsed_s=elapsed_s,
            error_kind=error_kind,
            is_retryable=is_retryable,
            poll=verdict.poll,
        )

    def _unread(
        self,
        sent: Sent | None = None,
        answer: Answer | None = None,
        live: Mapping[str, Captured] | None = None,
    ) -> Unread:
        return Unread(self._do, self._scope, self._redactor, sent=sent, answer=answer, live=live)

    def _with_missing(self, verdict: Verdict, live: Mapping[str, Captured]) -> Verdict:
        """Fail a try that lacks a required output; a failed check has said more already."""
        if not live or not any(captured.missing for captured in live.values()):
            return verdict
        problems = record_captures(self._step, live, self._redactor, self._do.pointer).problems
        return replace(verdict, outcome="failed", problems=problems) if problems else verdict

    def _page(self, answer: Answer) -> dict[str, Captured]:
        """Keep the URL of an answer whose link is the URL of another step: it may be relative."""
        links = _LINKS.of(self._plan.artifact)
        if not links:
            return {}
        is_page = any(link_source(self._plan, url) == self._step.id for url in links)
        return {"url": Captured(value=answer.url)} if is_page else {}


def _read_links(artifact: Artifact) -> tuple[PathExpression, ...]:
    urls = [step.request.url for step in (*artifact.steps, *artifact.finally_steps)]
    return tuple(url for url in urls if type(url) is PathExpression)


_LINKS = Noted(_read_links)
"""The URLs of an artifact that are lone expressions: only they may be links of an answer."""
