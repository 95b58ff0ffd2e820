"""Does code that we do not know act around tests? Its plugins tell by the hooks that they have."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

AROUND_RUNS = (
    "pytest_runtest_protocol", "pytest_runtest_setup", "pytest_runtest_call",
    "pytest_runtest_teardown",
)  # fmt: skip
"""Hooks in which a plugin can prepare something for a test, or keep it from running."""

BETWEEN_RUNS = (
    *AROUND_RUNS, "pytest_runtest_logstart", "pytest_runtest_makereport",
    "pytest_runtest_logreport", "pytest_runtest_logfinish", "pytest_report_teststatus",
    "pytest_exception_interact", "pytest_warning_recorded", "pytest_assertrepr_compare",
)  # fmt: skip
"""All hooks in which a plugin can do something while tests run."""

HARMLESS = frozenset({
    "_pytest", "pytest_reqflo", "xdist", "pytest_timeout", "pytest_randomly", "pytest_html",
    "pytest_metadata", "pytest_jsonreport", "pytest_reportlog", "allure_pytest", "pytest_cov",
    "pytest_asyncio", "anyio", "_hypothesis_pytestplugin", "pytest_benchmark",
    "pytest_rerunfailures", "pytest_mock", "faulthandler", "pytest_github_actions_annotate_failures",
})  # fmt: skip
"""Plugins whose hooks around a test neither skip it nor prepare anything that it needs."""


_ONE_BY_ONE = (
    "usepdb", "trace", "setupshow", "setuponly", "setupplan", "stepwise", "collectonly", "forked",
)  # fmt: skip
"""Options under which each item runs at its own turn: a person or another process looks on."""


def is_looked_at(config: pytest.Config) -> bool:
    """Say whether somebody follows each phase of each test."""
    return any(config.getoption(name, False) for name in _ONE_BY_ONE)


class Others:
    """Plugins other than *known* that have one of *hooks*, as the items of a session see them."""

    def __init__(self, known: Collection[str], hooks: Collection[str] = AROUND_RUNS) -> None:
        self._known = known
        self._hooks = hooks
        self._answers: dict[object, bool] = {}

    def act_around(self, item: pytest.Item) -> bool:
        """Say whether one acts around the items of the folder of *item*."""
        # Asked several times for each item; those of one folder have their hooks in common.
        relay = item.ihook
        if relay not in self._answers:
            self._answers[relay] = self.are_heard(relay)
        return self._answers[relay]

    def are_heard(self, relay: Any) -> bool:
        """Say whether one has a hook that is called through *relay*."""
        return any(
            _root_of(each.plugin) not in self._known
            for name in self._hooks
            for each in getattr(relay, name).get_hookimpls()
        )


def _root_of(plugin: object) -> str:
    return module_of(plugin).partition(".")[0]


def module_of(plugin: object) -> str:
    """Return the name of the module that *plugin* is, or comes from."""
    return str(getattr(plugin, "__name__", None) or type(plugin).__module__)
