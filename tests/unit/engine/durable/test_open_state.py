from __future__ import annotations

import pytest

from pytest_reqflo.engine.durable.locks import Alive, ProcessLock, find_alive
from pytest_reqflo.engine.durable.operating import SeenWorkflow
from pytest_reqflo.engine.durable.stores import open_state

ALIVE = Alive(batches=frozenset({"batch_2"}), workers=frozenset({"host.example-7-aa"}))


def workflow(status, *, queue="", executor="gone-1-bb", name="run_1.1"):
    return SeenWorkflow(workflow_id=name, status=status, queue=queue, executor_id=executor)


@pytest.mark.parametrize(
    ("seen", "batch", "alive", "state"),
    [
        ([], "batch_1", ALIVE, "left"),
        ([], "batch_2", ALIVE, "running"),
        ([workflow("PENDING")], "batch_2", ALIVE, "left"),
        ([workflow("PENDING", executor="host.example-7-aa")], "batch_1", ALIVE, "running"),
        ([workflow("CANCELLED"), workflow("PENDING", executor="host.example-7-aa")], "batch_1", ALIVE, "running"),
        ([workflow("CANCELLED")], "batch_1", ALIVE, "left"),
        ([workflow("PENDING", queue="reqflo:local")], "batch_1", ALIVE, "running"),
        ([workflow("SUCCESS"), workflow("DELAYED", queue="reqflo:local")], "batch_1", ALIVE, "queued"),
        ([], "batch_1", None, "queued"),
        ([workflow("ENQUEUED", queue="reqflo:local")], "batch_1", None, "queued"),
        ([workflow("PENDING", queue="reqflo:local")], "batch_1", None, "running"),
    ],
)  # fmt: skip
def test_the_state_of_a_run_without_a_result(seen, batch, alive, state):
    assert open_state(seen, batch, alive) == state


@pytest.mark.parametrize(
    ("workflow_id", "run_id", "order"),
    [
        ("run_1.1", "run_1", (1, 0)),
        ("run_1.12.w3", "run_1", (12, 3)),
        ("a.b.2", "a.b", (2, 0)),
    ],
)
def test_a_workflow_knows_its_run_and_its_place(workflow_id, run_id, order):
    seen = workflow("SUCCESS", name=workflow_id)
    assert (seen.run_id, seen.order) == (run_id, order)


def test_a_lock_shows_for_as_long_as_it_is_held(tmp_path):
    lock = ProcessLock(tmp_path, "batch_2", "host.example-7-aa")
    (tmp_path / "locks" / "batch_1.gone-1-bb").touch()
    assert find_alive(tmp_path) == ALIVE
    assert [path.name for path in (tmp_path / "locks").iterdir()] == ["batch_2.host.example-7-aa"]
    lock.release()
    assert find_alive(tmp_path) == Alive()
