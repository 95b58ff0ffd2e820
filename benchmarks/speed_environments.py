"""Where the sides run: an environment for each Python peer, and programs that others install.

All of it lies in a cache folder that git ignores. An environment holds what its users install and
nothing else, since every further plugin changes the figures. It is made with the Python that runs
the benchmark, and for a peer that does not support that one, with a newer one where it is given.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import distributions
from pathlib import Path

ROOT = Path(__file__).parents[1]
CACHE = Path(__file__).parent / ".cache"
_OF_THIS_PYTHON = CACHE / f"python{sys.version_info.major}.{sys.version_info.minor}"

OURS, PLAIN = "reqflo", "plain"
NEWMAN = "newman@6.2.2"
PEERS: Mapping[str, Sequence[str]] = {
    "tavern": ("tavern==3.7.1", "pytest<9.2", "pytest-xdist"),
    "httpchain": ("pytest-httpchain==0.18.1",),
    "gabbi": ("gabbi==4.2.3", "pytest"),
}
"""What is installed for a peer, by the name of its environment."""


def python_of(name: str) -> Path | None:
    """Return the interpreter of an environment, None where it was not made."""
    python = _OF_THIS_PYTHON / name / "bin" / "python"
    return python if python.exists() else None


def program(name: str) -> Path | None:
    """Return a program that is no Python package: from the cache, else from PATH."""
    installed = CACHE / "node_modules" / ".bin" / name
    found = str(installed) if installed.exists() else shutil.which(name)
    return Path(found) if found else None


def hurl_version() -> str:
    """Return the version of the Hurl that is used, empty where there is none."""
    found = program("hurl")
    if found is None:
        return ""
    told = subprocess.run([str(found), "--version"], capture_output=True, text=True, check=True)
    return told.stdout.split()[1]


def make_ours() -> None:
    """Install the repository as it is now, with the extra ``fast`` where it has one."""
    stamp = _OF_THIS_PYTHON / OURS / "digest"
    digest = _digest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    _install(OURS, [f"{ROOT}{_extra()}"])
    _install(OURS, ["--force-reinstall", "--no-deps", str(ROOT)])
    stamp.write_text(digest)


def make_plain() -> None:
    """Make the environment of the raw loops and of the suite by hand, where it is missing."""
    if python_of(PLAIN) is None:
        _install(PLAIN, ["pytest", "httpx", "pyreqwest"])


def make_peers(pythons: Sequence[str]) -> Iterator[str]:
    """Make what is missing of the peers, by the first of *pythons* that can.

    Shape: a line for each peer that cannot be had.
    """
    for name, requirements in PEERS.items():
        if python_of(name) is None:
            yield from _make_peer(name, requirements, pythons)
    if program("newman") is None and (problem := _try_to(_install_newman)):
        yield f"newman: {problem}"


def versions_in(name: str) -> dict[str, str]:
    """Return what an environment holds, by the name of the distribution in small letters."""
    folders = [str(path) for path in (_OF_THIS_PYTHON / name).glob("lib/python*/site-packages")]
    return {each.name.lower(): each.version for each in distributions(path=folders)}


def python_version_in(name: str) -> str:
    """Return the version of Python of an environment."""
    lines = (_OF_THIS_PYTHON / name / "pyvenv.cfg").read_text().splitlines()
    return dict(line.split(" = ", 1) for line in lines)["version"]


def known_options() -> str:
    """Return what our pytest says of its options: older versions have fewer."""
    command = [str(python_of(OURS)), "-m", "pytest", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=CACHE)
    return told.stdout


def plain_variables() -> dict[str, str]:
    """Return the environment variables of a side, without those that change what is measured."""
    unwanted = ("PYTHON", "PYTEST", "REQFLO", "VIRTUAL_ENV")
    kept = {name: text for name, text in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "XDG_CACHE_HOME": str(CACHE / "caches")}


def _make_peer(name: str, requirements: Sequence[str], pythons: Sequence[str]) -> Iterator[str]:
    problem = ""
    for python in pythons:
        problem = _try_to(_install, name, requirements, python)
        if not problem:
            return
        shutil.rmtree(_OF_THIS_PYTHON / name, ignore_errors=True)
    yield f"{name}: {problem}"


def _install(name: str, requirements: Sequence[str], python: str = sys.executable) -> None:
    folder = _OF_THIS_PYTHON / name
    if not folder.exists():
        command = [python, "-m", "venv", str(folder)]
        subprocess.run(command, check=True, capture_output=True, text=True, env=plain_variables())
    command = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *requirements]
    subprocess.run(command, check=True, capture_output=True, text=True, env=plain_variables())


def _install_newman() -> None:
    command = ["npm", "install", "--silent", "--prefix", str(CACHE), NEWMAN]
    subprocess.run(command, check=True, capture_output=True, text=True)


def _try_to(install: Callable[..., None], *args: object) -> str:
    """Install, and return in a line why it failed; empty where it did not."""
    try:
        install(*args)
    except OSError as error:
        return str(error)
    except subprocess.CalledProcessError as error:
        return (error.stderr.strip() or "failed").splitlines()[-1]
    return ""


def _extra() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return "[fast]" if "fast" in project["optional-dependencies"] else ""


def _digest() -> str:
    digest = hashlib.sha256((ROOT / "pyproject.toml").read_bytes())
    for path in sorted((ROOT / "pytest_reqflo").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
