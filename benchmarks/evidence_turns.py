"""A plugin that keeps the records of no run, of those that fail, and of all, test by test in turn.

All kinds meet the same load of the machine within milliseconds; `evidence.py` starts it.
"""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Generator
from dataclasses import replace

import pytest

from pytest_reqflo.host.evidence import RunEvidence
from pytest_reqflo.host.session import begin_session
from pytest_reqflo.host.xdist import new_session_id

KINDS = ("none", "failures", "all")
FIGURES = "turns.json"


class Turns:
    """Whose turn it is, and what each took: CPU and wall seconds of each test by kind."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._session = begin_session(config)
        self._kept: dict[str, RunEvidence | None] = {
            kind: RunEvidence(replace(self._session.settings, evidence=kind), new_session_id())
            for kind in KINDS
        }
        self._kept["none"] = None
        self._order = itertools.chain.from_iterable(itertools.cycle(itertools.permutations(KINDS)))
        self._took: dict[str, list[tuple[float, float]]] = {kind: [] for kind in KINDS}

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Measure one test."""
        kind = next(self._order)
        self._session.evidence = self._kept[kind]
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        result = yield
        took = (time.process_time() - cpu_s, time.perf_counter() - wall_s)
        self._took[kind].append(took)
        return result

    def pytest_sessionfinish(self) -> None:
        """Leave the figures."""
        (self._config.rootpath / FIGURES).write_text(json.dumps(self._took))


def pytest_configure(config: pytest.Config) -> None:
    """Take turns."""
    config.pluginmanager.register(Turns(config), "turns")
