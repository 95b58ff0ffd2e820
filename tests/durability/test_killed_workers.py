"""kill -9 of a worker at every place of a run: nothing is lost, and nothing that was done is done again."""

from __future__ import annotations

import signal

import pytest
from durability import codes_of, journey, step, steps_of
from waiting import until

FIVE = journey(*(step(name) for name in "abcde"))
LINES = [f"GET /{name}" for name in "abcde"]


def test_after_the_claim_and_before_the_first_step(store, server, workers):
    first = workers.start(crash_at="claimed")
    store.dispatch(FIVE, "run-1")
    workers.crashed(first)
    assert server.lines == []
    workers.start()
    assert store.result("run-1").outcome == "passed"
    assert server.lines == LINES


@pytest.mark.parametrize("number", [1, 3, 5])
def test_after_a_step_was_recorded(store, server, workers, number):
    name = "abcde"[number - 1]
    first = workers.start(crash_at=f"recorded {number - 1:03}:{name}#1")
    store.dispatch(FIVE, "run-1")
    workers.crashed(first)
    assert server.lines == LINES[:number]
    workers.start()
    assert store.result("run-1").outcome == "passed"
    assert server.lines == LINES


def test_within_each_of_five_steps(store, server, workers):
    runs = {f"run-{k}": journey(*(step(f"{name}{k}") for name in "abcde")) for k in range(5)}
    held = [f"GET /{'abcde'[k]}{k}" for k in range(5)]
    for line in held:
        server.hold(line)
    first = workers.start()
    for run_id, artifact in runs.items():
        store.dispatch(artifact, run_id)
    server.wait_held(5)
    workers.kill(first)
    workers.start()
    results = store.results(*runs)
    assert [result.outcome for result in results] == ["passed"] * 5
    twice = [line for line in set(server.lines) if server.times(line) == 2]
    assert sorted(twice) == sorted(held)
    assert len(server.lines) == 25 + 5


def test_the_step_in_flight_follows_its_policy(store, server, workers):
    policies = {"repeat": "repeat", "key": "repeat_with_key", "never": None}
    for name, policy in policies.items():
        server.hold(f"POST /{name}")
        store.dispatch(journey(step(name, "POST", in_flight=policy), step(f"{name}-after")), name)
    first = workers.start()
    server.wait_held(3)
    workers.kill(first)
    workers.start()
    results = {result.run_id: result for result in store.results(*policies)}

    assert [server.times(f"POST /{name}") for name in policies] == [2, 2, 1]
    keys = [r.header("Idempotency-Key") for r in server.requests if r.line == "POST /key"]
    assert keys[0] is not None
    assert keys[0] == keys[1]
    assert {name: result.outcome for name, result in results.items()} == {
        "repeat": "passed", "key": "passed", "never": "error",
    }  # fmt: skip
    assert codes_of(results["never"]) == ["RF510"]
    assert list(steps_of(results["never"])) == [("never", "error"), ("never-after", "skipped")]


@pytest.mark.parametrize("place", ["result kept", "left"])
def test_between_the_result_and_the_end_of_the_workflow(store, server, workers, place):
    first = workers.start(crash_at=place)
    store.dispatch(FIVE, "run-1")
    workers.crashed(first)
    before = store.result("run-1")
    workers.start()
    store.settled("run-1.1")
    assert store.result("run-1") == before
    assert store.count("result") == 1
    assert store.count("step") == 5
    assert server.lines == LINES


def test_all_workers(store, server, workers):
    server.hold("GET /a", nth=1)
    server.hold("GET /a", nth=2)
    both = [workers.begin(concurrency=1), workers.begin(concurrency=1)]
    for worker in both:
        worker.ready()
    runs = [f"run-{number}" for number in range(6)]
    store.dispatch(FIVE, *runs)
    server.wait_held(2)
    # Both before either is waited for: in between, one would take over what the other left.
    for worker in both:
        worker.signal(signal.SIGKILL)
    for worker in both:
        workers.crashed(worker)
    workers.start()
    assert {result.outcome for result in store.results(*runs)} == {"passed"}
    assert server.times("GET /a") == 6 + 2
    assert all(server.times(line) == 6 for line in LINES[1:])
    until(lambda: {store.worker_states()[each.worker_id] for each in both} == {"reaped"}, "reaped")


def test_the_one_that_takes_over(store, server, workers):
    server.hold("GET /b")
    first = workers.start()
    store.dispatch(FIVE, "run-1")
    server.wait_held()
    workers.kill(first)
    second = workers.start(crash_at="recovered")
    workers.crashed(second)
    workers.start()
    assert store.result("run-1").outcome == "passed"
    assert server.times("GET /a") == 1
    assert all(server.times(line) == 1 for line in LINES[2:])
    store.settled("run-1.1")
    assert store.count("result") == 1
