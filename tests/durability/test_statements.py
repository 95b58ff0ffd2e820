"""How many statements a dispatch and a run take: counted, because times say nothing on a busy machine."""

from __future__ import annotations

import contextlib
import json
import re

import sqlalchemy as sa
from dbos import DBOSPortableJSONSerializer
from driving import MemoryRecorder
from durability import journey, step

from pytest_reqflo.engine.durable.dispatch import RUNS_PER_TRANSACTION
from pytest_reqflo.engine.durable.environments import ConfiguredEnvironments
from pytest_reqflo.engine.durable.performing import RunPerformer
from pytest_reqflo.engine.durable.queueing import RunQueue, Segment, queue_of
from pytest_reqflo.engine.durable.worker import make_workplace

FIVE = journey(*(step(name) for name in "abcde"))
QUEUE = queue_of("test")
_OWN = ("workflow_uuid", "creator_xid")


@contextlib.contextmanager
def counted(store):
    """Give a list that each statement on the store is added to."""
    statements: list[str] = []

    def note(connection, cursor, statement, parameters, context, executemany):
        statements.append(statement)

    sa.event.listen(store.database.engine, "before_cursor_execute", note)
    yield statements
    sa.event.remove(store.database.engine, "before_cursor_execute", note)


def test_a_dispatch_takes_as_many_statements_for_many_rows_as_for_few(store):
    numbers = []
    for size in (10, RUNS_PER_TRANSACTION):
        orders = [store.order(FIVE, f"{size}-{number}") for number in range(size)]
        # The first one also reads which columns the table of the engine has.
        store.dispatch(FIVE, f"{size}-first", f"{size}-second")
        with counted(store) as statements:
            store.dispatcher.dispatch(store.batch(FIVE, *orders))
        numbers.append(len(statements))
    assert numbers[0] == numbers[1] <= 12
    assert store.count("run") == store.count("attempt") == store.count("workflows") == 514


def test_what_a_run_asks_of_our_tables(store, server):
    store.dispatch(FIVE, "run-1")
    source = ConfiguredEnvironments({"test": {"services": {"default": {"base_url": server.url}}}})
    workplace = make_workplace(source)
    performer = RunPerformer(store.records, store.keyring, "worker-1", workplace)
    with counted(store) as statements:
        assert performer.perform("run-1", 1, MemoryRecorder()) == "passed"
    workplace.transport.close()
    kinds = [re.findall(r"(?:FROM|INTO) (?:reqflo[._])?(\w+)", each)[0] for each in statements]
    assert kinds == ["run", "artifact", *5 * ["cancel"], "result", "step"]


def test_the_others_of_a_batch_are_written_as_the_engine_writes_one(store):
    queue = RunQueue(store.database)
    with store.database.begin() as connection:
        queue.put(connection, Segment("alone", 1), QUEUE)
        queue.put_all(connection, [Segment(f"run-{n}", 1) for n in range(3)], QUEUE)
        rows = _rows(connection, store, "workflow_status")
        inputs = _rows(connection, store, "workflow_input")
    queue.close()
    assert sorted(rows) == ["alone.1", "run-0.1", "run-1.1", "run-2.1"]
    assert len({row["creator_xid"] for row in rows.values()}) == 4
    times = ("created_at", "updated_at")
    same = [{k: v for k, v in row.items() if k not in (*_OWN, *times)} for row in rows.values()]
    assert same == [same[0]] * 4
    assert rows["run-0.1"]["created_at"] == rows["run-2.1"]["created_at"]
    for run_id in ("alone", "run-0", "run-2"):
        text = inputs[f"{run_id}.1"]["inputs"]
        arguments = {"namedArgs": {}, "positionalArgs": [run_id, 1, 0, "", QUEUE]}
        assert text == DBOSPortableJSONSerializer().serialize(arguments)
        assert json.loads(text) == arguments
    assert {tuple(row) for row in inputs.values()} == {tuple(inputs["alone.1"])}


def test_what_is_queued_already_stays_as_it_is(store, server, workers):
    workers.start()
    store.dispatch(FIVE, "run-1", "run-2")
    store.results("run-1", "run-2")
    store.settled("run-1.1", "run-2.1")
    store.dispatch(FIVE, "run-1", "run-2", "run-3", "run-4")
    store.results("run-3", "run-4")
    assert len(server.lines) == 4 * 5
    assert store.count("workflows") == store.count("result") == 4


def _rows(connection, store, table):
    schema = "dbos" if store.is_postgres else None
    source = sa.Table(table, sa.MetaData(), schema=schema, autoload_with=connection)
    found = connection.execute(sa.select(source)).mappings()
    return {row["workflow_uuid"]: dict(row) for row in found}
