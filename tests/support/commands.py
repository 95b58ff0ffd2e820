"""The `reqflo` command in processes of its own."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

REQFLO = str(Path(sys.executable).with_name("reqflo"))


def variables_with(**more: str) -> dict[str, str]:
    """Return the variables of this process without ours, and *more*."""
    return {k: v for k, v in os.environ.items() if not k.startswith("REQFLO_")} | more


def run_reqflo(
    *arguments: str, cwd: Path, variables: Mapping[str, str], given: str = ""
) -> subprocess.CompletedProcess[str]:
    """Return what a command did that ends by itself."""
    return subprocess.run(
        [REQFLO, *arguments], cwd=cwd, env=dict(variables), input=given,
        text=True, capture_output=True, timeout=120, check=False,
    )  # fmt: skip


class ReqfloProcess:
    """A command that goes on until it is told to end."""

    def __init__(self, *arguments: str, cwd: Path, variables: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            [REQFLO, *arguments], cwd=cwd, env=dict(variables), text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.lines: list[str] = []
        self._queue: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ready(self, timeout_s: float = 60) -> str:
        """Return the id of the next worker that says that it takes runs."""
        line = self._queue.get(timeout=timeout_s)
        assert line.startswith("worker "), line
        assert line.endswith(" is ready"), line
        return line.split()[1]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self, timeout_s: float = 60) -> int:
        """Return the exit code."""
        code = self.process.wait(timeout_s)
        self._reader.join(10)
        return code

    def close(self) -> None:
        """End it and what it has started, whatever it does."""
        for _ in range(2):
            if self.process.poll() is None:
                self.process.terminate()
                self._wait_briefly()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)
        self._reader.join(10)

    def _wait_briefly(self) -> None:
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            return

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.append(line.rstrip("\n"))
                self._queue.put(self.lines[-1])
        self._queue.put("it has ended")
