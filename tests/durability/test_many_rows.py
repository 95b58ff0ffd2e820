"""Many rows on several workers that are killed one after another: each row ends once."""

from __future__ import annotations

from collections import Counter

import pytest
from durability import journey, step
from waiting import until

from pytest_reqflo.artifact.model import InputDeclaration
from pytest_reqflo.lang.template import parse_text

pytestmark = pytest.mark.timeout(180)

ROWS = 400
WORKERS = 4
CONCURRENCY = 8
# What a slow machine has claimed and not yet begun must not pass for an orphan.
SETTINGS = {"concurrency": CONCURRENCY}
MARKS = (60, 140, 220, 300)
"""At so many results one of the workers is killed, and another started."""


def rows_of(artifact):
    one = artifact.steps[0]
    request = type(one.request)(method="GET", url=parse_text("/{{ inputs.row }}"))
    changed = type(one)(id=one.id, name=one.name, request=request)
    return type(artifact)(
        journey_id="orders",
        inputs=(InputDeclaration(name="row"),),
        steps=(changed,),
        services=("default",),
    )


def test_each_row_ends_once_whoever_is_killed(store, server, workers):
    artifact = rows_of(journey(step("row")))
    names = [f"row-{number}" for number in range(ROWS)]
    orders = [store.order(artifact, name, given=(("row", name),)) for name in names]
    # Short enough that a worker on Postgres that is gone is noticed without help.
    team = [workers.begin(**SETTINGS) for _ in range(WORKERS)]
    for worker in team:
        worker.ready()
    store.dispatcher.dispatch(store.batch(artifact, *orders))

    for mark in MARKS:
        until(lambda mark=mark: store.count("result") >= mark, f"{mark} results", timeout_s=60)
        workers.kill(team.pop(0))
        team.append(workers.begin(**SETTINGS))
    until(lambda: store.count("result") >= ROWS, "all results", timeout_s=90)

    results = store.results(*names)
    assert {result.outcome for result in results} == {"passed"}
    assert len({result.run_id for result in results}) == store.count("result") == ROWS
    sent = Counter(server.lines)
    assert set(sent) == {f"GET /{name}" for name in names}
    assert sum(sent.values()) - ROWS <= len(MARKS) * CONCURRENCY
    assert max(sent.values()) <= 1 + len(MARKS)
