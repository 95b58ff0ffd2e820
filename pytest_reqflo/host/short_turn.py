"""The turn of an item that needs nothing but its run: its reports, and nothing around them.

pytest surrounds the three phases of a test with what captures output, logs and exceptions. Between
two items of one folder, of which neither needs anything set up, and for a run that went well, none
of that has anything to do. Where a run has more to tell, pytest's surroundings are put around it then.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import pytest

from pytest_reqflo.host.item import JourneyItem
from pytest_reqflo.host.others import Others, is_looked_at
from pytest_reqflo.host.plain_reports import Complete, Phase, PlainReports
from pytest_reqflo.host.standing import Standing
from pytest_reqflo.host.turn_loop import Line, act_and_warn, go_through, may_go_on

if TYPE_CHECKING:
    from pytest_reqflo.host.session import JourneySession

_KNOWN = frozenset({
    "_pytest", "pytest_reqflo", "xdist", "pytest_timeout", "pytest_randomly", "pytest_html",
    "pytest_metadata", "pytest_reportlog", "anyio", "_hypothesis_pytestplugin", "faulthandler",
})  # fmt: skip
"""Plugins that miss nothing when no phase of a test is run."""

_TIMING = frozenset({"pytest_timeout"})
"""Plugins that may act around the run itself."""

_DECIDING = frozenset({
    "skip", "skipif", "xfail", "flaky", "timeout", "usefixtures", "filterwarnings",
})  # fmt: skip
"""Marks by which something happens in a phase of a test, or around all of them."""

_AT_HAND = "PYTEST_CURRENT_TEST"

Act: TypeAlias = Callable[[], None]
_ENDING = (KeyboardInterrupt, pytest.exit.Exception)


class ShortTurns:
    """Reports items where nothing has to be set up or torn down, and leaves all others to pytest."""

    def __init__(self, config: pytest.Config, session: JourneySession, complete: Complete) -> None:
        self._session = session
        self._complete = complete
        self._look_at_others()
        self._is_alone = session.settings.concurrency == 1 and not is_looked_at(config)
        self._next: pytest.Item | None = None
        self._standing: Standing | None = None
        self._line: Line | None = None

    def _look_at_others(self) -> None:
        self._others, self._others_here = Others(_KNOWN), Others(_KNOWN - _TIMING)
        self._plain = PlainReports(self._complete)

    def pytest_plugin_registered(self) -> None:
        """Look anew at who acts around tests, and go on item by item."""
        self._look_at_others()
        self._line = None

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Go through the items in place of pytest, where many may be reported at once."""
        is_over = session.testsfailed or session.config.getoption("collectonly")
        if is_over or not may_go_on(session.config):
            return None
        self._line = line = Line(session.items)
        try:
            return go_through(session, line)
        finally:
            self._line = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Learn that *item* is being set up, which may fail."""
        self._standing = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Learn that *item* was set up, and with it the folders and the file above it."""
        self._standing = Standing(item, self._next)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        """Report *item* when that, and its run, is all there is to do; and so on with what follows."""
        expected, self._next = self._next, nextitem
        turn = self._find_turn(item, nextitem) if expected is item else None
        if turn is None:
            return None
        if self._line is None:
            turn.report()
            return True
        # Closed before the next begins: what it warns of is told, and what it sets for warnings ends.
        act_and_warn(item, turn.report)
        self._go_on(self._line)
        return True

    def _go_on(self, line: Line) -> None:
        """Report the items that follow, as long as their turns are short."""
        while (coming := line.coming) is not None:
            item, nextitem = coming
            is_over = item.session.shouldfail or item.session.shouldstop
            turn = None if is_over else self._find_turn(item, nextitem)
            if turn is None:
                return
            line.take()
            self._next = nextitem
            act_and_warn(item, functools.partial(self._begin, turn))

    def _begin(self, turn: ShortTurn) -> None:
        ahead = self._session.ahead
        if ahead is not None:
            begin = ahead.begin_turn if turn.is_over else ahead.begin_alone
            begin(turn.item, self._next)
        turn.report()

    def _find_turn(self, item: pytest.Item, nextitem: pytest.Item | None) -> ShortTurn | None:
        """Return the turn of *item* where that is short."""
        if type(item) is not JourneyItem or type(nextitem) is not JourneyItem:
            return None
        if self._standing is None or not self._standing.serves(item, nextitem):
            return None
        ahead = self._session.ahead
        is_over = ahead is not None and ahead.has_smooth(item)
        if item.data_problem is not None or not (is_over or self._runs_alone(item)):
            return None
        others = self._others if is_over else self._others_here
        if others.act_around(item) or _is_decided_late(item):
            return None
        plain = self._plain if self._plain.may_serve(item) else None
        return ShortTurn(item, nextitem, plain, is_over=is_over)

    def _runs_alone(self, item: JourneyItem) -> bool:
        """Say whether *item* is to run at its turn, and nothing beside it."""
        ahead = self._session.ahead
        return self._is_alone if ahead is None else ahead.leaves_alone(item)


def _is_decided_late(item: pytest.Item) -> bool:
    """Say whether a mark of *item*, or of what is above it, acts when it runs."""
    node: pytest.Item | pytest.Collector | None = item
    while node is not None:
        if node.own_markers and any(mark.name in _DECIDING for mark in node.own_markers):
            return True
        node = node.parent
    return False


class ShortTurn:
    """The turn of *item*, whose run *is_over*, or is to be carried out now.

    Shape: without *plain*, others look at the phases of the item, or have to add to its reports.
    """

    def __init__(
        self,
        item: JourneyItem,
        nextitem: pytest.Item | None,
        plain: PlainReports | None,
        *,
        is_over: bool,
    ) -> None:
        self.item = item
        self._nodeid = item.nodeid
        self._next = nextitem
        self._plain = plain
        self.is_over = is_over
        self._relay = item.ihook
        self._is_set_up = False

    def report(self) -> None:
        """Make the reports as pytest does, in the same order and through the same hooks."""
        nodeid, location, relay = self._nodeid, self.item.location, self._relay
        relay.pytest_runtest_logstart(nodeid=nodeid, location=location)
        self._report("setup", _do_nothing)
        self._report("call", self._call)
        self._report("teardown", self._tear_down)
        relay.pytest_runtest_logfinish(nodeid=nodeid, location=location)

    def _report(self, when: Phase, act: Act) -> None:
        if self._plain is not None and when != "call" and self._is_idle:
            self._pass_over(when, self._plain)
            return
        relay = self._relay
        os.environ[_AT_HAND] = f"{self._nodeid} ({when})".replace("\0", "(null)")
        call = pytest.CallInfo.from_call(act, when=when, reraise=_ENDING)
        report = self._make(call)
        relay.pytest_runtest_logreport(report=report)
        if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
            relay.pytest_exception_interact(node=self.item, call=call, report=report)

    def _pass_over(self, when: Phase, plain: PlainReports) -> None:
        """Report a phase in which there is nothing to do, and nobody to see that."""
        if when == "teardown":
            os.environ.pop(_AT_HAND, None)
        self._relay.pytest_runtest_logreport(report=plain.make_idle(self.item, when))

    @property
    def _is_idle(self) -> bool:
        """Whether there is nothing to do beside the run."""
        return not (self._is_set_up or self._is_last)

    @property
    def _is_last(self) -> bool:
        session = self.item.session
        return bool(session.shouldfail or session.shouldstop)

    def _make(self, call: pytest.CallInfo[None]) -> pytest.TestReport:
        report: pytest.TestReport
        if self._plain is not None and not self._is_set_up and call.excinfo is None:
            report = self._plain.make(self.item, call)
        else:
            report = self._relay.pytest_runtest_makereport(item=self.item, call=call)
        return report

    def _call(self) -> None:
        if self.is_over or self.item.run_quietly():
            self.item.runtest()
            return
        try:
            self._set_up()
        except BaseException:
            self.item.keep_quiet_run()
            raise
        self._relay.pytest_runtest_call(item=self.item)

    def _set_up(self) -> None:
        self._is_set_up = True
        self._relay.pytest_runtest_setup(item=self.item)

    def _tear_down(self) -> None:
        item, following = self.item, self._next
        if self._is_last:
            # What others have set up ends with the last item; pytest looks for the setup of that, too.
            following = None
            if not self._is_set_up:
                self._set_up()
        if self._is_set_up:
            self._relay.pytest_runtest_teardown(item=item, nextitem=following)
        os.environ.pop(_AT_HAND, None)


def _do_nothing() -> None:
    """Set up what needs nothing."""
