"""The turn of an item that needs nothing but its run: its reports, and nothing around them.

pytest surrounds the three phases of a test with what captures output, logs and exceptions. Between
two items of one file, of which neither needs anything set up, and for a run that went well, none of
that has anything to do. Where a run has more to tell, pytest's surroundings are put around it then.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, TypeAlias

import pytest

from pytest_reqflo.host.item import JourneyItem
from pytest_reqflo.host.others import Others, is_looked_at

if TYPE_CHECKING:
    from pytest_reqflo.host.session import JourneySession

_KNOWN = frozenset({
    "_pytest", "pytest_reqflo", "xdist", "pytest_timeout", "pytest_randomly", "pytest_html",
    "pytest_metadata", "pytest_reportlog", "anyio", "_hypothesis_pytestplugin", "faulthandler",
})  # fmt: skip
"""Plugins that miss nothing when no phase of a test is run."""

_TIMING = frozenset({"pytest_timeout"})
"""Plugins that may act around the run itself."""

_DECIDING = frozenset({"skip", "skipif", "xfail", "flaky", "timeout", "usefixtures"})
"""Marks by which something happens in a phase of a test."""

_AT_HAND = "PYTEST_CURRENT_TEST"

Act: TypeAlias = Callable[[], None]

_ENDING = (KeyboardInterrupt, pytest.exit.Exception)


class ShortTurns:
    """Reports items where nothing has to be set up or torn down, and leaves all others to pytest."""

    def __init__(self, config: pytest.Config, session: JourneySession) -> None:
        self._session = session
        self._others = Others(_KNOWN)
        self._others_here = Others(_KNOWN - _TIMING)
        self._is_alone = session.settings.concurrency == 1 and not is_looked_at(config)
        self._next: pytest.Item | None = None
        self._set_up: pytest.Item | None = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Learn that *item* was set up, and with it the folders and the file above it."""
        self._set_up = item

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> bool | None:
        """Report *item* when that, and its run, is all there is to do."""
        expected, self._next = self._next, nextitem
        if expected is not item or not self._is_between(item, nextitem):
            return None
        turn = self._find_turn(item, nextitem)
        if turn is None:
            return None
        turn.report()
        self._set_up = item
        return True

    def _is_between(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Say whether *item* stands between two others of its file, and needs nothing set up."""
        earlier = self._set_up
        if earlier is None or nextitem is None:
            return False
        is_slim = type(item) is JourneyItem and type(nextitem) is JourneyItem
        return is_slim and item.parent is earlier.parent is nextitem.parent

    def _find_turn(self, item: pytest.Item, nextitem: pytest.Item | None) -> ShortTurn | None:
        ahead = self._session.ahead
        if not isinstance(item, JourneyItem) or item.data_problem is not None:
            return None
        if any(mark.name in _DECIDING for mark in item.iter_markers()):
            return None
        if ahead is not None:
            is_smooth = ahead.has_smooth(item) and not self._others.act_around(item)
            return ShortTurn(item, nextitem, is_over=True) if is_smooth else None
        may_run = self._is_alone and not self._others_here.act_around(item)
        return ShortTurn(item, nextitem, is_over=False) if may_run else None


class ShortTurn:
    """The turn of *item*, whose run *is_over*, or is to be carried out now."""

    def __init__(self, item: JourneyItem, nextitem: pytest.Item | None, *, is_over: bool) -> None:
        self._item = item
        self._next = nextitem
        self._is_over = is_over
        self._relay = item.ihook
        self._is_set_up = False

    def report(self) -> None:
        """Make the reports as pytest does, in the same order and through the same hooks."""
        item, relay = self._item, self._relay
        relay.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        self._report("setup", _do_nothing)
        self._report("call", self._call)
        self._report("teardown", self._tear_down)
        relay.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)

    def _report(self, when: Literal["setup", "call", "teardown"], act: Act) -> None:
        item, relay = self._item, self._relay
        os.environ[_AT_HAND] = f"{item.nodeid} ({when})".replace("\0", "(null)")
        call = pytest.CallInfo.from_call(act, when=when, reraise=_ENDING)
        report = relay.pytest_runtest_makereport(item=item, call=call)
        relay.pytest_runtest_logreport(report=report)
        if call.excinfo is not None and not isinstance(call.excinfo.value, pytest.skip.Exception):
            relay.pytest_exception_interact(node=item, call=call, report=report)

    def _call(self) -> None:
        if self._is_over or self._item.run_quietly():
            self._item.runtest()
            return
        try:
            self._set_up()
        except BaseException:
            self._item.keep_quiet_run()
            raise
        self._relay.pytest_runtest_call(item=self._item)

    def _set_up(self) -> None:
        self._is_set_up = True
        self._relay.pytest_runtest_setup(item=self._item)

    def _tear_down(self) -> None:
        item, following = self._item, self._next
        if item.session.shouldfail or item.session.shouldstop:
            # What others have set up ends with the last item; pytest looks for the setup of that, too.
            following = None
            if not self._is_set_up:
                self._set_up()
        if self._is_set_up:
            self._relay.pytest_runtest_teardown(item=item, nextitem=following)
        os.environ.pop(_AT_HAND, None)


def _do_nothing() -> None:
    """Set up what needs nothing."""
