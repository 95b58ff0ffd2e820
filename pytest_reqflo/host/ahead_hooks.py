"""Hooks that keep journeys in flight while pytest goes through its items."""

from __future__ import annotations

import importlib
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_reqflo.host.claims import install_claims
from pytest_reqflo.host.item import JourneyNode
from pytest_reqflo.host.others import is_looked_at
from pytest_reqflo.host.rows import RowsNode
from pytest_reqflo.host.session import JourneySession
from pytest_reqflo.host.stand import Stands
from pytest_reqflo.host.upcoming import OrderedItems, Upcoming, WorkerItems
from pytest_reqflo.host.window import width_of

if TYPE_CHECKING:
    from pytest_reqflo.host.ahead import Ahead


class AheadHooks:
    """One process and what it has in flight."""

    def __init__(self, config: pytest.Config, session: JourneySession) -> None:
        self._config = config
        self._session = session
        self._is_worker = hasattr(config, "workerinput")
        self._is_needed = False
        self._cut = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Load what keeps journeys in flight, where it is needed, while the collector rests."""
        self._is_needed = not is_looked_at(self._config) and _may_overlap(session.items)
        if self._is_needed:
            importlib.import_module("pytest_reqflo.host.ahead")

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Keep journeys in flight while the loop runs, and bring all of them to an end with it."""
        if not self._is_needed:
            return (yield)
        self._session.ahead = ahead = self._make_ahead(session)
        try:
            return (yield)
        except KeyboardInterrupt:
            self._end(ahead, is_broken_off=True)
            raise
        finally:
            self._end(ahead, is_broken_off=False)

    def _make_ahead(self, session: pytest.Session) -> Ahead:
        # Loaded at the end of collecting, and only if something is to run.
        from pytest_reqflo.host.ahead import Ahead

        upcoming: Upcoming
        if self._is_worker:
            upcoming = WorkerItems(session.items, install_claims(self._config))
        else:
            upcoming = OrderedItems(session.items)
        most = self._config.getoption("maxfail")

        def can_start(bad: int) -> bool:
            is_over = session.shouldfail or session.shouldstop
            return not is_over and not (most and bad + session.testsfailed >= most)

        width = width_of(self._session.settings.concurrency)
        stands = Stands(self._config, self._session.ready)
        return Ahead(self._session, width, upcoming, stands, can_start)

    def _end(self, ahead: Ahead, *, is_broken_off: bool) -> None:
        if self._session.ahead is None:
            return
        done, cut = ahead.end()
        self._cut = cut
        # A worker that is broken off has nobody to report to.
        if is_broken_off and not self._is_worker:
            for item in done:
                if item.get_closest_marker("xfail") is None:
                    report_late(item)
        self._session.ahead = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Start what may run beside *item*; start nothing more once the session is to end."""
        if self._session.ahead is not None:
            self._session.ahead.begin_turn(item, nextitem)
        return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Let runs in flight clean up before the fixtures of the session go, with the last item."""
        is_over = item.session.shouldfail or item.session.shouldstop
        if is_over and self._session.ahead is not None:
            self._end(self._session.ahead, is_broken_off=False)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what was cut short."""
        if self._cut:
            runs = "journey in flight was" if self._cut == 1 else "journeys in flight were"
            terminalreporter.write_line(f"reqflo: {self._cut} {runs} cut short")


def _may_overlap(items: Sequence[pytest.Item]) -> bool:
    """Say whether there is anything that could run beside anything else."""
    journeys = [item for item in items if isinstance(item, JourneyNode)]
    return len(journeys) > 1 or any(isinstance(item, RowsNode) for item in journeys)


def report_late(item: JourneyNode) -> None:
    """Report an item whose run is over, when pytest will not come to it any more."""
    hook = item.ihook
    hook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for when in ("setup", "call", "teardown"):
        act = item.runtest if when == "call" else _do_nothing
        call = pytest.CallInfo.from_call(act, when=when, reraise=KeyboardInterrupt)
        report = hook.pytest_runtest_makereport(item=item, call=call)
        hook.pytest_runtest_logreport(report=report)
    hook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _do_nothing() -> None:
    """Set up or tear down what needs neither."""
