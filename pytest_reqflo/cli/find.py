"""What a person calls a journey, to the file or stored artifact that is meant. Reads files.

A journey is named by path, name, id, short id (``jrn_…``), ``<any of these>@v3``, or by the id of
one of its artifacts.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from pytest_reqflo.artifact.codec import journey_short_id
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import JourneyError, UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.syntax.load import load_document
from pytest_reqflo.syntax.scan import has_journey_root
from pytest_reqflo.values import slugify

_ARTIFACT_ID = re.compile(r"artifact_[0-9a-f]{1,64}")
_SUFFIXES = (".yaml", ".yml")
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "venv", "build", "dist"})


@dataclass(frozen=True, slots=True)
class JourneyEntry:
    """A journey file, by what stands in it; *is_readable* false: it is no YAML."""

    path: Path
    name: str
    id: str
    is_readable: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that the journey may be called."""
        return tuple(filter(None, (self.name, self.id, journey_short_id(self.id))))


def is_artifact_id(text: str) -> bool:
    """Say whether *text* is the id of an artifact, or its beginning."""
    return _ARTIFACT_ID.fullmatch(text) is not None


def find_path(text: str) -> Path | None:
    """Return the file or folder that *text* is the path of, None when there is none."""
    path = Path(text)
    try:
        return path if path.exists() else None
    except (OSError, ValueError):
        return None


def find_journey(wanted: str, folder: Path) -> JourneyEntry:
    """Return the journey below *folder* that is called *wanted*, or whose file that is.

    Raises: UsageProblem RF802 when none is, or several are.
    """
    path = find_path(wanted)
    if path is not None and path.is_file():
        return _read_entry(path)
    entries = list(read_entries(folder))
    found = [entry for entry in entries if wanted in entry.names]
    if len(found) == 1:
        return found[0]
    return _refuse(wanted, found, entries, folder)


def find_nearby(wanted: str) -> JourneyEntry | None:
    """Return the journey below this folder that is called *wanted*, None when there is not one."""
    try:
        return find_journey(wanted, Path.cwd())
    except UsageProblem:
        return None


def find_journey_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the journey files among *paths* and below them, in order, each once."""
    seen: set[Path] = set()
    for path in paths:
        for file in _walk(path) if path.is_dir() else [path]:
            if file not in seen:
                seen.add(file)
                yield file


def read_entries(folder: Path) -> Iterator[JourneyEntry]:
    """Yield every journey below *folder*."""
    yield from map(_read_entry, find_journey_files([folder]))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in _PASSED_OVER
        )
        for name in sorted(files):
            path = Path(parent, name)
            if path.suffix in _SUFFIXES and _is_journey(path):
                yield path


def _is_journey(path: Path) -> bool:
    return path.stem.endswith(".journey") or has_journey_root(path)


def _read_entry(path: Path) -> JourneyEntry:
    """Read name and id only: a defect elsewhere in the file must not hide the journey."""
    try:
        document, _ = load_document(path, str(path))
    except JourneyError:
        return JourneyEntry(path, "", "", is_readable=False)
    journey = document.data.get("journey") if isinstance(document.data, dict) else None
    entry = journey if isinstance(journey, dict) else {}
    name, given = entry.get("name"), entry.get("id")
    name = name if isinstance(name, str) else ""
    return JourneyEntry(path, name, given if isinstance(given, str) else slugify(name))


def _refuse(
    wanted: str, found: list[JourneyEntry], entries: list[JourneyEntry], folder: Path
) -> NoReturn:
    if found:
        title = f"{len(found)} journeys are called `{wanted}`"
        notes = tuple(f"in {_shown(entry.path)}" for entry in found)
        hint = "name its file"
    else:
        title = f"no journey below `{folder}` is called `{wanted}`"
        unread = [entry.path for entry in entries if not entry.is_readable]
        notes = tuple(f"not readable: {_shown(path)}" for path in unread[:5])
        hint = name_hint(wanted, filter(None, (entry.id for entry in entries)), what="Journeys")
    raise UsageProblem(Diagnostic(code="RF802", title=title, notes=notes, hint=hint))


def _shown(path: Path) -> str:
    return os.path.relpath(path)
