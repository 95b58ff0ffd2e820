"""Reports of phases that went well, made as pytest makes them where nobody else adds to them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Literal, TypeAlias

import pytest

from pytest_reqflo.host.others import BETWEEN_RUNS, HARMLESS, Others

Phase: TypeAlias = Literal["setup", "call", "teardown"]
Complete: TypeAlias = Callable[[pytest.Item, pytest.TestReport, str], None]
"""Puts what we tell into the report of a phase."""

_MAKING = "pytest_runtest_makereport"

_ADDING_NOTHING = frozenset({"_pytest", "pytest_reqflo", "_hypothesis_pytestplugin"})
"""Plugins that add nothing to the report of a phase that went well, other than what we tell."""


class PlainReports:
    """The reports of items that nobody looks at between the phases."""

    def __init__(self, complete: Complete) -> None:
        self._complete = complete
        self._adding = Others(_ADDING_NOTHING, [_MAKING])
        self._looking = Others(HARMLESS, set(BETWEEN_RUNS) - {_MAKING})
        self._idle = {when: _call_of_nothing(when) for when in ("setup", "teardown")}

    def may_serve(self, item: pytest.Item) -> bool:
        """Say whether nobody would miss pytest's own way for *item*."""
        return not (self._adding.act_around(item) or self._looking.act_around(item))

    def make(self, item: pytest.Item, call: pytest.CallInfo[None]) -> pytest.TestReport:
        """Return the report of a phase of *item* that raised nothing."""
        report = pytest.TestReport.from_item_and_call(item, call)
        self._complete(item, report, call.when)
        return report

    def make_idle(self, item: pytest.Item, when: Phase) -> pytest.TestReport:
        """Return the report of a phase in which there is nothing to do."""
        call = self._idle[when]
        call.start = call.stop = time.time()
        call.duration = 0.0
        return self.make(item, call)


def _call_of_nothing(when: Literal["setup", "teardown"]) -> pytest.CallInfo[None]:
    return pytest.CallInfo.from_call(lambda: None, when=when)
