"""The turn of an item whose run is over and went well: its reports, and nothing around them.

pytest surrounds the three phases of a test with what captures output, logs and exceptions. Between
two items of one file, of which neither needs anything set up, and after a run that ended well
before its turn, none of that has anything to do.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest

from pytest_reqflo.host.item import JourneyItem
from pytest_reqflo.host.others import Others

if TYPE_CHECKING:
    from pytest_reqflo.host.ahead import Ahead
    from pytest_reqflo.host.session import JourneySession

_KNOWN = frozenset({
    "_pytest", "pytest_reqflo", "xdist", "pytest_timeout", "pytest_randomly", "pytest_html",
    "pytest_metadata", "pytest_reportlog", "anyio", "_hypothesis_pytestplugin", "faulthandler",
})  # fmt: skip
"""Plugins that miss nothing when no phase of a test is run."""

_DECIDING = frozenset({"skip", "skipif", "xfail", "flaky", "timeout", "usefixtures"})
"""Marks by which something happens in a phase of a test."""

_AT_HAND = "PYTEST_CURRENT_TEST"

Act: TypeAlias = Callable[[], None]

_ENDING = (KeyboardInterrupt, pytest.exit.Exception)


class ShortTurns:
    """Reports items where nothing has to be set up or torn down, and leaves all others to pytest."""

    def __init__(self, session: JourneySession) -> None:
        self._session = session
        self._others = Others(_KNOWN)
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
        """Report *item* when that is all there is to do."""
        expected, self._next = self._next, nextitem
        ahead = self._session.ahead
        if expected is not item or ahead is None or not self._is_between(item, nextitem):
            return None
        if not isinstance(item, JourneyItem) or not self._is_smooth(item, ahead):
            return None
        report_smoothly(item)
        self._set_up = item
        return True

    def _is_between(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Say whether *item* stands between two others of its file, and needs nothing set up."""
        earlier = self._set_up
        if earlier is None or nextitem is None:
            return False
        is_slim = type(item) is JourneyItem and type(nextitem) is JourneyItem
        return is_slim and item.parent is earlier.parent is nextitem.parent

    def _is_smooth(self, item: JourneyItem, ahead: Ahead) -> bool:
        """Say whether all that is left of *item* is to report it."""
        if not ahead.has_smooth(item) or self._others.act_around(item):
            return False
        return not any(mark.name in _DECIDING for mark in ahead.marks_of(item))


def report_smoothly(item: JourneyItem) -> None:
    """Make the reports of *item* as pytest does, in the same order and through the same hooks."""
    relay = item.ihook
    relay.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    _report(item, relay, "setup", _do_nothing)
    _report(item, relay, "call", item.runtest)
    _report(item, relay, "teardown", functools.partial(_tear_down, item))
    relay.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _report(
    item: JourneyItem, relay: Any, when: Literal["setup", "call", "teardown"], act: Act
) -> None:
    os.environ[_AT_HAND] = f"{item.nodeid} ({when})".replace("\0", "(null)")
    call = pytest.CallInfo.from_call(act, when=when, reraise=_ENDING)
    report = relay.pytest_runtest_makereport(item=item, call=call)
    relay.pytest_runtest_logreport(report=report)
    if call.excinfo is not None:  # a defect of ours, or of what a teardown ends
        relay.pytest_exception_interact(node=item, call=call, report=report)


def _do_nothing() -> None:
    """Set up what needs nothing."""


def _tear_down(item: JourneyItem) -> None:
    if item.session.shouldfail or item.session.shouldstop:
        # What others have set up ends with the last item; pytest looks for the setup of that, too.
        item.ihook.pytest_runtest_setup(item=item)
        item.ihook.pytest_runtest_teardown(item=item, nextitem=None)
    os.environ.pop(_AT_HAND, None)
