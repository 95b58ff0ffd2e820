"""Worker processes over the environments and secrets of a database, as `reqflo worker` starts them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cloud import CloudDatabase

from pytest_reqflo.codec import to_json
from pytest_reqflo.engine.durable.settings import WorkerSettings

KEY = "22" * 32
_COMMAND = (sys.executable, "-m", "pytest_reqflo.engine.durable.worker")


class CloudWorker:
    """A worker process of all environments that are pushed."""

    def __init__(self, cloud: CloudDatabase, *, concurrency: int = 16) -> None:
        settings = WorkerSettings(
            database=cloud.url_of("worker"), is_cloud=True, concurrency=concurrency, grace_s=2
        )
        self._process = _start(settings, KEY, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.strip().endswith(" is ready"), line

    def close(self) -> None:
        self._process.kill()
        self._process.wait(30)
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextlib.contextmanager
def cloud_worker(address: str, keys: str, log: Path, *environments: str) -> Iterator[None]:
    """Have a worker of *environments* for the block; all that it prints is added to *log*."""
    settings = WorkerSettings(database=address, is_cloud=True, serves=environments)
    with log.open("ab") as output:
        process = _start(settings, keys, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0


def _start(settings: WorkerSettings, keys: str, **streams: Any) -> subprocess.Popen[str]:
    variables = {**os.environ, "REQFLO_MASTER_KEY": keys}
    process = subprocess.Popen(_COMMAND, env=variables, text=True, stdin=subprocess.PIPE, **streams)
    assert process.stdin is not None
    json.dump(to_json(settings), process.stdin)
    process.stdin.close()
    return process
