"""`JourneyHead`: what the journey file says beside the artifact, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Json

if TYPE_CHECKING:
    from pytest_reqflo.syntax import model as m


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkHead:
    """A `skip` or `xfail` as written: a reason, and a boolean or an expression over `env`."""

    reason: str
    when: Json = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseHead:
    """A named set of values."""

    name: str
    values: Mapping[str, Json] = field(default_factory=dict)
    presets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    skip: MarkHead | None = None
    xfail: MarkHead | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DataHead:
    """Where rows come from: a file as written, or *rows* in the journey itself."""

    file: str | None = None
    rows: tuple[Mapping[str, Json], ...] | None = None
    key: str | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyHead:
    """Names, cases, data and marks of a journey; *label* is its own word for its version."""

    name: str
    description: str = ""
    label: str = ""
    owner: str = ""
    tags: tuple[str, ...] = ()
    cases: tuple[CaseHead, ...] = ()
    data: DataHead | None = None
    skip: MarkHead | None = None
    xfail: MarkHead | None = None
    fixtures: tuple[str, ...] = ()
    group: str = ""
    is_serial: bool = False


def head_of(model: m.JourneyModel) -> JourneyHead:
    """Return what is told of the journey *model* beside its artifact."""
    return JourneyHead(
        name=model.name,
        description=model.description or "",
        label=model.version or "",
        owner=model.owner or "",
        tags=tuple(model.tags),
        cases=tuple(map(_case, model.cases)),
        data=_data(model.data),
        skip=_mark(model.skip),
        xfail=_mark(model.xfail),
        fixtures=tuple(model.settings.fixtures),
        group=model.settings.group or "",
        is_serial=model.settings.serial,
    )


def _case(model: m.CaseModel) -> CaseHead:
    return CaseHead(
        name=model.name,
        values=model.values,
        presets=tuple(model.presets),
        tags=tuple(model.tags),
        skip=_mark(model.skip),
        xfail=_mark(model.xfail),
    )


def _mark(written: str | m.MarkModel | None) -> MarkHead | None:
    if written is None:
        return None
    if isinstance(written, str):
        return MarkHead(reason=written)
    return MarkHead(reason=written.reason, when=written.when)


def _data(written: str | m.DataModel | None) -> DataHead | None:
    if written is None:
        return None
    if isinstance(written, str):
        return DataHead(file=written)
    rows = None if written.rows is None else tuple(written.rows)
    return DataHead(file=written.file, rows=rows, key=written.key, case=written.case)
