"""Load a journey file: text to model, with the places and warnings that later stages need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.syntax.explain import validate
from pytest_reqflo.syntax.load import load_document
from pytest_reqflo.syntax.model import JourneyDocument, JourneyModel


@dataclass(frozen=True, slots=True)
class LoadedJourney:
    """A journey as written: *path* on disk, *shown* to people, *root* that bounds its files."""

    path: Path
    shown: str
    root: Path
    model: JourneyModel
    document: Document
    warnings: tuple[Diagnostic, ...] = ()


def load_journey(path: Path, *, shown: str, root: Path, below: Path | None = None) -> LoadedJourney:
    """Return the journey in the file *path*.

    Shape: *below* is the folder that the file must lie in, links followed; None: anywhere.
    Raises: JourneyError with every problem of the file (RF1xx, RF210).
    """
    document, warnings = load_document(path.resolve() if below else path, shown, below=below)
    model = validate(document, JourneyDocument).journey
    return LoadedJourney(path, shown, root, model, document, warnings)
