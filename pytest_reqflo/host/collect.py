"""Files to collectors: journeys, near misses, and artifacts that were named explicitly."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import JourneyError, ReqfloError, ReqfloWarning
from pytest_reqflo.host.environment import ENVIRONMENT_FIXTURE, INPUTS_FIXTURE
from pytest_reqflo.host.failure import failure_of, failure_repr
from pytest_reqflo.host.item import JourneyFunction, JourneyItem, JourneyNode
from pytest_reqflo.host.rows import RowsFunction, RowsItem, RowsNode
from pytest_reqflo.host.session import JourneySession, begin_session, warn
from pytest_reqflo.host.subject import Subject, subject_of_artifact, subject_of_journey
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
    from pytest_reqflo.plan.batches import RowBatch
    from pytest_reqflo.plan.items import ItemSpec

_NOT_IN_IDS = str.maketrans({"\t": "\\t", "<": "\\x3c", ">": "\\x3e"})

_UNCHANGED = {
    ENVIRONMENT_FIXTURE: "_reqflo_no_environment",
    INPUTS_FIXTURE: "_reqflo_no_inputs",
}
"""Our two fixtures, and what stands in their closure as long as no suite overrides them."""

_CLOSURE = pytest.StashKey[tuple[bool, tuple[str, ...]]]()


def collect_journey(path: Path, parent: pytest.Collector) -> JourneyFile | None:
    """Return the collector of a journey file, None when ini ``reqflo_files`` leaves it out."""
    patterns = parent.config.getini("reqflo_files")
    if patterns and not any(path.match(pattern) for pattern in patterns):
        return None
    return _make_file(JourneyFile, parent, path)


def collect_suspect(path: Path, parent: pytest.Collector, key: str) -> SuspectFile:
    """Return the collector that warns of the root key *key*."""
    return _make_file(SuspectFile, parent, path, key=key)


def collect_artifact(path: Path, parent: pytest.Collector) -> ArtifactFile:
    """Return the collector of a stored artifact."""
    return _make_file(ArtifactFile, parent, path)


_F = TypeVar("_F", bound=pytest.File)


def _make_file(kind: type[_F], parent: pytest.Collector, path: Path, **arguments: Any) -> _F:
    """Return the collector of *path* under an id that every report and CI system can take.

    Bytes that are no text end an xdist worker, control characters make JUnit files unreadable,
    pytest-html puts ids into its page as markup, and GitHub obeys a line that begins with ``::``.
    """
    file: _F = kind.from_parent(parent, path=path, name=_name_in(parent, path), **arguments)
    safe = printable_line(file.nodeid).translate(_NOT_IN_IDS)
    safe = f"./{safe}" if safe.startswith(("::", "##")) else safe
    if safe == file.nodeid:
        return file
    name = printable_line(file.name).translate(_NOT_IN_IDS)
    renamed: _F = kind.from_parent(parent, path=path, name=name, nodeid=safe, **arguments)
    return renamed


def _name_in(parent: pytest.Collector, path: Path) -> str | None:
    """Return what *path* is called in the folder *parent*, None where pytest works that out slowly."""
    is_told = path.parent == parent.path and "\\" not in path.name
    return path.name if is_told else None


class _ReqfloFile(pytest.File):
    """A file whose problems are shown as we explain them, without a traceback."""

    def _shown(self) -> str:
        path, root = str(self.path), f"{self.config.rootpath}{os.sep}"
        return path.removeprefix(root).replace(os.sep, "/") if path.startswith(root) else path

    def _session(self) -> JourneySession:
        try:
            return begin_session(self.config)
        except pytest.UsageError as error:
            raise self.CollectError(str(error)) from None

    def _warn(self, diagnostics: Iterable[Diagnostic]) -> None:
        refused = []
        for diagnostic in diagnostics:
            try:
                warn(diagnostic, path=self.path, line=1)
            except ReqfloWarning:
                refused.append(diagnostic)
        if refused:
            raise ReqfloError(*refused)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Return all problems of the file, with the first as the one-line reason."""
        error = excinfo.value
        if isinstance(error, ReqfloError):
            failure = failure_of(error, path=str(self.path), line=1)
            if not hasattr(self.config, "workerinput"):
                return failure_repr(excinfo, failure)
            # The controller of xdist shows equal texts of its workers once, other things each time.
            # Without its name, a file would be lost that fails for the same reason as another.
            name = printable_line(self._shown())
            return failure.text if name in failure.text else f"{failure.text}\n  = met by {name}"
        if isinstance(error, self.CollectError):
            return str(error)
        return super().repr_failure(excinfo)


class SuspectFile(_ReqfloFile):
    """A file that holds no journey, but whose root key is nearly `journey`."""

    def __init__(self, *, key: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._key = key

    def collect(self) -> Iterable[pytest.Item]:
        """Warn, and collect nothing."""
        title = f"{self._shown()} is not collected: its root key is `{self._key}`"
        hint = "did you mean `journey`?"
        self._warn([Diagnostic(code="RF120", title=title, hint=hint, severity="warning")])
        return []


class _ItemFile(_ReqfloFile, pytest.Module):
    """A file that gives items. It is their module: fixtures of that scope live as long as it."""

    @functools.cached_property
    def journeys(self) -> JourneySession:
        """The session of this process."""
        return begin_session(self.config)

    @functools.cached_property
    def relay(self) -> Any:
        """The hooks that its folder sees, for the time when collecting is over."""
        # One for all files of a folder: each that pytest makes finds out anew who is heard there.
        folder, relays = os.path.dirname(self.path), self.journeys.relays
        if folder not in relays:
            relays[folder] = self.ihook
        return relays[folder]

    @functools.cached_property
    def obj(self) -> ModuleType:
        """What fixtures see as `request.module`; pytest would import the file."""
        return ModuleType(self.name)

    def _make_items(self, subject: Subject, specs: Iterable[ItemSpec]) -> Iterable[JourneyNode]:
        from pytest_reqflo.plan.batches import RowBatch, gather_rows

        self._register_marks(subject.tags)
        fixtures = self._find_fixtures(subject.fixtures)
        asking = None if fixtures is None else self._asking(fixtures)
        find_line = _line_finder(subject)
        for each in gather_rows(specs) if self._session().settings.is_batched else specs:
            if isinstance(each, RowBatch):
                item = self._make_rows_item(each, asking)
                item.prepare(subject, each.spec, line=find_line(each.rows[0]))
            else:
                item = self._make_item(each, asking)
                item.prepare(subject, each, line=find_line(each))
            yield item

    def _register_marks(self, tags: Iterable[str]) -> None:
        # Without this, --strict-markers refuses a tag that no Python test has registered.
        for tag in tags:
            self.config.addinivalue_line("markers", f"{tag}: tag of a journey")

    def _make_item(self, spec: ItemSpec, asking: Any) -> JourneyNode:
        if spec.tags:
            self._register_marks(spec.tags)
        if asking is None:
            return JourneyItem.from_parent(self, name=spec.id)
        item = JourneyFunction.from_parent(self, name=spec.id, **asking)
        # Whoever changes it means this item.
        item.fixturenames = list(item.fixturenames)
        return item

    def _make_rows_item(self, batch: RowBatch, asking: Any) -> JourneyNode:
        spec = batch.spec
        self._register_marks(spec.tags)
        item: RowsNode
        if asking is None:
            item = RowsItem.from_parent(self, name=spec.id)
        else:
            item = RowsFunction.from_parent(self, name=spec.id, **asking)
        item.rows = batch.rows
        return item

    def _find_fixtures(self, named: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the fixtures to ask for, None when nothing of the suite concerns the items."""
        # A file of journeys defines no fixture: those of one folder see the same.
        folder = self.parent or self
        closure = folder.stash.get(_CLOSURE, None)
        if closure is None:
            closure = folder.stash[_CLOSURE] = self._probe_fixtures()
        is_asking, overridden = closure
        asked = tuple(dict.fromkeys((*named, *overridden)))
        return asked if asked or is_asking else None

    def _probe_fixtures(self) -> tuple[bool, tuple[str, ...]]:
        """Say whether anything is autouse, and which of our two fixtures a suite overrides.

        The closure of a function that is never run tells it: what is overridden no longer asks for
        what our own asks for.
        """
        closure = self._closure_of(tuple(_UNCHANGED))
        overridden = tuple(name for name in _UNCHANGED if _UNCHANGED[name] not in closure)
        return bool(self._closure_of(())), overridden

    def _closure_of(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self._probe(_asking_for(names)).fixturenames)

    def _probe(self, function: Any) -> pytest.Function:
        probe: pytest.Function = pytest.Function.from_parent(self, name="probe", callobj=function)
        return probe

    def _asking(self, fixtures: tuple[str, ...]) -> dict[str, Any]:
        """Return what items are made with that ask for *fixtures*.

        pytest works out once for a function what its parameters need; so do we for the rows of a
        journey. Where it no longer tells what that is, it works it out for each.
        """
        function = _asking_for(fixtures)
        return {
            "callobj": function,
            "fixtureinfo": getattr(self._probe(function), "_fixtureinfo", None),
        }


class JourneyFile(_ItemFile):
    """A journey file."""

    def collect(self) -> Iterable[pytest.Item]:
        """Compile the journey and return one item per case or row.

        Raises: JourneyError with every problem of the file.
        """
        from pytest_reqflo.plan.items import ItemSpec, Selection, make_items

        session = self._session()
        compiled = session.project.compile_file(self.path, self._shown())
        self._warn(compiled.warnings)
        settings = session.settings
        subject = subject_of_journey(compiled)
        selection = Selection(
            environment=settings.environment,
            cases=settings.cases,
            # A name that no journey declares is refused once all are known.
            sets=subject.declared(settings.sets),
            data=settings.data,
        )
        try:
            specs = make_items(compiled, selection)
        except JourneyError as error:
            if settings.data is None or self._is_named_alone():
                raise
            return self._make_unread(subject, error)
        if specs:
            return list(self._make_items(subject, specs))
        # An item that `host.selection` takes out again, so that pytest counts it as deselected.
        items = list(self._make_items(subject, [ItemSpec(id="run")]))
        items[0].lacks_case = True
        return items

    def _is_named_alone(self) -> bool:
        return len(self.config.args) == 1 and self.session.isinitpath(self.path)

    def _make_unread(self, subject: Subject, error: JourneyError) -> list[JourneyNode]:
        """Return an item in place of rows that do not fit.

        Whether the rows are meant for this journey is known once all are collected and selected:
        `host.selection` then refuses the rows, or the selection of several journeys.
        """
        from pytest_reqflo.plan.items import ItemSpec

        items = list(self._make_items(subject, [ItemSpec(id="run")]))
        items[0].data_problem = error
        return items


class ArtifactFile(_ItemFile):
    """A stored artifact, run as it is."""

    def collect(self) -> Iterable[pytest.Item]:
        """Load and verify the artifact and return its one item, or one per row of ``--data``.

        Raises: ArtifactError; JourneyError for rows that do not fit.
        """
        from pytest_reqflo.plan.items import Selection, make_artifact_items

        session = self._session()
        subject = subject_of_artifact(session, self.path, self._shown())
        settings = session.settings
        selection = Selection(sets=subject.declared(settings.sets), data=settings.data)
        shown = os.path.relpath(settings.data, settings.rootdir) if settings.data else ""
        specs = make_artifact_items(subject.artifact, selection, shown_data=shown)
        return list(self._make_items(subject, specs))


def _asking_for(names: tuple[str, ...]) -> Any:
    def journey() -> None:
        """Stand where pytest expects a function; the item runs the journey itself."""

    return pytest.mark.usefixtures(*names)(journey) if names else journey


def _line_finder(subject: Subject) -> Callable[[ItemSpec], int]:
    """Return what tells where an item stands: the rows of a file, all where it is named."""
    is_inline = subject.has_inline_rows
    find_line_of_data = functools.cache(functools.partial(subject.line_of, "/journey/data"))

    def find(spec: ItemSpec) -> int:
        if spec.row is None:
            return _line_of_case(subject, spec.case)
        if is_inline:
            return subject.line_of(f"/journey/data/rows/{spec.row.number - 1}")
        return find_line_of_data()

    return find


def _line_of_case(subject: Subject, case: str) -> int:
    if case in subject.case_names:
        return subject.line_of(f"/journey/cases/{subject.case_names.index(case)}")
    return subject.line_of("/journey")
