"""The loop over the items of a session, in which one call of pytest's protocol may report many.

What pytest puts around each item does nothing that is left behind by a short turn, but to catch
warnings and tell them under the name of the item. So do we, and go on to the next inside of it.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TypeAlias

import pytest

from pytest_reqflo.host.others import module_of

_OURS = "pytest_reqflo."

_KNOWN = frozenset({
    "_pytest.assertion", "_pytest.faulthandler", "_pytest.main", "_pytest.runner",
    "_pytest.unittest", "_pytest.warnings",
})  # fmt: skip
"""Modules that may stand around the protocol of an item: what they do for one serves its neighbours."""

Coming: TypeAlias = tuple[pytest.Item, pytest.Item | None]
"""An item, and what follows it."""


class Line:
    """Items in order, each of which has its turn once."""

    def __init__(self, items: Sequence[pytest.Item]) -> None:
        self._items = items
        self._taken = 0

    @property
    def coming(self) -> Coming | None:
        """The item whose turn is next, None when all have had theirs."""
        items, place = self._items, self._taken
        if place >= len(items):
            return None
        return items[place], items[place + 1] if place + 1 < len(items) else None

    def take(self) -> None:
        """Count the turn of the item that came."""
        self._taken += 1


def may_go_on(config: pytest.Config) -> bool:
    """Say whether pytest's own loop would run, and nobody misses the protocol around each item."""
    hook = config.hook
    loops = [
        each
        for each in hook.pytest_runtestloop.get_hookimpls()
        if not (each.wrapper or each.hookwrapper)
    ]
    found = (*loops, *hook.pytest_runtest_protocol.get_hookimpls())
    return not _has_timer(config) and all(_is_known(module_of(each.plugin)) for each in found)


def _is_known(module: str) -> bool:
    return module in _KNOWN or module.startswith(_OURS)


def _has_timer(config: pytest.Config) -> bool:
    """Say whether pytest tells of a test that takes too long: it begins to count with each."""
    is_loaded = config.pluginmanager.hasplugin("faulthandler")
    return is_loaded and bool(config.getini("faulthandler_timeout"))


def go_through(session: pytest.Session, line: Line) -> bool:
    """Give each item of *line* its turn, as pytest does. Raises: what ends the session."""
    while (coming := line.coming) is not None:
        line.take()
        item, nextitem = coming
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=nextitem)
        if session.shouldfail:
            raise session.Failed(session.shouldfail)
        if session.shouldstop:
            raise session.Interrupted(session.shouldstop)
    return True


def act_and_warn(item: pytest.Item, act: Callable[[], None]) -> None:
    """Tell what *act* warns of as pytest does of a test: when it is over, by the name of *item*."""
    told: Sequence[warnings.WarningMessage] = ()
    try:
        with warnings.catch_warnings(record=True) as told:
            act()
    finally:
        for each in told:
            item.ihook.pytest_warning_recorded.call_historic(
                kwargs={
                    "warning_message": each,
                    "nodeid": item.nodeid,
                    "when": "runtest",
                    "location": None,
                }
            )
