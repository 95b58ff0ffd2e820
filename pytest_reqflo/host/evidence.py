"""What this process keeps of its runs on disk, and what of earlier sessions goes at the end."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pytest_reqflo.evidence_store.layout import RUNS, result_path
from pytest_reqflo.evidence_store.prune import find_prunable, remove_runs
from pytest_reqflo.evidence_store.write import SessionWriter
from pytest_reqflo.host.options import Settings
from pytest_reqflo.host.unwritten import warn_unwritten
from pytest_reqflo.host.xdist import SESSION_KEY, new_session_id
from pytest_reqflo.result import JourneyResult


def open_evidence(config: pytest.Config, settings: Settings) -> RunEvidence:
    """Return what keeps the runs of this process."""
    given: Mapping[str, Any] = getattr(config, "workerinput", {})
    return RunEvidence(settings, given.get(SESSION_KEY) or new_session_id())


class RunEvidence:
    """Writes the record of each run that is to be kept.

    Shape: *has_kept* once one was written; *problem* is why the first of the others was not.
    """

    def __init__(self, settings: Settings, session_id: str) -> None:
        self.has_kept = False
        self.problem = ""
        self.session_id = session_id
        self._keeps_all = settings.evidence == "all"
        # As people find it from where the tests lie.
        self._shown = os.path.relpath(settings.store, settings.rootdir)
        self._writer = SessionWriter(settings.store, session_id)

    def wants(self, outcome: str) -> bool:
        """Say whether a run that ended like this is kept."""
        return self._keeps_all or outcome not in ("passed", "skipped")

    def keep(self, result: JourneyResult, log: str) -> JourneyResult:
        """Write *result*, and return it with the place where it lies; as it is when that failed."""
        if "evidence" in result.extra:
            return result
        path = f"{self._shown}/{result_path(self.session_id, result.identity.run_id)}"
        kept = replace(result, extra={**result.extra, "evidence": path})
        try:
            self._writer.write(kept, log)
        except (OSError, ValueError, RecursionError) as error:
            self.problem = self.problem or str(getattr(error, "strerror", "") or error)
            return result
        self.has_kept = True
        return kept

    def close(self) -> None:
        """Let go of the folder of this session."""
        self._writer.close()

    def to_output(self) -> dict[str, Any]:
        """Return what a worker tells its controller."""
        return {"has_kept": self.has_kept, "problem": self.problem}


def end_evidence(
    config: pytest.Config, settings: Settings, session_id: str, *, has_kept: bool, problem: str
) -> None:
    """Say once what could not be kept, and remove what is older than the settings allow.

    Shape: nothing of this session goes, and a session that kept nothing makes nothing go.
    """
    if problem:
        folder = settings.store / RUNS
        warn_unwritten(config, f"the evidence of runs could not be kept in `{folder}`: {problem}")
    if has_kept:
        found = find_prunable(settings.store, settings.evidence_keep, datetime.now(UTC))
        remove_runs(run for run in found if run.session_id != session_id)
