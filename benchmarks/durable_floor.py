"""The floor below durable runs: steps that only wait, recorded by the engine with nothing of ours."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dbos import DBOS, DBOSPortableJSONSerializer, SetWorkflowID
from durable_work import delay_s_of

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.engine.durable.database import open_sqlite

Carry = Callable[[Artifact, list[str]], float]

_OUTCOME = "x" * 1000


@contextmanager
def loop(_: str, __: str) -> Iterator[Carry]:
    """Wait for each step, and do nothing else."""

    def carry(artifact: Artifact, rows: list[str]) -> float:
        start = time.perf_counter()
        for _ in rows:
            for _ in artifact.steps:
                time.sleep(delay_s_of(artifact))
        return time.perf_counter() - start

    yield carry


@contextmanager
def engine(folder: str, _: str) -> Iterator[Carry]:
    """Wait for each step and record it, and once more for the beginning, as every run does."""
    database = open_sqlite(Path(folder) / "floor.db")
    DBOS(
        config={
            "name": "floor",
            "system_database_engine": database.engine,
            "executor_id": "floor",
            "application_version": "1",
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "CRITICAL",
        }
    )
    DBOS.listen_queues([])

    @DBOS.workflow(name="floor")
    def run(steps: int, delay_s: float) -> str:
        DBOS.run_step({"name": "begin"}, lambda: _OUTCOME)
        for number in range(steps):
            DBOS.run_step({"name": str(number)}, lambda: time.sleep(delay_s) or _OUTCOME)
        return "passed"

    def carry(artifact: Artifact, rows: list[str]) -> float:
        start = time.perf_counter()
        for row in rows:
            with SetWorkflowID(row):
                run(len(artifact.steps), delay_s_of(artifact))
        return time.perf_counter() - start

    DBOS.launch()
    yield carry
    DBOS.destroy()
    database.close()
