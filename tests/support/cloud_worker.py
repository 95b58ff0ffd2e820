"""A worker over the environments and secrets of a database; its settings come as JSON."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from pytest_reqflo.codec import from_json, to_json
from pytest_reqflo.engine.durable.master_key import load_keyring
from pytest_reqflo.engine.durable.settings import WorkerSettings
from pytest_reqflo.engine.durable.worker import run_worker
from pytest_reqflo.engine.durable.worker_secrets import DatabaseEnvironments


@contextlib.contextmanager
def cloud_worker(address: str, keys: str, log: Path, *environments: str) -> Iterator[None]:
    """Have a worker for the block; all that it prints is added to *log*."""
    settings = WorkerSettings(database=address, environments={name: {} for name in environments})
    variables = {**os.environ, "REQFLO_MASTER_KEY": keys}
    command = [sys.executable, __file__, json.dumps(to_json(settings))]
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def _main() -> int:
    settings = from_json(WorkerSettings, json.loads(sys.argv[1]))
    keyring = load_keyring(os.environ, create=False)
    source = DatabaseEnvironments(settings.open_database(), keyring, os.environ)
    return run_worker(settings, source)


if __name__ == "__main__":
    code = _main()
    sys.stdout.flush()
    os._exit(code)
