"""Hooks of a session whose runs workers carry out: dispatch after collection, and what goes on after."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Generator, Iterable, Iterator
from typing import Any

import pytest

from pytest_reqflo.errors import EngineError, ReqfloError
from pytest_reqflo.host.cloud import CloudRuns
from pytest_reqflo.host.environment import ENVIRONMENT_FIXTURE, INPUTS_FIXTURE
from pytest_reqflo.host.item import JourneyNode
from pytest_reqflo.host.selection import refuse_session
from pytest_reqflo.host.session import JourneySession
from pytest_reqflo.report.safe import to_line

_MOST_NAMED = 3
_NOT_RUNNING = ("collectonly", "setuponly", "setupplan")


def is_dispatched_ahead(item: JourneyNode) -> bool:
    """Say whether the run of *item* needs nothing of this process: no fixture, no condition."""
    names = getattr(item, "fixturenames", ())
    supplies = item.subject.fixtures or {ENVIRONMENT_FIXTURE, INPUTS_FIXTURE} & set(names)
    marks = any(item.get_closest_marker(name) for name in ("skip", "skipif"))
    stays = any(not mark.kwargs.get("run", True) for mark in item.iter_markers("xfail"))
    return not (supplies or marks or stays) and item.data_problem is None


def left_behind(items: Iterable[pytest.Item]) -> tuple[str, ...]:
    """Return the items whose runs wait for fixtures or conditions of this process."""
    return tuple(
        item.nodeid
        for item in items
        if isinstance(item, JourneyNode)
        and not is_dispatched_ahead(item)
        and item.get_closest_marker("skip") is None
    )


class CloudHooks:
    """What one process does around its items."""

    def __init__(self, config: pytest.Config, session: JourneySession, cloud: CloudRuns) -> None:
        self._config = config
        self._session = session
        self._cloud = cloud
        self._is_worker = hasattr(config, "workerinput")
        self._interruption: BaseException | None = None
        self._lines: list[str] = []

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> Generator[None, object, object]:
        """Dispatch when the collection is over, with all that other plugins do to it."""
        answer = yield
        if not self._is_worker:
            self._dispatch(session)
        return answer

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Dispatch in a worker of xdist, before it tells what it collected."""
        # pytest calls this also when the collection was refused or broken off.
        if self._is_worker and sys.exc_info()[0] is None:
            self._dispatch(session)

    def _dispatch(self, session: pytest.Session) -> None:
        """Dispatch what is certain to run."""
        if not will_run(session):
            return
        journeys = [item for item in session.items if isinstance(item, JourneyNode)]
        ahead = [each for item in journeys if is_dispatched_ahead(item) for each in item.runs()]
        if not journeys:
            return
        try:
            self._cloud.dispatch(self._session, ahead)
        except ReqfloError as error:
            self._lines += self._tell_withdrawn(self._cloud.withdrawn)
            refuse_session(self._config, session.items, str(error))
        if not self._is_worker:
            # What is dispatched is not undone because nobody can say who is alive.
            with contextlib.suppress(EngineError):
                self._tell_dispatched(len(self._cloud.dispatched))

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Learn that someone ended the session, or that it ended itself."""
        self._interruption = excinfo.value

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """See to the runs that nobody waits for: they go on, or are told to end."""
        if self._is_worker:
            return
        try:
            self._lines += self._leave(session)
        except EngineError as error:
            self._lines.append(f"runs that are not over go on; {error.diagnostics[0].title}")

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what became of them."""
        for line in self._lines:
            terminalreporter.write_line(f"reqflo: {to_line(line)}")

    def pytest_unconfigure(self) -> None:
        """End the connections."""
        self._cloud.close()

    def _leave(self, session: pytest.Session) -> Iterator[str]:
        if _is_by_hand(self._interruption) and not self._session.settings.cancels_on_exit:
            left = self._cloud.client.find_unfinished(self._cloud.batch_id)
            if left:
                go = "goes" if len(left) == 1 else "go"
                yield f"{_runs(left)} {go} on without pytest in {self._cloud.batch_id}"
                yield f"`reqflo status RUN_ID` and `reqflo history` show them: {_named(left)}"
        elif self._interruption is not None or session.shouldfail or session.shouldstop:
            left = self._cloud.client.find_unfinished(self._cloud.batch_id)
            yield from self._cancel(left)
        elif unneeded := self._cloud.find_unneeded():
            yield from self._cancel(unneeded)

    def _cancel(self, run_ids: tuple[str, ...]) -> Iterator[str]:
        if run_ids:
            self._cloud.client.cancel(run_ids)
            yield _cancelled(run_ids)

    def _tell_withdrawn(self, run_ids: tuple[str, ...] | None) -> Iterator[str]:
        if run_ids is None:
            yield f"runs that were dispatched before may go on in {self._cloud.batch_id}"
        elif run_ids:
            yield _cancelled(run_ids)

    def _tell_dispatched(self, count: int) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or self._config.getoption("verbose", 0) < 0:
            return
        if count:
            reporter.write_line(f"reqflo: {count} dispatched in {self._cloud.batch_id}")
        if not self._cloud.client.has_workers():
            reporter.write_line("reqflo: no worker is alive; runs wait until one starts")


def _is_by_hand(interruption: BaseException | None) -> bool:
    """Say whether a person ended the session; xdist interrupts it for its own reasons, too."""
    if type(interruption) is KeyboardInterrupt or isinstance(interruption, pytest.exit.Exception):
        return True
    return isinstance(interruption, KeyboardInterrupt) and "keyboard" in str(interruption)


def will_run(session: pytest.Session) -> bool:
    """Say whether the items of *session* are to run."""
    config = session.config
    if any(config.getoption(name, False) for name in _NOT_RUNNING):
        return False
    return not session.testsfailed or config.getoption("continue_on_collection_errors", False)


def _cancelled(run_ids: tuple[str, ...]) -> str:
    be = "is" if len(run_ids) == 1 else "are"
    return f"{_runs(run_ids)} that nobody waits for {be} cancelled: {_named(run_ids)}"


def _runs(run_ids: tuple[str, ...]) -> str:
    count = len(run_ids)
    return "1 run" if count == 1 else f"{count} runs"


def _named(run_ids: tuple[str, ...]) -> str:
    more = f" and {len(run_ids) - _MOST_NAMED} more" if len(run_ids) > _MOST_NAMED else ""
    return ", ".join(run_ids[:_MOST_NAMED]) + more
