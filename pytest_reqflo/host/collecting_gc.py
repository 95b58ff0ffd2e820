"""The garbage collector rests while journeys are collected, and leaves them alone afterwards.

Collecting makes hundreds of thousands of objects that live to the end. The collector would walk them
again and again, while they grow, at each full collection of the run, and at the end.
"""

from __future__ import annotations

import gc

import pytest

from pytest_reqflo.host.item import JourneyNode

LEAST_ITEMS = 200
"""Fewer journeys are walked in no time, and are left to the collector."""

_NAME = "reqflo-gc"


def hold_gc(config: pytest.Config) -> None:
    """Turn the collector off until all is collected; not when it is off anyway."""
    if gc.isenabled() and not config.pluginmanager.has_plugin(_NAME):
        config.pluginmanager.register(_HeldGc(), _NAME)
        gc.disable()


class _HeldGc:
    """Turns the collector on again, however the collection ends."""

    def __init__(self) -> None:
        self._is_held = True

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Take what there is out of the sight of the collector, where many journeys were met."""
        count = sum(isinstance(item, JourneyNode) for item in session.items)
        if self._is_held and count >= LEAST_ITEMS:
            # Freed as ever when nothing holds them; only circles that are garbage by now stay.
            gc.freeze()
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
