"""Results are waited for one after another, and read many at a time."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence

from pytest_reqflo.codec import CodecError
from pytest_reqflo.engine.durable.client import CloudClient
from pytest_reqflo.engine.durable.records import StoredResult, altered_result
from pytest_reqflo.result import JourneyResult, result_from_json
from pytest_reqflo.values import JsonProblem, parse_json

_AHEAD = 500
"""Most results that are kept in memory until they are asked for."""

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 1.0


class ResultReader:
    """The results of runs, in the order *expected* in which they will be asked for."""

    def __init__(self, client: CloudClient) -> None:
        self._client = client
        self._next: dict[str, str] = {}
        self._kept: dict[str, StoredResult] = {}

    def expect(self, run_ids: Sequence[str]) -> None:
        """Learn which runs will be asked for, in which order: they are read along with others."""
        self._next |= dict(itertools.pairwise(run_ids))

    def wait(self, run_id: str) -> JourneyResult:
        """Return the result of a run when there is one.

        Raises: EngineError RF615 when the database does not answer for too long, RF613 when the
            result is unreadable.
        """
        pause_s = _FIRST_PAUSE_S
        while run_id not in self._kept:
            found = self._client.find_results(self._wanted(run_id))
            self._kept |= {each.run_id: each for each in found}
            if run_id in self._kept:
                break
            time.sleep(pause_s)
            pause_s = _FIRST_PAUSE_S if found else min(pause_s * 1.5, _LONGEST_PAUSE_S)
        try:
            return result_from_json(parse_json(self._kept.pop(run_id).document))
        except (JsonProblem, CodecError):
            raise altered_result(run_id) from None

    def _wanted(self, run_id: str) -> list[str]:
        room = max(1, _AHEAD - len(self._kept))
        return list(itertools.islice(self._missing(run_id), room))

    def _missing(self, run_id: str) -> Iterable[str]:
        at: str | None = run_id
        for _ in range(_AHEAD):
            if at is None:
                return
            if at not in self._kept:
                yield at
            at = self._next.get(at)
