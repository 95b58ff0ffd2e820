"""One item to a verdict: environment, plan, run, and what pytest is told about it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.http import HttpTransport
from pytest_reqflo.engine.local import LocalEngine
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.engine.secrets.chain import ProviderUnusable, SecretChain
from pytest_reqflo.engine.secrets.provider import SecretsChoice
from pytest_reqflo.errors import (
    ArtifactError,
    ChecksFailed,
    EngineError,
    JourneyError,
    ReqfloError,
    RequestError,
    RunCheckError,
    UsageProblem,
)
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.host.durable import DurableMeans
from pytest_reqflo.host.environment import (
    ENVIRONMENT_FIXTURE,
    ChosenEnvironment,
    choose_environment,
    make_source,
    override_environment,
)
from pytest_reqflo.host.failure import Failure, failure_of, hidden_error
from pytest_reqflo.host.hiding import Hiding
from pytest_reqflo.host.request import item_id_of, make_identity, make_request, new_run_id
from pytest_reqflo.host.version import record_version
from pytest_reqflo.plan.grants import Grantee
from pytest_reqflo.plan.model import EnvironmentSnapshot, Plan, RunRequest
from pytest_reqflo.plan.planner import make_plan
from pytest_reqflo.plan.secret_names import declared_secrets
from pytest_reqflo.report.page import FailurePage, page_heading, render_page
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.result import JourneyResult, Problem, RunIdentity
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Digest

if TYPE_CHECKING:
    from pytest_reqflo.host.durable import DurableRuns
    from pytest_reqflo.host.session import JourneySession
    from pytest_reqflo.host.subject import Subject
    from pytest_reqflo.plan.items import ItemSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of one item.

    Shape: *error* and *failure* are set together when the item fails; *pending* is what interrupted
        the run and must be raised on; *warnings* are still to be issued.
    """

    result: JourneyResult
    error: ReqfloError | None = None
    failure: Failure | None = None
    warnings: tuple[Diagnostic, ...] = ()
    pending: BaseException | None = None


class Runner:
    """The engines of one process: one transport, one engine per choice of secret providers."""

    def __init__(self, hiding: Hiding) -> None:
        self._hiding = hiding
        self._transport = HttpTransport()
        self._engines: dict[SecretsChoice, LocalEngine] = {}
        self._sources: list[SecretChain] = []

    def run(self, plan: Plan, blobs: Mapping[Digest, bytes], secrets: SecretsChoice) -> LocalRun:
        """Run *plan* with the secrets that *secrets* leads to."""
        redactor = Redactor(plan.environment.sensitive)
        self._hiding.begin_run(redactor)
        try:
            return self._engine_for(secrets).run(plan, blobs, redactor=redactor)
        finally:
            self._hiding.end_run(redactor)

    def run_durable(
        self,
        durable: DurableRuns,
        request: RunRequest,
        subject: Subject,
        environment: EnvironmentSnapshot,
        chosen: SecretsChoice,
        item_id: str,
    ) -> LocalRun:
        """Run *request* with a record of each step."""
        redactor = Redactor(environment.sensitive)
        self._hiding.begin_run(redactor)
        try:
            return durable.run(
                request,
                subject.artifact,
                subject.blobs,
                means=DurableMeans(
                    environment=environment,
                    secrets=self._engine_for(chosen).secrets,
                    redactor=redactor,
                    transport=self._transport,
                ),
                item_id=item_id,
            )
        finally:
            self._hiding.end_run(redactor)

    def know(self, names: Iterable[str], secrets: SecretsChoice) -> None:
        """Hide the secrets *names* from now on, where they can be found."""
        self._engine_for(secrets).secrets.get_many(names)

    def _engine_for(self, secrets: SecretsChoice) -> LocalEngine:
        engine = self._engines.get(secrets)
        if engine is None:
            source = make_source(secrets)
            noted = _NotedSecrets(source, self._hiding)
            engine = LocalEngine(transport=self._transport, secrets=noted)
            self._sources.append(source)
            self._engines[secrets] = engine
        return engine

    def close(self) -> None:
        """Close the connections and the providers of secrets."""
        self._transport.close()
        for source in self._sources:
            source.close()


class _NotedSecrets:
    """A source whose secrets are hidden in every report, from the moment they are read."""

    def __init__(self, source: SecretChain, hiding: Hiding) -> None:
        self._source = source
        self._hiding = hiding

    @property
    def asked(self) -> tuple[str, ...]:
        return self._source.asked

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        found = self._source.get_many(names)
        for secret in found.values():
            self._hiding.add_secret(secret)
        return found


def run_item(
    session: JourneySession, subject: Subject, spec: ItemSpec, fixtures: Mapping[str, Any]
) -> Verdict:
    """Run *subject* with the values of *spec*, and say what became of it."""
    warning = session.take_store_warning(subject) or record_version(session.store, subject)
    cloud = session.cloud
    run_id = cloud.run_id_of(item_id_of(subject, spec)) if cloud else new_run_id()
    identity = make_identity(session, subject, spec, run_id)
    try:
        verdict = _judge(_perform(session, subject, spec, identity, fixtures), subject)
    except (RunCheckError, JourneyError, UsageProblem, ArtifactError, EngineError) as error:
        verdict = _refused(hidden_error(error, session.hiding.text), subject, identity)
    verdict = replace(verdict, result=session.limit_evidence(verdict.result))
    return replace(verdict, warnings=(warning, *verdict.warnings)) if warning else verdict


def know_secrets(session: JourneySession, subject: Subject, spec: ItemSpec) -> None:
    """Hide the secrets of *subject* before it runs; what is wrong with them is told when it does."""
    if session.cloud is not None:  # a client of workers has none
        return
    with contextlib.suppress(ReqfloError, ProviderUnusable):
        chosen = _choose(session, subject)
        tags = (*subject.tags, *spec.tags)
        grantee = Grantee(journey=subject.artifact.journey_id, tags=tags, file=subject.file)
        names = declared_secrets(subject.artifact, grantee, chosen.snapshot)
        if names:
            session.runner.know(names, chosen.secrets)


def _perform(
    session: JourneySession,
    subject: Subject,
    spec: ItemSpec,
    identity: RunIdentity,
    fixtures: Mapping[str, Any],
) -> LocalRun:
    if session.cloud is not None:
        return session.cloud.run(session, subject, spec, identity, fixtures)
    chosen = _choose(session, subject)
    snapshot = override_environment(chosen.snapshot, fixtures.get(ENVIRONMENT_FIXTURE))
    snapshot = replace(snapshot, allows_any_origin=session.settings.allows_any_host)
    request = make_request(subject, spec, identity, snapshot.name, fixtures)
    if session.durable is not None:
        return session.runner.run_durable(
            session.durable,
            request,
            subject,
            snapshot,
            chosen.secrets,
            item_id_of(subject, spec),
        )
    plan = make_plan(subject.artifact, request, snapshot)
    return session.runner.run(plan, subject.blobs, chosen.secrets)


def _choose(session: JourneySession, subject: Subject) -> ChosenEnvironment:
    settings = session.settings
    return choose_environment(
        subject.library, settings.environment, settings.rootdir, command=settings.secret_command
    )


# --- the verdict ---------------------------------------------------------------------------------


def _judge(run: LocalRun, subject: Subject) -> Verdict:
    result = run.result
    warnings = tuple(_warnings_of(result, subject))
    if result.outcome in ("passed", "skipped") or run.pending is not None:
        return Verdict(result=result, warnings=warnings, pending=run.pending)
    page = render_page(result, subject.places, shown=subject.shown)
    return Verdict(
        result=result,
        warnings=warnings,
        error=_error_of(result, page),
        failure=Failure(
            reason=page.first_line,
            text=page.text,
            path=str(subject.path),
            line=page.span.start.line if page.span else 1,
        ),
    )


def _error_of(result: JourneyResult, page: FailurePage) -> ReqfloError:
    # A report reads the exception too: it holds the sentence and nothing that the page does not.
    diagnostic = Diagnostic(code=page.code, title=page.first_line)
    if result.outcome == "failed":
        return ChecksFailed(diagnostic)
    if page.code.startswith("RF3"):
        return RunCheckError(diagnostic)
    return RequestError(diagnostic)


def _refused(error: ReqfloError, subject: Subject, identity: RunIdentity) -> Verdict:
    """Return the verdict of a run that could not begin: nothing was sent."""
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    result = JourneyResult(
        identity=identity,
        outcome="error",
        started_at=now,
        finished_at=now,
        elapsed_s=0.0,
        problems=tuple(_problem_of(item) for item in error.diagnostics),
        category="run_check",
    )
    heading = page_heading(None, identity)
    line = subject.line_of("/journey")
    return Verdict(
        result=result,
        error=error,
        failure=failure_of(error, path=str(subject.path), line=line, heading=heading),
    )


def _problem_of(diagnostic: Diagnostic) -> Problem:
    return Problem(
        code=diagnostic.code,
        category="run_check",
        message=diagnostic.title,
        notes=diagnostic.notes,
        hint=diagnostic.hint,
    )


def _warnings_of(result: JourneyResult, subject: Subject) -> Iterator[Diagnostic]:
    """Yield RF502 of each soft check that failed, and what the run itself warned of."""
    for step in result.steps:
        heading = page_heading(step, result.identity)
        last = step.last_try
        for check in last.checks if last else ():
            if check.soft and not check.passed:
                yield _warning("RF502", heading, check.message, check.pointer, subject)
        for problem in last.warnings if last else ():
            if problem.code != "RF502":
                yield _warning(problem.code, heading, problem.message, problem.pointer, subject)
    for problem in result.warnings:
        heading = page_heading(None, result.identity)
        yield _warning(problem.code, heading, problem.message, problem.pointer, subject)


def _warning(code: str, heading: str, message: str, pointer: str, subject: Subject) -> Diagnostic:
    return Diagnostic(
        code=code,
        title=f"{heading}{to_line(message)}",
        labels=subject.labels_at(f"/journey{pointer}"),
        severity="warning",
    )
