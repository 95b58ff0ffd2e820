"""How an item stands to those beside it: may it run before its turn, and with whom?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from pytest_reqflo.host.item import JourneyFunction, JourneyItem, JourneyNode
from pytest_reqflo.host.others import HARMLESS, Others
from pytest_reqflo.host.ready import ReadyFixtures
from pytest_reqflo.host.rows import RowsNode
from pytest_reqflo.host.window import LONE, Stand


class Stands:
    """Answers for the items of one session."""

    def __init__(self, config: pytest.Config, ready: ReadyFixtures) -> None:
        self._ready = ready
        self._has_reruns = bool(config.getoption("reruns", None))
        self._others = Others(HARMLESS)
        self._above: tuple[object, tuple[pytest.Mark, ...]] = (None, ())

    def stand_of(self, item: pytest.Item) -> Stand:
        """Return how *item* stands at this moment."""
        if not isinstance(item, JourneyNode) or isinstance(item, RowsNode):
            return LONE
        marks = self.marks_of(item)
        if marks and any(mark.name == "skip" for mark in marks):
            return Stand(journey=item.subject, is_never_run=True)
        return Stand(
            journey=item.subject,
            group=item.subject.group,
            is_row=item.spec.row is not None,
            is_alone=item.subject.is_serial or self._needs_its_turn(item, marks),
        )

    def marks_of(self, item: pytest.Item) -> Sequence[pytest.Mark]:
        """Return the marks of *item*, its own before those of its file and folders."""
        # Items of one file come one after another, and each is asked for several times.
        parent, above = self._above
        if parent is not item.parent:
            above = tuple(item.parent.iter_markers()) if item.parent else ()
            self._above = (item.parent, above)
        return (*item.own_markers, *above)

    def fixtures_of(self, item: JourneyNode) -> Mapping[str, Any]:
        """Return what the fixtures of *item* supply, for one that need not wait for its turn."""
        if isinstance(item, JourneyFunction):
            return self._ready.values_for(item) or {}
        return {}

    def _needs_its_turn(self, item: JourneyNode, marks: Sequence[pytest.Mark]) -> bool:
        if self._has_reruns or item.data_problem is not None or any(map(_is_decided_late, marks)):
            return True
        if isinstance(item, JourneyFunction) and self._ready.values_for(item) is None:
            return True
        return not isinstance(item, (JourneyItem, JourneyFunction)) or (
            self._others.act_around(item)
        )


def _is_decided_late(mark: pytest.Mark) -> bool:
    """Say whether what *mark* does to an item is only known at its turn."""
    is_never_run = mark.name == "xfail" and not mark.kwargs.get("run", True)
    return is_never_run or mark.name in ("skipif", "flaky")
