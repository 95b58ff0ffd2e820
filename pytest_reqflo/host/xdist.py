"""The controller's side of pytest-xdist, registered only where it is active."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reqflo.host.session import find_session

if TYPE_CHECKING:
    from pytest_reqflo.host.progress import ProgressHooks

USAGE_KEY = "reqflo_usage"
"""Key of a worker's output that holds the text of a usage error."""


class ControllerHooks:
    """Turns a usage error that workers met into pytest's exit code 4."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._problem = ""
        self._has_met = False
        self._tests: Sequence[str] = ()
        self._progress: ProgressHooks | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker which batch of recorded runs it works on."""
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
        from pytest_reqflo.host.options import load_settings
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
        """Set the exit code."""
        if self._problem:
            session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say why nothing ran."""
        if self._problem:
            terminalreporter.write_line(f"ERROR: {self._problem}", red=True)
