"""The files beside the journeys: environments, presets, overlays and templates of one root.

Each kind is read when something of it is first asked for, so that a broken environment does not
stop a journey from being checked. A file counts when one of its root keys belongs to its kind,
nearly so included: projects keep other YAML in folders called ``templates`` too.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pytest_reqflo.diagnostic import Diagnostic, Label, label_at, name_hint
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.syntax.paths import PathProblem, resolve_below
from pytest_reqflo.syntax.read import MAX_SIZE_BYTES, decode_source, read_bytes
from pytest_reqflo.syntax.scan import find_root_keys, is_nearly
from pytest_reqflo.values import Digest, Json, canonical_json, digest_of, slugify

if TYPE_CHECKING:
    from pydantic import BaseModel

    from pytest_reqflo.syntax.model import (
        EnvironmentModel,
        OverlayModel,
        PresetModel,
        TemplateModel,
    )

M_co = TypeVar("M_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Loaded(Generic[M_co]):
    """A file of the library: its model, and where it was read from."""

    model: M_co
    document: Document
    path: Path
    shown: str
    warnings: tuple[Diagnostic, ...] = ()
    pointer: str = ""
    """Where the model stands in the document: ``/environment``; empty for a flat template."""


@dataclass(frozen=True, slots=True)
class EnvironmentFile:
    """What an environment file says, as data with the keys of the file; its real path, and as shown."""

    name: str
    data: Mapping[str, Json]
    path: Path
    shown: str


class KnownEnvironments(Protocol):
    """What files of environments were found to say before, by their content."""

    def find(self, shown: str, content: bytes) -> Mapping[str, Json] | None:
        """Return what a file with this *content*, shown as *shown*, says; None when it is not known."""

    def keep(self, shown: str, content: bytes, data: Mapping[str, Json]) -> None:
        """Keep that it says *data*."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of file: its folder, its root key, and how a document becomes its model."""

    name: str
    folder: str
    is_deep: bool
    read: Callable[[Document], BaseModel]
    other_keys: tuple[str, ...] = ()


# What reads and judges files is imported with the first: what is known of them needs neither.


def _read_template(document: Document) -> BaseModel:
    from pytest_reqflo.syntax.explain import validate
    from pytest_reqflo.syntax.model import TemplateDocument, TemplateModel

    if isinstance(document.data, dict) and "template" not in document.data:
        return validate(document, TemplateModel)
    return validate(document, TemplateDocument).template


def _read_environment(document: Document) -> EnvironmentModel:
    from pytest_reqflo.syntax.explain import validate
    from pytest_reqflo.syntax.model import EnvironmentDocument

    return validate(document, EnvironmentDocument).environment


def _read_preset(document: Document) -> BaseModel:
    from pytest_reqflo.syntax.explain import validate
    from pytest_reqflo.syntax.model import PresetDocument

    return validate(document, PresetDocument).preset


def _read_overlay(document: Document) -> BaseModel:
    from pytest_reqflo.syntax.explain import validate
    from pytest_reqflo.syntax.model import OverlayDocument

    return validate(document, OverlayDocument).overlay


_ENVIRONMENT = _Kind("environment", "environments", False, _read_environment)
_PRESET = _Kind("preset", "presets", False, _read_preset)
_OVERLAY = _Kind("overlay", "overlays", False, _read_overlay)
_TEMPLATE = _Kind("template", "templates", True, _read_template, ("method", "url"))
_KINDS = {kind.name: kind for kind in (_ENVIRONMENT, _PRESET, _OVERLAY, _TEMPLATE)}


@dataclass(frozen=True, slots=True)
class _Text:
    """A file as it was read: its real path, and as shown; *problem* where it could not be."""

    path: Path
    shown: str
    content: bytes
    problem: JourneyError | None = None


def load_library(
    root: Path, *, shown_from: Path | None = None, known: KnownEnvironments | None = None
) -> Library:
    """Return the library below *root*; its files are shown relative to *shown_from* or *root*."""
    return Library(root, shown_from or root, known)


def load_environment(path: Path, shown: str) -> Loaded[EnvironmentModel]:
    """Return the environment in the file *path*, wherever it lies. Raises: JourneyError."""
    from pytest_reqflo.syntax.load import load_document

    document, warnings = load_document(path, shown)
    model = _read_environment(document)
    return Loaded(model, document, path, shown, warnings, "/environment")


class Library:
    """The environments, presets, overlays and templates of one root, by name."""

    def __init__(
        self, root: Path, shown_from: Path, known: KnownEnvironments | None = None
    ) -> None:
        self.root = root
        self.asked: set[str] = set()
        """The kinds of files that were asked for; whoever wants to know for what empties it."""
        self._shown_from = shown_from
        self._known = known
        self._texts: dict[_Kind, tuple[_Text, ...]] = {}
        self._loaded: dict[_Kind, Mapping[str, Loaded[Any]]] = {}

    @property
    def environments(self) -> Mapping[str, Loaded[EnvironmentModel]]:
        """Environments by name. Raises: JourneyError when a file of theirs is wrong."""
        return self._of(_ENVIRONMENT)

    @property
    def presets(self) -> Mapping[str, Loaded[PresetModel]]:
        """Presets by name. Raises: JourneyError when a file of theirs is wrong."""
        return self._of(_PRESET)

    @property
    def overlays(self) -> Mapping[str, Loaded[OverlayModel]]:
        """Overlays by name. Raises: JourneyError when a file of theirs is wrong."""
        return self._of(_OVERLAY)

    @property
    def _templates(self) -> Mapping[str, Loaded[TemplateModel]]:
        return self._of(_TEMPLATE)

    def state_of(self, name: str) -> Digest | None:
        """Return what changes when a file of the kind *name* does, None when one is not to be read."""
        kind = _KINDS.get(name)
        try:
            texts = self._read(kind) if kind else ()
        except (JourneyError, OSError, RuntimeError, ValueError):  # whoever asks for one is told
            return None
        if kind is None or any(each.problem for each in texts):
            return None
        return digest_of(canonical_json([(each.shown, digest_of(each.content)) for each in texts]))

    @functools.cached_property
    def secret_places(self) -> tuple[Path, ...]:
        """The real files and folders that environments take secrets from; none while one is wrong."""
        try:
            files = tuple(self.environment_files.values())
        except JourneyError:  # whoever runs a journey is told
            return ()
        return tuple(
            (each.path.parent / named).resolve()
            for each in files
            for key in ("dotenv", "dir")
            if (named := (each.data.get("secrets") or {}).get(key))
        )

    def environment_names(self) -> tuple[str, ...]:
        """Return the names of all environments in alphabetical order."""
        return tuple(sorted(self.environment_files))

    def environment_file(self, name: str) -> EnvironmentFile:
        """Return what the environment *name* says. Raises: JourneyError RF212 when there is none."""
        found = self.environment_files.get(name)
        return found or _as_file(self.environment(name))

    @functools.cached_property
    def environment_files(self) -> Mapping[str, EnvironmentFile]:
        """What environments say, by name. Raises: JourneyError when a file of theirs is wrong."""
        if self._known is None:
            return self._environments_as_files()
        known = self._known_files(self._known)
        if known is None:
            known = self._environments_as_files()
            contents = {each.path: each.content for each in self._read(_ENVIRONMENT)}
            for each in known.values():
                self._known.keep(each.shown, contents[each.path], each.data)
        return known

    def _environments_as_files(self) -> dict[str, EnvironmentFile]:
        return {name: _as_file(loaded) for name, loaded in self.environments.items()}

    def _known_files(self, known: KnownEnvironments) -> dict[str, EnvironmentFile] | None:
        """Return the environments if all of them are known, and none has the name of another."""
        texts, files = self._read(_ENVIRONMENT), {}
        for each in texts:
            data = None if each.problem else known.find(each.shown, each.content)
            if data is None:
                return None
            files[data["name"]] = EnvironmentFile(data["name"], data, each.path, each.shown)
        return files if len(files) == len(texts) else None

    def find_environment(self, name: str) -> Loaded[EnvironmentModel] | None:
        """Return the environment *name*, None when there is none."""
        return self.environments.get(name)

    def environment(self, name: str) -> Loaded[EnvironmentModel]:
        """Return the environment *name*. Raises: JourneyError RF212 when there is none."""
        found = self.find_environment(name)
        if found is None:
            hint = name_hint(name, self.environment_names(), what="Environments")
            raise JourneyError(
                Diagnostic(code="RF212", title=f"there is no environment `{name}`", hint=hint)
            )
        return found

    def find_preset(self, name: str) -> Loaded[PresetModel] | None:
        """Return the preset *name*, None when there is none."""
        return self.presets.get(name)

    def find_overlay(self, name: str) -> Loaded[OverlayModel] | None:
        """Return the overlay *name*, None when there is none."""
        return self.overlays.get(name)

    def templates(self) -> tuple[Loaded[TemplateModel], ...]:
        """Return all templates, ordered by file. Raises: JourneyError when one is wrong."""
        return tuple(self._templates.values())

    def find_template(self, name: str) -> Loaded[TemplateModel] | None:
        """Return the template whose name, or else its slug, is *name*; None when there is none."""
        if name in self._templates:
            return self._templates[name]
        slug = slugify(name)
        return next(
            (item for item in self.templates() if slug and slugify(item.model.name) == slug), None
        )

    def _of(self, kind: _Kind) -> Mapping[str, Loaded[Any]]:
        self.asked.add(kind.name)
        if kind not in self._loaded:
            self._loaded[kind] = self._load(kind)
        return self._loaded[kind]

    def _load(self, kind: _Kind) -> dict[str, Loaded[Any]]:
        found: list[Loaded[Any]] = []
        problems: list[Diagnostic] = []
        for text in self._read(kind):
            try:
                found.append(_load_text(text, kind))
            except JourneyError as error:
                problems += error.diagnostics
        problems += _duplicates(found, kind)
        if problems:
            raise JourneyError(*problems)
        return {item.model.name: item for item in found}

    def _read(self, kind: _Kind) -> tuple[_Text, ...]:
        """Return the files of *kind*, read once: what is told of them is told of the same bytes."""
        if kind not in self._texts:
            self._texts[kind] = tuple(map(self._read_file, self._files(kind)))
        return self._texts[kind]

    def _read_file(self, path: Path) -> _Text:
        shown = os.path.relpath(path, self._shown_from)
        try:
            real = resolve_below(self.root, path.parent, path.name)
            below = self.root.resolve()
            return _Text(
                real, shown, read_bytes(real, shown, max_bytes=MAX_SIZE_BYTES, below=below)
            )
        except PathProblem as problem:
            title = f"{shown}: {problem.message}"
            diagnostic = Diagnostic(code=problem.code, title=title, hint=problem.hint)
            return _Text(path, shown, b"", JourneyError(diagnostic))
        except JourneyError as error:
            return _Text(path, shown, b"", error)

    def _files(self, kind: _Kind) -> Iterator[Path]:
        folder = self.root / kind.folder
        if not folder.resolve().is_relative_to(self.root.resolve()):
            # Before it is walked: a link may lead to all that this machine has.
            title = f"the folder `{kind.folder}` lies outside of the root `{self.root}`"
            raise JourneyError(Diagnostic(code="RF114", title=title))
        for path in sorted(_yaml_files(folder, is_deep=kind.is_deep)):
            keys = find_root_keys(path)
            if any(is_nearly(key, kind.name) or key in kind.other_keys for key in keys):
                yield path


def _as_file(loaded: Loaded[EnvironmentModel]) -> EnvironmentFile:
    return EnvironmentFile(loaded.model.name, loaded.model.to_data(), loaded.path, loaded.shown)


def _load_text(text: _Text, kind: _Kind) -> Loaded[Any]:
    if text.problem is not None:
        raise text.problem
    return _load_version(text.path, text.shown, kind, text.content)


@functools.lru_cache(maxsize=4096)
def _load_version(path: Path, shown: str, kind: _Kind, content: bytes) -> Loaded[Any]:
    """Load a file once per version of it: each journey asks for the library of its root."""
    from pytest_reqflo.syntax.load import parse_yaml

    document, warnings = parse_yaml(decode_source(content, shown))
    model = kind.read(document)
    has_root = isinstance(document.data, dict) and kind.name in document.data
    return Loaded(model, document, path, shown, warnings, f"/{kind.name}" if has_root else "")


def _yaml_files(folder: Path, *, is_deep: bool) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(folders) if is_deep else []
        yield from (Path(parent, name) for name in names if name.endswith((".yaml", ".yml")))


def _duplicates(found: Iterable[Loaded[Any]], kind: _Kind) -> Iterator[Diagnostic]:
    seen: dict[str, Loaded[Any]] = {}
    for item in found:
        name = item.model.name
        key = slugify(name) or name if kind is _TEMPLATE else name
        first = seen.setdefault(key, item)
        if first is not item:
            labels = (_name_label(item), _name_label(first))
            title = f"two {kind.folder} are named `{name}`"
            yield Diagnostic(code="RF110", title=title, labels=labels, hint="rename one of them")


def _name_label(item: Loaded[Any]) -> Label:
    places = item.document.map
    return label_at(places.source, places.span_of(f"{item.pointer}/name"))
