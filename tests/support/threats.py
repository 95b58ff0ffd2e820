"""A project in a folder, for runs against what a stranger wrote or a server answers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from compiling import Folder
from hostile import Outcome, attack


class Target(Folder):
    """A project folder with an environment; `attack` runs pytest in it and holds what must hold."""

    def __init__(self, path: Path, url: str = "http://127.0.0.1:9") -> None:
        super().__init__(path)
        self.write("pytest.ini", "[pytest]\naddopts = -p no:randomly -p no:cacheprovider\n")
        environment = {"name": "local", "services": {"default": {"base_url": url}}}
        self.write("environments/local.yaml", f"environment: {json.dumps(environment)}\n")

    def journey(self, name: str, *steps: Mapping[str, Any], **head: Any) -> Path:
        """Write a journey under its name; escapes keep every character of it."""
        tree = {"name": name, **head, "steps": list(steps)}
        return self.write(f"{name}.journey.yaml", f"journey: {written(tree)}\n")

    def attack(self, *arguments: str | bytes, **options: Any) -> Outcome:
        return attack(self.path, *arguments, **options)

    def results(self, name: str = "out.json") -> dict[str, Any]:
        """Return the results of the last run by the name of their journey."""
        document = json.loads((self.path / name).read_text())
        documents = document.get("results", [document])
        return {each["identity"]["journey_name"]: each for each in documents}


def written(value: Any) -> str:
    """Return *value* as YAML on one line, in ASCII."""
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{written(key)}: {written(item)}" for key, item in value.items()) + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    if not isinstance(value, str):
        return json.dumps(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if " " <= c <= "~" else f"\\U{ord(c):08x}" for c in escaped) + '"'


def get(id: str, url: str, **parts: Any) -> dict[str, Any]:
    return {"id": id, "request": {"method": "GET", "url": url}, **parts}


_MEASURE = """
{imports}

def highest_kib():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))

before = highest_kib()
{work}
print(highest_kib() - before)
"""


def grown_mib(imports: str, work: str, *arguments: str) -> float:
    """Return by how many MiB the peak memory of a process of its own grew while it did *work*.

    Not `ru_maxrss`: a process inherits that from the one that started it.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells the peak memory of a process")
    script = _MEASURE.format(imports=imports, work=work)
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    return int(run.stdout.split()[-1]) / 1024
