"""Load a journey file: text to model, with the places and warnings that later stages need."""

from __future__ import annotations

from pathlib import Path

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.syntax.explain import validate
from pytest_reqflo.syntax.load import parse_yaml
from pytest_reqflo.syntax.model import JourneyDocument, JourneyModel
from pytest_reqflo.syntax.read import MAX_SIZE_BYTES, decode_source, read_bytes


@dataclass(frozen=True, slots=True)
class LoadedJourney:
    """A journey as written: *path* on disk, *shown* to people, *root* that bounds its files."""

    path: Path
    shown: str
    root: Path
    model: JourneyModel
    document: Document
    warnings: tuple[Diagnostic, ...] = ()


def load_journey(path: Path, *, shown: str, root: Path) -> LoadedJourney:
    """Return the journey in the file *path*, wherever it lies.

    Raises: JourneyError with every problem of the file (RF1xx, RF210).
    """
    content = read_bytes(path, shown, max_bytes=MAX_SIZE_BYTES)
    return read_journey(content, path, shown=shown, root=root)


def read_journey(content: bytes, path: Path, *, shown: str, root: Path) -> LoadedJourney:
    """Return the journey that *content*, read from *path*, holds.

    Raises: JourneyError with every problem of the file (RF1xx, RF210).
    """
    document, warnings = parse_yaml(decode_source(content, shown))
    model = validate(document, JourneyDocument).journey
    return LoadedJourney(path, shown, root, model, document, warnings)
