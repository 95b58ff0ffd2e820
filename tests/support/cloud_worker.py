"""A worker process of the environments in a database: `python cloud_worker.py URL CONCURRENCY`."""

from __future__ import annotations

import os
import sys

from pytest_reqflo.engine.durable.database import open_database
from pytest_reqflo.engine.durable.master_key import load_keyring
from pytest_reqflo.engine.durable.settings import WorkerSettings
from pytest_reqflo.engine.durable.worker import run_worker
from pytest_reqflo.engine.durable.worker_secrets import DatabaseEnvironments

if __name__ == "__main__":
    address, concurrency = sys.argv[1], int(sys.argv[2])
    source = DatabaseEnvironments(
        open_database(address), load_keyring(os.environ, create=False), os.environ
    )
    settings = WorkerSettings(
        database=address,
        environments={name: {} for name in source.names()},
        concurrency=concurrency,
        grace_s=2,
    )
    code = run_worker(settings, source)
    sys.stdout.flush()
    os._exit(code)
