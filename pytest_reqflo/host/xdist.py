"""The controller's side of pytest-xdist, registered only where it is active."""

from __future__ import annotations

import secrets
from collections.abc import Generator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reqflo.evidence_store.layout import make_session_id
from pytest_reqflo.host.options import load_settings
from pytest_reqflo.host.session import find_session

if TYPE_CHECKING:
    from pytest_reqflo.host.progress import ProgressHooks

USAGE_KEY = "reqflo_usage"
"""Key of a worker's output that holds the text of a usage error."""

SESSION_KEY = "reqflo_session"
"""Key of what a controller hands to its workers: the session whose folder they share."""

EVIDENCE_KEY = "reqflo_evidence"
"""Key of a worker's output that tells what it kept of its runs."""


def new_session_id() -> str:
    """Return the id of a session that begins now."""
    return make_session_id(datetime.now(UTC), secrets.token_hex(4))


class ControllerHooks:
    """Turns a usage error that workers met into pytest's exit code 4; ends what they kept of runs."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._problem = ""
        self._has_met = False
        self._tests: Sequence[str] = ()
        self._progress: ProgressHooks | None = None
        self._session_id = ""
        self._kept: list[dict[str, Any]] = []

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which session it belongs to, and which batch of recorded runs it works on."""
        self._session_id = self._session_id or new_session_id()
        node.workerinput[SESSION_KEY] = self._session_id
        # Loading engines is for those sessions that use one.
        from pytest_reqflo.host.durable import BATCH_KEY, RESUMES_KEY

        session = find_session(node.config)
        if session is not None and session.cloud is not None:
            node.workerinput[BATCH_KEY] = session.cloud.batch_id
        if session is not None and session.durable is not None:
            node.workerinput[BATCH_KEY] = session.durable.batch_id
            node.workerinput[RESUMES_KEY] = session.durable.resumes

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Read what the worker left at its end."""
        output = getattr(node, "workeroutput", None) or {}
        self._problem = self._problem or output.get(USAGE_KEY, "")
        if EVIDENCE_KEY in output:
            self._kept.append(output[EVIDENCE_KEY])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        """Keep what is to be run: the controller collects nothing itself."""
        is_each = self._config.getoption("dist") == "each"
        self._tests = [*self._tests, *ids] if is_each else ids

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Let the terminal tell of journeys from the first one on that a worker has run."""
        if not self._has_met and getattr(report, "reqflo", None) is not None:
            self._has_met = True
            self._begin_console(report)

    def _begin_console(self, report: pytest.TestReport) -> None:
        from pytest_reqflo.host.console import begin_console
        from pytest_reqflo.host.progress import ProgressHooks

        settings = load_settings(self._config)
        begin_console(self._config, settings)
        if settings.shows_progress:
            self._progress = ProgressHooks(self._config)
            self._config.pluginmanager.register(self._progress, "reqflo-progress")
            self._progress.begin_elsewhere(self._tests)
            # Who is registered while a hook is called is not called by it.
            self._progress.pytest_runtest_logreport(report)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """Let progress end before pytest ends its line."""
        try:
            return (yield)
        finally:
            if self._progress is not None:
                self._progress.end()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Set the exit code; remove old records of runs."""
        if self._problem:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR
        if self._kept:
            self._end_evidence(session.config)

    def _end_evidence(self, config: pytest.Config) -> None:
        from pytest_reqflo.host.evidence import end_evidence

        problems = [each["problem"] for each in self._kept if each["problem"]]
        end_evidence(
            config,
            load_settings(config),
            self._session_id,
            has_kept=any(each["has_kept"] for each in self._kept),
            problem=problems[0] if problems else "",
        )

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say why nothing ran."""
        if self._problem:
            terminalreporter.write_line(f"ERROR: {self._problem}", red=True)
