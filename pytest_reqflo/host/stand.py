"""How an item stands to those beside it: may it run before its turn, and with whom?"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import pytest

from pytest_reqflo.host.item import JourneyFunction, JourneyItem, JourneyNode
from pytest_reqflo.host.ready import ReadyFixtures
from pytest_reqflo.host.rows import RowsNode
from pytest_reqflo.host.window import Stand

_HOOKS = (
    "pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call",
    "pytest_runtest_teardown",
)  # fmt: skip

_HARMLESS = frozenset({
    "_pytest", "pytest_reqflo", "xdist", "pytest_timeout", "pytest_randomly", "pytest_html",
    "pytest_metadata", "pytest_jsonreport", "pytest_reportlog", "allure_pytest", "pytest_cov",
    "pytest_asyncio", "anyio", "_hypothesis_pytestplugin", "pytest_benchmark",
    "pytest_rerunfailures", "pytest_mock", "faulthandler",
})  # fmt: skip
"""Plugins whose hooks around a test neither skip it nor prepare anything that it needs."""

_ALONE = Stand(journey=None, is_alone=True)


class Stands:
    """Answers for the items of one session."""

    def __init__(self, config: pytest.Config, ready: ReadyFixtures) -> None:
        self._ready = ready
        self._has_reruns = bool(config.getoption("reruns", None))
        self._hooked: dict[str, bool] = {}

    def stand_of(self, item: pytest.Item) -> Stand:
        """Return how *item* stands at this moment."""
        if not isinstance(item, JourneyNode) or isinstance(item, RowsNode):
            return _ALONE
        marks = list(item.iter_markers())
        if any(mark.name == "skip" for mark in marks):
            return Stand(journey=item.subject, is_never_run=True)
        return Stand(
            journey=item.subject,
            group=item.subject.group,
            is_row=item.spec.row_number is not None,
            is_alone=item.subject.is_serial or self._needs_its_turn(item, marks),
        )

    def fixtures_of(self, item: JourneyNode) -> Mapping[str, Any]:
        """Return what the fixtures of *item* supply, for one that need not wait for its turn."""
        if isinstance(item, JourneyFunction):
            return self._ready.values_for(item) or {}
        return {}

    def _needs_its_turn(self, item: JourneyNode, marks: list[pytest.Mark]) -> bool:
        if self._has_reruns or item.data_problem is not None or any(map(_is_decided_late, marks)):
            return True
        if isinstance(item, JourneyFunction) and self._ready.values_for(item) is None:
            return True
        return not isinstance(item, (JourneyItem, JourneyFunction)) or self._is_hooked(item)

    def _is_hooked(self, item: JourneyNode) -> bool:
        """Say whether someone acts around the items of this folder, in a way that we do not know."""
        # Asked several times for each item: a text is a quarter of the work of a path.
        folder = os.path.dirname(item.path)
        if folder not in self._hooked:
            self._hooked[folder] = any(
                _root_of(each.plugin) not in _HARMLESS
                for name in _HOOKS
                for each in getattr(item.ihook, name).get_hookimpls()
            )
        return self._hooked[folder]


def _is_decided_late(mark: pytest.Mark) -> bool:
    """Say whether what *mark* does to an item is only known at its turn."""
    is_never_run = mark.name == "xfail" and not mark.kwargs.get("run", True)
    return is_never_run or mark.name in ("skipif", "flaky")


def _root_of(plugin: object) -> str:
    module = getattr(plugin, "__name__", None) or type(plugin).__module__
    return str(module).partition(".")[0]
