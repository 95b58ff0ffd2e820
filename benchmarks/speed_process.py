"""One whole process and what it took: wall time, CPU time and memory of its tree."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_SAMPLE_EVERY_S = 0.02
_LONGEST_S = 900
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
_TOLD_BYTES = 4000


@dataclass(frozen=True, slots=True)
class Figures:
    """What a process took.

    Shape: *cpu_s* is user and system time of the process and of the children that it waited for;
        *memory_kib* is the largest sum of resident sets of the tree, as often as it was looked at; *told* is the end of its output.
    """

    wall_s: float
    cpu_s: float
    memory_kib: int
    exit_code: int
    told: str


def measure(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Figures:
    """Run *command* to its end and return what it took."""
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        with _limited(process.pid), _sampled(process.pid) as peak:
            _, status, usage = os.wait4(process.pid, 0)
            wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        cpu_s = usage.ru_utime + usage.ru_stime
        memory_kib = max(usage.ru_maxrss, *peak)
        return Figures(wall_s, cpu_s, memory_kib, process.returncode, _end_of(output.fileno()))


def _end_of(output: int) -> str:
    size = os.fstat(output).st_size
    kept = os.pread(output, _TOLD_BYTES, max(0, size - _TOLD_BYTES))
    return kept.decode(errors="replace")


@contextlib.contextmanager
def _limited(pid: int) -> Iterator[None]:
    """End the process and all it started when it takes too long, or when we are stopped."""
    timer = threading.Timer(_LONGEST_S, os.killpg, (pid, signal.SIGKILL))
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)


@contextlib.contextmanager
def _sampled(pid: int) -> Iterator[list[int]]:
    """Give the list into which resident sets are written as long as the block runs."""
    peak, over = [0], threading.Event()

    def sample() -> None:
        while not over.wait(_SAMPLE_EVERY_S):
            peak.append(sum(map(_resident_kib, _tree(pid))))

    thread = threading.Thread(target=sample)
    thread.start()
    try:
        yield peak
    finally:
        over.set()
        thread.join()


def _tree(pid: int) -> Iterator[int]:
    yield pid
    with contextlib.suppress(OSError):
        for tasks in Path(f"/proc/{pid}/task").iterdir():
            for child in (tasks / "children").read_text().split():
                yield from _tree(int(child))


def _resident_kib(pid: int) -> int:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_KIB
    return 0


def number_in(pattern: str, told: str) -> int | None:
    """Return the number that the last match of *pattern* holds."""
    found = re.findall(pattern, told)
    return int(found[-1]) if found else None
