"""Try to carry out a run in a fork of a process that may: ADDRESS BASE_URL. Prints what is raised."""

from __future__ import annotations

import json
import os
import sys

from durability import ENVIRONMENT, Store, journey, step

from pytest_reqflo.engine.durable.environments import ConfiguredEnvironments
from pytest_reqflo.engine.durable.guards import create_tables
from pytest_reqflo.engine.durable.performing import RunPerformer
from pytest_reqflo.engine.durable.transact import TransactEngine
from pytest_reqflo.engine.durable.worker import make_workplace, new_worker_id
from pytest_reqflo.errors import EngineError


def main(address: str, base_url: str) -> None:
    store = Store(address)
    create_tables(store.database)
    services = {"default": {"base_url": base_url}}
    workplace = make_workplace(ConfiguredEnvironments({ENVIRONMENT: {"services": services}}))
    worker_id = new_worker_id()
    performer = RunPerformer(store.records, store.keyring, worker_id, workplace)
    engine = TransactEngine(store.records, worker_id, performer)
    engine.launch()
    store.dispatch(journey(step("a")), "run-1")
    pid = os.fork()
    if pid:
        os.waitpid(pid, 0)
        os._exit(0)
    try:
        engine.run_here("run-1", 1)
        codes = []
    except EngineError as error:
        codes = [each.code for each in error.diagnostics]
    print(json.dumps(codes), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
