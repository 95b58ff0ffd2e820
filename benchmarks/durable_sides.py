"""One way to carry runs out, in a process of its own: plain, or durable over one kind of store.

    {"runs": 10, "steps": 5, "delay_ms": 10}    read from standard input, a line each
    {"wall_s": 0.7, "cpu_s": 0.1, "finish_s": 0.0}    written for each: all, one after another

*finish_s* is the part of the wall time that went into keeping results, their checkpoint included.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import durable_floor
from durable_work import (
    BATCH,
    DISPATCH,
    ENVIRONMENT,
    KEYRING,
    environments,
    journey,
    orders_for,
    request_for,
)

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.engine.durable import database as databases
from pytest_reqflo.engine.durable.checkpoints import FINISH
from pytest_reqflo.engine.durable.embedded import EmbeddedStore, Live
from pytest_reqflo.engine.durable.environments import ConfiguredEnvironments
from pytest_reqflo.engine.durable.performing import RunPerformer
from pytest_reqflo.engine.durable.recorder import StepRecorder
from pytest_reqflo.engine.durable.records import Records
from pytest_reqflo.engine.durable.transact import TransactEngine
from pytest_reqflo.engine.durable.worker import make_workplace, new_worker_id
from pytest_reqflo.engine.http import HttpTransport
from pytest_reqflo.engine.local import LocalEngine
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.plan.planner import make_plan

Carry = Callable[[Artifact, list[str]], float]
"""Carries out a run for each row and returns the seconds."""


class Side:
    """The process, as the benchmark sees it."""

    def __init__(self, kind: str, address: str, url: str) -> None:
        command = [sys.executable, __file__, kind, address, url]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def carry_out(self, *, runs: int, steps: int = 5, delay_ms: int = 0) -> dict[str, float]:
        """Return what the process measured of that many runs."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        order = {"runs": runs, "steps": steps, "delay_ms": delay_ms}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


@contextmanager
def _plain(_: str, url: str) -> Iterator[Carry]:
    source = ConfiguredEnvironments(environments(url))
    engine = LocalEngine(transport=HttpTransport(), secrets=source.secrets(ENVIRONMENT))
    snapshot = source.snapshot(ENVIRONMENT)

    def carry(artifact: Artifact, rows: list[str]) -> float:
        requests = [request_for(artifact, row) for row in rows]
        start = time.perf_counter()
        for request in requests:
            _check(engine.run(make_plan(artifact, request, snapshot), {}).result.outcome)
        return time.perf_counter() - start

    yield carry
    engine.close()


@contextmanager
def _embedded(folder: str, url: str) -> Iterator[Carry]:
    """Carry runs out as ``pytest --reqflo-durable`` does, their registration included."""
    source = ConfiguredEnvironments(environments(url))
    store = EmbeddedStore(Path(folder), BATCH, KEYRING, HttpTransport())
    snapshot, secrets = source.snapshot(ENVIRONMENT), source.secrets(ENVIRONMENT)

    def carry(artifact: Artifact, rows: list[str]) -> float:
        requests = [request_for(artifact, row) for row in rows]
        start = time.perf_counter()
        for request in requests:
            live = Live(environment=snapshot, secrets=secrets, redactor=Redactor())
            _check(store.run(request, artifact, {}, live, DISPATCH).result.outcome)
        return time.perf_counter() - start

    yield carry
    store.close()


@contextmanager
def _without_wal(folder: str, url: str) -> Iterator[Carry]:
    pragmas = databases._PRAGMAS
    databases._PRAGMAS = tuple(each for each in pragmas if not each.startswith("journal_mode"))
    with _embedded(folder, url) as carry:
        yield carry


@contextmanager
def _worker(address: str, url: str) -> Iterator[Carry]:
    """Carry runs out as a worker does that takes one at a time; they are registered before."""
    database = databases.open_postgres(address)
    records, worker_id = Records(database), new_worker_id()
    workplace = make_workplace(ConfiguredEnvironments(environments(url)))
    performer = RunPerformer(records, KEYRING, worker_id, workplace)
    engine = TransactEngine(records, worker_id, performer)
    engine.launch(may_migrate=False)

    def carry(artifact: Artifact, rows: list[str]) -> float:
        with database.begin() as connection:
            records.put_artifact(connection, artifact, {})
            records.put_batch(connection, BATCH, "command", worker_id)
            records.register_all(connection, orders_for(artifact, rows))
        start = time.perf_counter()
        for row in rows:
            engine.run_here(row, 1)
        wall_s = time.perf_counter() - start
        with database.reading() as connection:
            for result in records.find_results(connection, rows):
                _check(result.outcome)
            assert len(records.which_ended(connection, rows)) == len(rows)
        return wall_s

    yield carry
    engine.close()
    database.close()


_KINDS = {
    "plain": _plain,
    "sqlite": _embedded,
    "sqlite without WAL": _without_wal,
    "postgres": _worker,
    "loop": durable_floor.loop,
    "engine": durable_floor.engine,
}


def _check(outcome: str) -> None:
    assert outcome == "passed", outcome


def _time_finish() -> list[float]:
    """Let the time that goes into keeping results be noted, and return the notes."""
    spent: list[float] = []
    record = StepRecorder.record

    def timed(self: StepRecorder, name: str, act: Any) -> str:
        start = time.perf_counter()
        kept = record(self, name, act)
        if name == FINISH:
            spent.append(time.perf_counter() - start)
        return kept

    StepRecorder.record = timed  # type: ignore[method-assign]
    return spent


def main(kind: str, address: str, url: str) -> None:
    """Carry out what standard input asks for."""
    spent, numbers = _time_finish(), itertools.count()
    with _KINDS[kind](address, url) as carry:
        for line in sys.stdin:
            order = json.loads(line)
            artifact = journey(order["steps"], order["delay_ms"])
            rows = [f"{kind[:3]}-{next(numbers)}" for _ in range(order["runs"])]
            spent.clear()
            before_s = time.process_time()
            wall_s = carry(artifact, rows)
            cpu_s = time.process_time() - before_s
            print(
                json.dumps({"wall_s": wall_s, "cpu_s": cpu_s, "finish_s": sum(spent)}), flush=True
            )


if __name__ == "__main__":
    main(*sys.argv[1:])
