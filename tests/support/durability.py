"""Durable runs in tests: a store, runs in it, worker processes that can be killed, what they sent."""

from __future__ import annotations

import json
import os
import queue
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from forge import Forge
from servers import Connection, ReceivedRequest, ScriptedServer, json_reply
from waiting import until

from pytest_reqflo.artifact.codec import artifact_digest
from pytest_reqflo.artifact.model import Artifact, RequestSpec, RunSettings, StepSpec
from pytest_reqflo.codec import to_json
from pytest_reqflo.engine.durable.database import Database, open_postgres, open_sqlite
from pytest_reqflo.engine.durable.dispatch import Batch, Dispatcher, wait_for_results
from pytest_reqflo.engine.durable.orders import Dispatch, order_of
from pytest_reqflo.engine.durable.records import Records, RunOrder, StoredResult
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.engine.durable.settings import WorkerSettings
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.plan.model import GivenValue, RunRequest
from pytest_reqflo.result import RunIdentity

MASTER_KEY = "07" * 32
ENVIRONMENT = "test"


class GateServer(ScriptedServer):
    """Answers everything with 200, but holds the answers to chosen requests until they are let go."""

    def __init__(self) -> None:
        super().__init__(self._answer)
        self._gates: dict[tuple[str, int], threading.Event] = {}
        self._held = threading.Semaphore(0)
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self.answers: dict[str, bytes] = {}

    def hold(self, line: str, *, nth: int = 1) -> threading.Event:
        """Hold the answer to the *nth* request of *line*; the event that is returned lets it go."""
        return self._gates.setdefault((line, nth), threading.Event())

    def let_all_go(self) -> None:
        """Let every answer go that is held."""
        for gate in self._gates.values():
            gate.set()

    def begin_anew(self) -> None:
        """Forget all that was held, counted and received; nothing may be under way."""
        self._gates.clear()
        self._held = threading.Semaphore(0)
        self._counts.clear()
        self.answers.clear()
        self.requests.clear()

    def wait_held(self, count: int = 1, timeout_s: float = 60.0) -> None:
        """Return once *count* more answers are being held."""
        for _ in range(count):
            assert self._held.acquire(timeout=timeout_s), f"not held: {self.lines}"

    @property
    def lines(self) -> list[str]:
        return [request.line for request in self.requests]

    def times(self, line: str) -> int:
        return self.lines.count(line)

    def _answer(self, request: ReceivedRequest, connection: Connection) -> bytes:
        with self._lock:
            self._counts[request.line] += 1
            gate = self._gates.get((request.line, self._counts[request.line]))
        if gate is not None:
            self._held.release()
            while not gate.wait(0.05) and not self.closing.is_set():
                pass
        return self.answers.get(request.line, json_reply({}))


def step(name: str, method: str = "GET", **changes: Any) -> StepSpec:
    """Return a step that sends ``METHOD /name``."""
    request = RequestSpec(method=method, url=LiteralValue(f"/{name}"))
    return StepSpec(id=name, name=name, request=request, **changes)


def journey(*steps: StepSpec, last: tuple[StepSpec, ...] = (), **settings: Any) -> Artifact:
    return Artifact(
        journey_id="orders",
        steps=steps,
        finally_steps=last,
        services=("default",),
        settings=RunSettings(**settings),
    )


class Store:
    """One database with all tables, and the runs in it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.is_postgres = "://" in address
        self.database: Database = (
            open_postgres(address) if self.is_postgres else open_sqlite(Path(address))
        )
        self.records = Records(self.database)
        self.keyring = Keyring(bytes.fromhex(MASTER_KEY))
        self.dispatcher = Dispatcher(self.records)

    def order(self, artifact: Artifact, run_id: str, **more: Any) -> RunOrder:
        given = more.pop("given", ())
        request = RunRequest(
            artifact=artifact_digest(artifact),
            identity=RunIdentity(
                run_id=run_id, journey_id="orders", journey_name="Orders", artifact="artifact_0"
            ),
            environment=more.pop("environment", ENVIRONMENT),
            given=tuple(GivenValue(name=n, layer="set", value=LiteralValue(v)) for n, v in given),
        )
        dispatch = Dispatch(batch_id="batch", trigger="command", **more)

        def seal(plain: bytes, context: str) -> str:
            return self.keyring.seal(plain, purpose="inputs", context=context)

        return order_of(request, artifact, dispatch, seal)

    def batch(self, artifact: Artifact, *orders: RunOrder) -> Batch:
        return Batch(
            batch_id="batch",
            trigger="command",
            dispatched_by="test",
            orders=orders,
            artifacts=((artifact, {}),),
        )

    def dispatch(self, artifact: Artifact, *run_ids: str, **more: Any) -> tuple[str, ...]:
        orders = [self.order(artifact, run_id, **more) for run_id in run_ids]
        return self.dispatcher.dispatch(self.batch(artifact, *orders))

    def settled(self, *workflow_ids: str) -> None:
        """Return when the engine has these workflows as successful, too."""
        until(lambda: all(self.workflows().get(each) == "SUCCESS" for each in workflow_ids), "end")

    def result(self, run_id: str, timeout_s: float = 60.0) -> StoredResult:
        found = list(wait_for_results(self.records, [run_id], timeout_s=timeout_s))
        assert found, f"run {run_id} has no result within {timeout_s} s: {self.workflows()}"
        return found[0]

    def results(self, *run_ids: str, timeout_s: float = 60.0) -> list[StoredResult]:
        found = list(wait_for_results(self.records, run_ids, timeout_s=timeout_s))
        assert len(found) == len(run_ids), f"{len(found)} of {len(run_ids)}: {self.workflows()}"
        return found

    def query(self, sql: str, **parameters: Any) -> list[Any]:
        """Return the rows of a query; ``{workflows}`` and the like are the names of tables."""
        with self.database.begin() as connection:
            return list(connection.execute(sa.text(self._named(sql)), parameters))

    def execute(self, sql: str, **parameters: Any) -> int:
        with self.database.begin() as connection:
            return connection.execute(sa.text(self._named(sql)), parameters).rowcount

    def count(self, table: str) -> int:
        return self.query(f"SELECT count(*) FROM {{{table}}}")[0][0]

    def workflows(self) -> dict[str, str]:
        rows = self.query("SELECT workflow_uuid, status FROM {workflows}")
        return {row[0]: row[1] for row in rows}

    def worker_states(self) -> dict[str, str]:
        return {row[0]: row[1] for row in self.query("SELECT worker_id, state FROM {worker}")}

    def expire(self, worker_id: str) -> None:
        """Let the time of a lease be over now; nobody has to wait for it."""
        self.execute("UPDATE {worker} SET expires_at = 0 WHERE worker_id = :id", id=worker_id)

    def unprotect(self, table: str) -> None:
        """Take the guards of a table away, as the owner of the database can."""
        schema, _, name = self._named(f"{{{table}}}").rpartition(".")
        if self.is_postgres:
            self.execute(f"ALTER TABLE {schema}.{name} DISABLE TRIGGER USER")
            self.execute(f"ALTER TABLE {schema}.{name} DROP CONSTRAINT IF EXISTS {name}_no_pickle")
            return
        found = self.query(
            "SELECT name FROM sqlite_master WHERE type='trigger' AND tbl_name=:n", n=name
        )
        for row in found:
            self.execute(f"DROP TRIGGER {row[0]}")

    def _named(self, sql: str) -> str:
        ours, theirs = ("reqflo.", "dbos.") if self.is_postgres else ("reqflo_", "")
        names = {n: f"{ours}{n}" for n in ("run", "result", "step", "attempt", "worker", "orphan")}
        names |= {"artifact": f"{ours}artifact", "batch": f"{ours}batch"}
        names |= {"workflows": f"{theirs}workflow_status", "outputs": f"{theirs}operation_outputs"}
        return sql.format(**names)

    def close(self) -> None:
        self.dispatcher.close()
        self.database.close()


class WorkerProcess:
    """A worker in a process of its own."""

    def __init__(
        self,
        forge: Forge,
        address: str,
        environments: Mapping[str, Any],
        *,
        crash_at: str = "",
        variables: Mapping[str, str] | None = None,
        **settings: Any,
    ) -> None:
        self._forge = forge
        # On a busy machine a run that was claimed may begin late; a second look that came too soon
        # would take it for a lost one, and have it sent again.
        times = {"ttl_s": 20.0, "audit_every_s": 10.0, "grace_s": 5}
        document = WorkerSettings(
            database=address, environments=environments, **{**times, **settings}
        )
        own = {"REQFLO_MASTER_KEY": MASTER_KEY, "REQFLO_CRASH_AT": crash_at, **(variables or {})}
        reading, writing = os.pipe()
        self.pid = forge.start(to_json(document), own, writing)
        os.close(writing)
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read, args=(reading,), daemon=True).start()

    @property
    def has_ended(self) -> bool:
        return self._forge.exit_code(self.pid, 0) is not None

    def ready(self, timeout_s: float = 60.0) -> Self:
        """Return when the worker says that it takes runs."""
        line = self._lines.get(timeout=timeout_s)
        assert line.startswith("worker "), line
        assert line.endswith(" is ready"), line
        self.worker_id = line.split()[1]
        return self

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self.exit_code()

    def exit_code(self, timeout_s: float = 60.0) -> int:
        """Return how the worker ended, negative for a signal."""
        code = self._forge.exit_code(self.pid, timeout_s)
        assert code is not None, f"the worker has not ended within {timeout_s} s"
        return code

    def _read(self, output: int) -> None:
        with open(output) as lines:
            for line in lines:
                self._lines.put(line.strip())
        self._lines.put("the worker ended")


class Workers:
    """Starts worker processes for one store, and ends those that still run."""

    def __init__(self, forge: Forge, store: Store, server: ScriptedServer) -> None:
        self._forge = forge
        self._store = store
        self.environments = {ENVIRONMENT: {"services": {"default": {"base_url": server.url}}}}
        self.started: list[WorkerProcess] = []

    def start(self, **settings: Any) -> WorkerProcess:
        """Start a worker and return it when it takes runs."""
        return self.begin(**settings).ready()

    def begin(self, **settings: Any) -> WorkerProcess:
        """Start a worker and return it at once."""
        address = settings.pop("address", self._store.address)
        environments = settings.pop("environments", self.environments)
        worker = WorkerProcess(self._forge, address, environments, **settings)
        self.started.append(worker)
        return worker

    def settings(self, **changes: Any) -> WorkerSettings:
        """Return the settings of a worker that others start."""
        return WorkerSettings(
            database=self._store.address, environments=self.environments, **changes
        )

    def kill(self, worker: WorkerProcess) -> None:
        """Kill a worker, and let its lease be over; what the lock of a file tells needs no help."""
        worker.kill()
        if self._store.is_postgres:
            self._store.expire(worker.worker_id)

    def crashed(self, worker: WorkerProcess) -> None:
        """Return when a worker has killed itself, and its lease is over."""
        assert worker.exit_code() == -signal.SIGKILL
        if self._store.is_postgres:
            self._store.expire(worker.worker_id)

    def close(self) -> None:
        for worker in self.started:
            if not worker.has_ended:
                worker.kill()


def migrate(forge: Forge, address: str) -> None:
    """Make all tables in the database at *address*."""
    worker = WorkerProcess(forge, address, {}, may_migrate=True).ready()
    worker.signal(signal.SIGTERM)
    assert worker.exit_code() == 0


def steps_of(result: StoredResult) -> Iterator[tuple[str, str]]:
    """Yield id and outcome of each step of a result."""
    for each in json.loads(result.document).get("steps", ()):
        yield each["id"], each["outcome"]


def codes_of(result: StoredResult) -> list[str]:
    """Return the code of every problem in a result."""
    document = json.loads(result.document)
    steps = document.get("steps", ())
    parts = [document, *steps, *(each for step in steps for each in step.get("tries", ()))]
    return [problem["code"] for part in parts for problem in part.get("problems", ())]
