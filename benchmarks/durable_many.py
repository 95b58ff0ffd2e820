"""Many rows: how fast they are dispatched, how fast workers finish them, and that none is lost."""

from __future__ import annotations

import collections
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from answering import Answering, answering
from durable_stores import Store, Stores, Worker
from durable_work import journey, orders_for, paths_of

_LOOK_EVERY_S = 0.25
_KILL_EVERY_S = 5.0
_KILLED_WORKERS = 4
_SHORT_LEASE_S = 5.0
_CONCURRENCY = 32
"""What a worker takes at a time by default."""


def dispatch(stores: Stores, kind: str, rows: int, rounds: int) -> float:
    """Return the seconds that the dispatch of *rows* runs of one artifact takes; the median."""
    artifact = journey(5, 0)
    orders = orders_for(artifact, _names(rows))

    def once() -> float:
        with Store(stores.new(kind)) as store:
            start = time.perf_counter()
            store.dispatch(artifact, orders)
            return time.perf_counter() - start

    return statistics.median(once() for _ in range(rounds))


def batch_over_single(stores: Stores, kind: str, rounds: int, rows: int = 500) -> float:
    """Return how many times faster a run is dispatched in a batch than alone; the median."""
    artifact = journey(5, 0)
    ratios = []
    for _ in range(rounds):
        with Store(stores.new(kind)) as store:
            orders = orders_for(artifact, _names(2 * rows))
            start = time.perf_counter()
            for order in orders[:rows]:
                store.dispatch(artifact, [order])
            between = time.perf_counter()
            store.dispatch(artifact, orders[rows:])
            ratios.append((between - start) / (time.perf_counter() - between))
    return statistics.median(ratios)


def finish(stores: Stores, steps: int, rows: int, workers: int = 2) -> float:
    """Return the runs per second of worker processes on one Postgres, from the dispatch on."""
    artifact = journey(steps, 0)
    with answering() as server, Store(stores.new("Postgres")) as store:
        with _working(store, server, workers):
            start = time.perf_counter()
            store.dispatch(artifact, orders_for(artifact, _names(rows)))
            _wait_for(store, rows)
            wall_s = time.perf_counter() - start
        assert store.count("result", "outcome = 'passed'") == rows
    return rows / wall_s


def survive(stores: Stores, rows: int, steps: int = 1) -> str:
    """Return what became of *rows* runs while one of four workers was killed every five seconds."""
    artifact = journey(steps, 20)
    names = _names(rows)
    with answering() as server, Store(stores.new("Postgres")) as store:
        with _working(store, server, _KILLED_WORKERS, ttl_s=_SHORT_LEASE_S) as team:
            start = time.perf_counter()
            store.dispatch(artifact, orders_for(artifact, names))
            kills = _kill_until_done(store, server, rows, team)
            wall_s = time.perf_counter() - start
        counts = server.counts()
        wanted = [path for name in names for path in paths_of(name, artifact, 20)]
        repeated = sum(counts[path] - 1 for path in wanted)
        missing = sum(not counts[path] for path in wanted)
        return (
            f"{rows} rows, {kills} workers killed, {wall_s:.0f} s: {store.count('result')} results "
            f"({store.count('result', 'outcome = ' + repr('passed'))} passed), {missing} steps never "
            f"sent, {repeated} sent again (at most {kills * _CONCURRENCY} were in flight)"
        )


def _kill_until_done(
    store: Store, server: Answering, rows: int, team: collections.deque[Worker]
) -> int:
    kills, next_kill = 0, time.perf_counter() + _KILL_EVERY_S

    def kill() -> None:
        nonlocal kills, next_kill
        if time.perf_counter() > next_kill:
            team.popleft().kill()
            team.append(Worker(store.address, server.url, ttl_s=_SHORT_LEASE_S))
            kills, next_kill = kills + 1, next_kill + _KILL_EVERY_S

    _wait_for(store, rows, kill)
    return kills


@contextmanager
def _working(
    store: Store, server: Answering, number: int, *, ttl_s: float = 15.0
) -> Iterator[collections.deque[Worker]]:
    team = collections.deque(Worker(store.address, server.url, ttl_s=ttl_s) for _ in range(number))
    try:
        for worker in team:
            worker.ready()
        yield team
    finally:
        for worker in team:
            worker.kill()


def _wait_for(store: Store, rows: int, act: Callable[[], None] = lambda: None) -> None:
    while store.count("result") < rows:
        act()
        time.sleep(_LOOK_EVERY_S)


def _names(rows: int) -> list[str]:
    return [f"row-{number}" for number in range(rows)]
