"""One item to a verdict: environment, plan, run. Here and now, or started ahead of its turn."""

from __future__ import annotations

import contextlib
import functools
import logging
import queue
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.engine.secrets.chain import ProviderUnusable
from pytest_reqflo.engine.secrets.provider import SecretsChoice
from pytest_reqflo.errors import (
    ArtifactError,
    EngineError,
    JourneyError,
    ReqfloError,
    RunCheckError,
    UsageProblem,
)
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.host.environment import (
    ENVIRONMENT_FIXTURE,
    ChosenEnvironment,
    choose_environment,
    override_environment,
)
from pytest_reqflo.host.failure import hidden_error
from pytest_reqflo.host.hidden_result import hide_result
from pytest_reqflo.host.logs import MOST_RECORDS, log_text, noting_records
from pytest_reqflo.host.quiet_run import QuietRun
from pytest_reqflo.host.request import item_id_of, make_identity, make_request, new_run_id
from pytest_reqflo.host.verdict import Verdict, judge, refused
from pytest_reqflo.host.version import record_version
from pytest_reqflo.plan.grants import Grantee
from pytest_reqflo.plan.model import EnvironmentSnapshot, Plan, RunRequest
from pytest_reqflo.plan.planner import make_plan
from pytest_reqflo.plan.secret_names import declared_secrets
from pytest_reqflo.report.lines import note_lines
from pytest_reqflo.result import JourneyResult, RunIdentity

if TYPE_CHECKING:
    from pytest_reqflo.host.flight import Flight
    from pytest_reqflo.host.session import JourneySession
    from pytest_reqflo.host.subject import Subject
    from pytest_reqflo.plan.items import ItemSpec


@dataclass(frozen=True, slots=True)
class Beginning:
    """An item that is about to run: what is known before its environment is, and what the store said."""

    subject: Subject
    spec: ItemSpec
    run_id: str
    is_file_changed: bool
    warning: Diagnostic | None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What an item asks for, in the environment as it is now."""

    request: RunRequest
    environment: EnvironmentSnapshot
    secrets: SecretsChoice


def run_item(
    session: JourneySession, subject: Subject, spec: ItemSpec, fixtures: Mapping[str, Any]
) -> Verdict:
    """Run *subject* with the values of *spec*, and say what became of it."""
    beginning = _begin(session, subject, spec)
    records: deque[logging.LogRecord] = deque(maxlen=MOST_RECORDS)
    with noting_records(records):
        run = functools.partial(_perform, session, beginning, fixtures)
        return _conclude(session, beginning, run, records)


def run_quietly(session: JourneySession, subject: Subject, spec: ItemSpec) -> QuietRun:
    """Run what `run_item` runs for an item without fixtures, unless it may ask for secrets.

    Shape: nothing is raised here: what goes wrong is told when the run is asked for its result.
    """
    quiet = QuietRun()
    try:
        quiet.beginning = beginning = _begin(session, subject, spec)
        asked = _ask(session, beginning, {})
        plan = make_plan(subject.artifact, asked.request, asked.environment)
        perform = functools.partial(session.runner.run, plan, subject.blobs, asked.secrets)
        quiet.begin(perform, may_ask=bool(plan.secret_names))
    except Exception as error:  # noqa: BLE001  # raised again when pytest looks on
        quiet.problem = error
    return quiet


def end_quietly(session: JourneySession, subject: Subject, quiet: QuietRun) -> Verdict:
    """Say what became of a quiet run. Raises: what kept it from beginning."""
    if quiet.is_smooth:
        return Verdict(result=_settle(session, subject, (), quiet.result().result))
    quiet.release_records()
    if quiet.beginning is None:
        raise quiet.problem or RuntimeError("the run never began")
    return _conclude(session, quiet.beginning, quiet.result, quiet.released)


def start_item(
    session: JourneySession,
    subject: Subject,
    spec: ItemSpec,
    fixtures: Mapping[str, Any],
    flight: Flight,
    landed: queue.SimpleQueue[Flight],
) -> None:
    """Start what `run_item` runs, as *flight*, which is put into *landed* when it is over.

    Shape: nothing is raised here: what goes wrong is told when the flight is asked for its result.
    """
    try:
        flight.beginning = beginning = _begin(session, subject, spec)
        asked = _ask(session, beginning, fixtures)
        plan = make_plan(subject.artifact, asked.request, asked.environment)
        session.runner.start(flight, plan, subject.blobs, asked.secrets, landed)
    except Exception as error:  # noqa: BLE001  # raised again at the turn of the item
        flight.problem = error


def end_item(session: JourneySession, flight: Flight) -> Verdict:
    """Say what became of a flight that is over. Raises: what kept it from beginning."""
    try:
        if flight.beginning is None:
            raise flight.problem or RuntimeError("the run never began")
        return _conclude(session, flight.beginning, flight.result, flight.released)
    finally:
        session.runner.end(flight)


def leave_item(session: JourneySession, flight: Flight) -> None:
    """Keep the record of a flight that was cut short, and whose item nobody will report."""
    if not flight.is_recorded:
        session.runner.end(flight)
        return
    # A defect of ours has no report here.
    with contextlib.suppress(Exception):
        end_item(session, flight)


def keep_run(
    session: JourneySession,
    subject: Subject,
    result: JourneyResult,
    records: Iterable[logging.LogRecord] = (),
) -> JourneyResult:
    """Write the record of a run, and return its result with the place where that lies.

    Shape: the result as it is where nothing is kept.
    """
    if session.evidence is None:
        return result
    noted = note_lines(hide_result(result, session.hiding), subject.places)
    return session.evidence.keep(noted, log_text(records, session.hiding.text))


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


def _begin(session: JourneySession, subject: Subject, spec: ItemSpec) -> Beginning:
    warning = session.take_store_warning(subject) or record_version(session.store, subject)
    cloud = session.cloud
    run_id = cloud.run_id_of(item_id_of(subject, spec)) if cloud else new_run_id()
    return Beginning(subject, spec, run_id, subject.is_file_changed(), warning)


def _identity_of(
    session: JourneySession, beginning: Beginning, environment: str | None = None
) -> RunIdentity:
    """Return who runs, in the *environment* that was chosen or only asked for."""
    return make_identity(
        session,
        beginning.subject,
        beginning.spec,
        beginning.run_id,
        environment,
        beginning.is_file_changed,
    )


def _conclude(
    session: JourneySession,
    beginning: Beginning,
    run: Callable[[], LocalRun],
    records: Iterable[logging.LogRecord],
) -> Verdict:
    subject = beginning.subject
    settle = functools.partial(_settle, session, subject, records)
    try:
        done = run()
        is_recorded = session.durable is not None or session.cloud is not None
        result = settle(done.result)
        done = done if result is done.result else replace(done, result=result)
        verdict = judge(done, subject, is_recorded=is_recorded)
    except (RunCheckError, JourneyError, UsageProblem, ArtifactError, EngineError) as error:
        shown = hidden_error(error, session.hiding.text)
        verdict = refused(shown, subject, _identity_of(session, beginning), settle)
    warning = beginning.warning
    return replace(verdict, warnings=(warning, *verdict.warnings)) if warning else verdict


def _settle(
    session: JourneySession,
    subject: Subject,
    records: Iterable[logging.LogRecord],
    result: JourneyResult,
) -> JourneyResult:
    """Return *result* as it is told: what is too much cut, kept where that is wanted, and hidden."""
    result = session.limit_evidence(result)
    if session.evidence is not None and session.evidence.wants(result.outcome):
        return keep_run(session, subject, result, records)
    return hide_result(result, session.hiding) if session.settings.wants_results else result


def _perform(
    session: JourneySession, beginning: Beginning, fixtures: Mapping[str, Any]
) -> LocalRun:
    subject, spec = beginning.subject, beginning.spec
    if session.cloud is not None:
        identity = _identity_of(session, beginning)
        return session.cloud.run(session, subject, spec, identity, fixtures)
    asked = _ask(session, beginning, fixtures)
    if session.durable is not None:
        return session.runner.run_durable(
            session.durable,
            asked.request,
            subject,
            asked.environment,
            asked.secrets,
            item_id_of(subject, spec),
        )
    plan: Plan = make_plan(subject.artifact, asked.request, asked.environment)
    return session.runner.run(plan, subject.blobs, asked.secrets)


def _ask(session: JourneySession, beginning: Beginning, fixtures: Mapping[str, Any]) -> _Asked:
    subject = beginning.subject
    chosen = _choose(session, subject)
    snapshot = override_environment(chosen.snapshot, fixtures.get(ENVIRONMENT_FIXTURE))
    request = make_request(
        subject,
        beginning.spec,
        _identity_of(session, beginning, snapshot.name),
        snapshot.name,
        fixtures,
        is_tracing=session.settings.is_tracing,
    )
    return _Asked(request, snapshot, chosen.secrets)


def _choose(session: JourneySession, subject: Subject) -> ChosenEnvironment:
    settings, library = session.settings, subject.library

    def choose() -> ChosenEnvironment:
        chosen = choose_environment(
            library, settings.environment, settings.rootdir, command=settings.secret_command
        )
        snapshot = replace(chosen.snapshot, allows_any_origin=settings.allows_any_host)
        return replace(chosen, snapshot=snapshot)

    return session.choices.find(library, choose)
