"""What one pytest process keeps for all journeys: settings, project, store, engine, results."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reqflo.diagnostic import Diagnostic, render_diagnostic
from pytest_reqflo.errors import ReqfloError, ReqfloWarning, UsageProblem
from pytest_reqflo.host.channels import register_channels
from pytest_reqflo.host.choices import Choices
from pytest_reqflo.host.hiding import Hiding
from pytest_reqflo.host.logs import Uninstall, install_log_factory
from pytest_reqflo.host.options import Settings, load_settings
from pytest_reqflo.host.ready import ReadyFixtures
from pytest_reqflo.values import Json, printable_line

if TYPE_CHECKING:
    from pytest_reqflo.artifact.store import ArtifactStore
    from pytest_reqflo.compile.project import Project
    from pytest_reqflo.host.ahead import Ahead
    from pytest_reqflo.host.cloud import CloudRuns
    from pytest_reqflo.host.durable import DurableRuns
    from pytest_reqflo.host.evidence import RunEvidence
    from pytest_reqflo.host.outputs import Output
    from pytest_reqflo.host.runner import Runner
    from pytest_reqflo.host.step_summary import StepSummary
    from pytest_reqflo.host.subject import Subject
    from pytest_reqflo.report.durations import Slowest
    from pytest_reqflo.result import JourneyResult

_SESSION = pytest.StashKey["JourneySession"]()


def begin_session(config: pytest.Config) -> JourneySession:
    """Return the session of this process, made and registered at the first call.

    Raises: pytest.UsageError when an option cannot be used.
    """
    session = config.stash.get(_SESSION, None)
    if session is None:
        from pytest_reqflo.host.hooks import JourneyHooks

        try:
            session = JourneySession(load_settings(config))
        except UsageProblem as error:
            raise pytest.UsageError(str(error)) from None
        if session.settings.is_durable:
            _begin_durable(config, session)
        if session.settings.is_cloud:
            _begin_cloud(config, session)
        if session.settings.wants_results:
            from pytest_reqflo.host.outputs import open_outputs

            session.outputs = open_outputs(config, session.settings)
        if session.settings.keeps_evidence:
            from pytest_reqflo.host.evidence import open_evidence

            session.evidence = open_evidence(config, session.settings)
        if session.settings.step_summary and not hasattr(config, "workerinput"):
            from pytest_reqflo.host.step_summary import StepSummary

            session.summary = StepSummary(session.settings.step_summary, config.rootpath)
        config.stash[_SESSION] = session
        hooks = JourneyHooks(config, session)
        config.pluginmanager.register(hooks, "reqflo-session")
        register_channels(config, session)
        if session.settings.durations is not None:
            from pytest_reqflo.report.durations import Slowest

            session.slowest = Slowest(session.settings.durations)
        if not hasattr(config, "workerinput"):
            _begin_console(config, session)
        # All workers compile the same: one of them keeps it.
        session.writes_compiled = getattr(config, "workerinput", {}).get("workerid", "gw0") == "gw0"
        if session.settings.is_many_at_once:
            from pytest_reqflo.host.ahead_hooks import AheadHooks

            config.pluginmanager.register(AheadHooks(config, session), "reqflo-ahead")
        if not (session.settings.is_durable or session.settings.is_cloud):
            from pytest_reqflo.host.short_turn import ShortTurns

            turns = ShortTurns(config, session, hooks.complete)
            config.pluginmanager.register(turns, "reqflo-short-turns")
        if session.cloud is not None:
            from pytest_reqflo.host.cloud_hooks import CloudHooks

            cloud_hooks = CloudHooks(config, session, session.cloud)
            config.pluginmanager.register(cloud_hooks, "reqflo-cloud")
    return session


def _begin_durable(config: pytest.Config, session: JourneySession) -> None:
    from pytest_reqflo.host.durable import begin_durable

    try:
        session.durable = begin_durable(config, session.settings)
    except ReqfloError as error:
        raise pytest.UsageError(str(error)) from None


def _begin_console(config: pytest.Config, session: JourneySession) -> None:
    from pytest_reqflo.host.console import begin_console

    begin_console(config, session.settings)
    if session.settings.shows_progress and config.getoption("dist", "no") == "no":
        from pytest_reqflo.host.progress import ProgressHooks

        config.pluginmanager.register(ProgressHooks(config, session), "reqflo-progress")


def _begin_cloud(config: pytest.Config, session: JourneySession) -> None:
    from pytest_reqflo.host.cloud import begin_cloud

    try:
        session.cloud = begin_cloud(config, session.settings)
    except ReqfloError as error:
        raise pytest.UsageError(str(error)) from None


def find_session(config: pytest.Config) -> JourneySession | None:
    """Return the session of this process, None before the first journey is met."""
    return config.stash.get(_SESSION, None)


class JourneySession:
    """The values of one process that live as long as its pytest session."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.hiding = Hiding()
        self.outputs: tuple[Output, ...] = ()
        self.evidence: RunEvidence | None = None
        self.summary: StepSummary | None = None
        self._project: Project | None = None
        self._store: ArtifactStore | None = None
        self._runner: Runner | None = None
        self._uninstall_logs: Uninstall | None = None
        self.durable: DurableRuns | None = None
        self.ready = ReadyFixtures(settings.rootdir)
        self.choices = Choices()
        self.relays: dict[str, Any] = {}
        self.ahead: Ahead | None = None
        self.cloud: CloudRuns | None = None
        self.slowest: Slowest | None = None
        self.watch_rows: Callable[[int, int], None] | None = None
        self.writes_compiled = True
        self._store_warnings: dict[int, Diagnostic] = {}
        self._volume = 0

    @property
    def project(self) -> Project:
        """The compiler of this rootdir, with its libraries read once."""
        if self._project is None:
            from pytest_reqflo.compile.project import Project

            settings = self.settings
            self._project = Project(
                settings.rootdir,
                configured_root=settings.root,
                adhoc=settings.adhoc,
                kept=settings.open_kept(),
            )
        return self._project

    @property
    def store(self) -> ArtifactStore:
        """The store of artifacts and versions."""
        if self._store is None:
            from pytest_reqflo.artifact.store import ArtifactStore

            self._store = ArtifactStore(self.settings.store)
        return self._store

    @property
    def runner(self) -> Runner:
        """The engine of this process, with one transport."""
        if self._runner is None:
            from pytest_reqflo.host.runner import Runner

            self._runner = Runner(self.hiding, self.settings.transport)
            # From here on secrets may be known.
            if self._uninstall_logs is None:
                self._uninstall_logs = install_log_factory(self.hiding.text)
        return self._runner

    def note_store_warning(self, subject: Subject, warning: Diagnostic) -> None:
        """Keep a warning until the first item of *subject* runs."""
        self._store_warnings[id(subject)] = warning

    def take_store_warning(self, subject: Subject) -> Diagnostic | None:
        """Return the warning that was kept for *subject*, once."""
        return self._store_warnings.pop(id(subject), None)

    def end(self) -> None:
        """Close the connections, and leave the log records of this process alone."""
        self.close()
        if self._uninstall_logs is not None:
            self._uninstall_logs()
            self._uninstall_logs = None

    def limit_evidence(self, result: JourneyResult) -> JourneyResult:
        """Return *result*, with the heads of its bodies once this process has kept very much."""
        from pytest_reqflo.run.volume import MAX_SESSION, shorten_result, size_of

        self._volume += sum(map(size_of, result.steps))
        return result if self._volume <= MAX_SESSION else shorten_result(result)

    def add_result(self, name: str, document: Json) -> None:
        """Hand the result of the test *name* to what is made of all results."""
        for output in self.outputs:
            output.add(name, document)

    def close(self) -> None:
        """Close the connections, let go of the records of this session, keep what was compiled."""
        if self.evidence is not None:
            self.evidence.close()
        if self.durable is not None:
            self.durable.close()
        if self._runner is not None:
            self._runner.close()
            self._runner = None
        if self._project is not None:
            if self.writes_compiled:
                self._project.write()
            self._project.close()


def warn(diagnostic: Diagnostic, *, path: Path | str, line: int) -> None:
    """Issue the pytest warning of *diagnostic* at *line* (from 1) of *path*.

    Raises: ReqfloWarning where warnings are errors.
    """
    # pytest shows file, line and the line itself.
    message = ReqfloWarning(render_diagnostic(replace(diagnostic, labels=())))
    span = diagnostic.span
    warnings.warn_explicit(
        message,
        category=ReqfloWarning,
        filename=printable_line(str(path)),
        lineno=span.start.line if span else line,
    )
