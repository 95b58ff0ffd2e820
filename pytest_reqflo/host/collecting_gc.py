"""The garbage collector rests from our first import to the end of collecting, and looks away after.

What we load and collect lives to the end of the session. The collector would walk it again and
again: while it grows, at each full collection of the run, and twice when pytest ends. Loaded before
any other module of ours, so this one loads none of them.
"""

from __future__ import annotations

import gc
import itertools
import os
import sys

import pytest

LEAST_ITEMS = 200
"""With fewer journeys, what is garbage by now is collected before the collector looks away."""

_NAME = "reqflo-gc"


def hold_gc(config: pytest.Config) -> None:
    """Turn the collector off until all is collected; not when it is off anyway, or to be left.

    The controller of xdist collects nothing: there it would stay off.
    """
    if not gc.isenabled() or config.pluginmanager.has_plugin(_NAME):
        return
    is_controller = config.getoption("dist", "no") != "no" and not hasattr(config, "workerinput")
    if not is_controller and _may_hold(config):
        _HeldGc.forget_earlier_session()
        config.pluginmanager.register(_HeldGc(), _NAME)
        gc.disable()


def _may_hold(config: pytest.Config) -> bool:
    # Another word is refused when all settings are read.
    return (os.environ.get("REQFLO_GC") or config.getini("reqflo_gc")) != "off"


def _count_journeys(session: pytest.Session) -> int:
    """Return how many there are, not counting beyond `LEAST_ITEMS`."""
    # Where none was met, their module was not loaded, and is not for this.
    item = sys.modules.get("pytest_reqflo.host.item")
    if item is None:
        return 0
    journeys = (each for each in session.items if isinstance(each, item.JourneyNode))
    return sum(1 for _ in itertools.islice(journeys, LEAST_ITEMS))


class _HeldGc:
    """Turns the collector on again, however the collection ends."""

    _has_frozen = False

    def __init__(self) -> None:
        self._is_held = True

    @classmethod
    def forget_earlier_session(cls) -> None:
        """Let go of what a session before this one of the process put out of sight."""
        if cls._has_frozen:
            cls._has_frozen = False
            gc.unfreeze()
            gc.collect()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take what there is out of the sight of the collector."""
        count = _count_journeys(session)
        if self._is_held and count:
            if count < LEAST_ITEMS:
                # All that was made while the collector was off is young. Of many it takes long.
                gc.collect(1)
            # Freed as ever when nothing holds them; only circles that are garbage by now stay.
            gc.freeze()
            type(self)._has_frozen = True
        self._release()

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Come here when the collection failed."""
        self._release()

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        """Come here when not even the session was ended."""
        self._release()

    def _release(self) -> None:
        if self._is_held:
            self._is_held = False
            gc.enable()
