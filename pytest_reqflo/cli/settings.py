"""The folder of a project and its settings, found the way pytest finds them, without pytest.

Reads the first configuration file at or above a folder, and `REQFLO_*` variables.
"""

from __future__ import annotations

import configparser
import os
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast, get_args

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.frozen import dataclass

Adhoc: TypeAlias = Literal["allow", "warn", "error"]
"""What is said of a request that no template describes."""

_INI_SECTIONS = {
    "pytest.ini": "pytest",
    ".pytest.ini": "pytest",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}
_ALWAYS_COUNTS = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini")
_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini",
          "setup.cfg")  # fmt: skip


_TRUE = ("true", "1", "yes", "on", "t", "y")
"""What pytest takes for true in an ini file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """Where a project begins, and what its configuration says to us."""

    rootdir: Path
    store: Path
    root: Path | None = None
    adhoc: Adhoc = "allow"
    environment: str | None = None
    secret_command: tuple[str, ...] = ()
    allows_any_host: bool = False


def load_settings(
    start: Path, *, store: Path | None = None, process_env: Mapping[str, str] | None = None
) -> ProjectSettings:
    """Return the settings of the project that *start*, a file or folder, belongs to.

    Raises: UsageProblem RF801.
    """
    variables = os.environ if process_env is None else process_env
    rootdir, entries = _find_configuration(start if start.is_dir() else start.parent)

    def text(name: str) -> str | None:
        return variables.get(f"REQFLO_{name.upper()}") or entries.get(f"reqflo_{name}") or None

    def folder(name: str) -> Path | None:
        # A variable is relative to where one stands, a line of a file to that file.
        if found := variables.get(f"REQFLO_{name.upper()}"):
            return Path.cwd() / found
        return rootdir / entries[f"reqflo_{name}"] if entries.get(f"reqflo_{name}") else None

    return ProjectSettings(
        rootdir=rootdir,
        store=store or folder("store") or rootdir / ".reqflo",
        root=folder("root"),
        adhoc=_read_adhoc(text("adhoc") or "allow"),
        environment=text("env"),
        # From the file alone, as pytest reads them.
        secret_command=tuple(shlex.split(entries.get("reqflo_secret_command", ""))),
        allows_any_host=entries.get("reqflo_allow_any_host", "").strip().lower() in _TRUE,
    )


def _read_adhoc(text: str) -> Adhoc:
    for allowed in get_args(Adhoc):
        if text == allowed:
            return cast("Adhoc", text)
    title = f"reqflo_adhoc: `{text}` is not one of {', '.join(get_args(Adhoc))}"
    raise UsageProblem(Diagnostic(code="RF801", title=title))


def _find_configuration(start: Path) -> tuple[Path, Mapping[str, str]]:
    # Where a link stands, not where it leads: the project decides what may be read.
    start = start.resolve() if start.is_dir() else start.parent.resolve() / start.name
    for folder in (start, *start.parents):
        for name in _FILES:
            entries = _read_configuration(folder / name)
            if entries is not None:
                return folder, entries
    here = Path.cwd()
    return (here if start.is_relative_to(here) else start), {}


def _read_configuration(path: Path) -> Mapping[str, str] | None:
    """Return the entries of a file that configures pytest, None when it does not."""
    if not path.is_file():
        return None
    try:
        text = path.read_text(encoding="utf-8-sig")
        entries = _toml_entries(text, path) if path.suffix == ".toml" else _ini_entries(text, path)
    except (OSError, ValueError, configparser.Error):
        # pytest itself says what is wrong with it.
        entries = None
    if entries is None:
        return {} if path.name in _ALWAYS_COUNTS else None
    return {name: _text_of(value) for name, value in entries.items()}


def _text_of(value: Any) -> str:
    """Return what an ini file would say: TOML has lists of its own."""
    return shlex.join(map(str, value)) if isinstance(value, list) else str(value)


def _ini_entries(text: str, path: Path) -> Mapping[str, Any] | None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(text)
    section = _INI_SECTIONS[path.name]
    return dict(parser[section]) if parser.has_section(section) else None


def _toml_entries(text: str, path: Path) -> Mapping[str, Any] | None:
    document = tomllib.loads(text)
    if path.name != "pyproject.toml":
        return _mapping_in(document, "pytest")
    tool = _mapping_in(document, "tool", "pytest")
    return None if tool is None else {**tool, **(_mapping_in(tool, "ini_options") or {})}


def _mapping_in(document: Mapping[str, Any], *keys: str) -> Mapping[str, Any] | None:
    found: Any = document
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else None
