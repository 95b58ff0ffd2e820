"""Where the time of one side goes: samples of py-spy, else the counts of cProfile."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import speed_environments as environments
from speed_server import Loopback
from speed_sides import Place
from speed_table import Group

_SHOWN = 30
_TRUNK = 0.9
"""What holds more than this share holds all the rest, and says nothing."""
_SAMPLES_PER_S = 500


def profile(name: str, group: Group, folder: Path, server: Loopback) -> None:
    """Print the functions in which the side called *name* spends its time."""
    found = [side for side in group.sides if side.name == name and side.command]
    assert found, f"one of: {', '.join(side.name for side in group.sides if side.command)}"
    command, suite = Place(folder, group.work, server).prepare(found[0])
    py_spy = shutil.which("py-spy")
    (_with_py_spy if py_spy else _with_cprofile)(command, suite, folder / "profile")


def _with_cprofile(command: list[str], suite: Path, output: Path) -> None:
    python, *rest = command
    _run([python, "-m", "cProfile", "-o", str(output), *rest], suite)
    script = (
        f"import pstats; stats = pstats.Stats({str(output)!r}).strip_dirs()\n"
        f"for order in ('tottime', 'cumtime'): stats.sort_stats(order).print_stats({_SHOWN})"
    )
    _run([python, "-c", script], suite)


def _with_py_spy(command: list[str], suite: Path, output: Path) -> None:
    options = ["--rate", str(_SAMPLES_PER_S), "--format", "raw", "--output", str(output), "--gil"]
    _run(["py-spy", "record", *options, "--", *command], suite)
    stacks = list(_stacks(output.read_text()))
    total = sum(samples for _, samples in stacks)
    for title, names_of in _VIEWS.items():
        print(f"\n{title}, share of {total} samples")
        shares = (
            (name, samples / total) for name, samples in _count(stacks, names_of).most_common()
        )
        telling = ((name, share) for name, share in shares if share < _TRUNK)
        for name, share in itertools.islice(telling, _SHOWN):
            print(f"{share:6.1%}  {name}")


Frames = Sequence[str]
"""The functions of a stack, outermost first, each with its file."""

_VIEWS: Mapping[str, Callable[[Frames], Iterable[str]]] = {
    "by file, own time": lambda frames: [frames[-1].partition(" (")[2].rstrip(")")],
    "by function, own time": lambda frames: frames[-1:],
    "by function, with what it calls": set,
}


def _count(
    stacks: Iterable[tuple[Frames, int]], names_of: Callable[..., Iterable[str]]
) -> Counter[str]:
    counted: Counter[str] = Counter()
    for frames, samples in stacks:
        for name in names_of(frames):
            counted[name] += samples
    return counted


def _stacks(raw: str) -> Iterator[tuple[Frames, int]]:
    """Yield the functions of each stack with the number of its samples, lines left out."""
    for line in raw.splitlines():
        stack, _, samples = line.rpartition(" ")
        yield [re.sub(r":\d+\)$", ")", frame) for frame in stack.split(";")], int(samples)


def _run(command: list[str], folder: Path) -> None:
    subprocess.run(command, cwd=folder, check=True, env=environments.plain_variables())
