"""What an item asks for: who it is, and the values that it gives to its run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pytest_reqflo.host.environment import INPUTS_FIXTURE, read_fixture_mapping
from pytest_reqflo.host.tracing import find_trace
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.plan.model import GivenValue, RunRequest
from pytest_reqflo.result import RunIdentity
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
    from pytest_reqflo.host.session import JourneySession
    from pytest_reqflo.host.subject import Subject
    from pytest_reqflo.plan.items import ItemSpec


def item_id_of(subject: Subject, spec: ItemSpec) -> str:
    """Return the name of an item that is the same in every process and every session."""
    # A database takes no NUL, and no byte of a file name that is not text.
    return printable_line(f"{subject.shown}::{spec.id}")


def new_run_id() -> str:
    """Return the id of a run that nobody else knows; only the thread that runs tests may ask."""
    return f"run_{next(_numbers)}"


def _draw_numbers() -> Iterator[str]:
    # Each draw lets other threads run, and this one wait: so many are drawn at once.
    while True:
        process, drawn = os.getpid(), os.urandom(_BYTES * _AT_ONCE).hex()
        for start in range(0, len(drawn), 2 * _BYTES):
            if os.getpid() != process:  # the parent of a fork has them too
                break
            yield drawn[start : start + 2 * _BYTES]


_BYTES = 16
_AT_ONCE = 64
_numbers = _draw_numbers()


def make_identity(
    session: JourneySession,
    subject: Subject,
    spec: ItemSpec,
    run_id: str,
    environment: str | None = None,
    is_file_changed: bool | None = None,
) -> RunIdentity:
    """Return what a result says of the run that it is about.

    Shape: *environment* is the one that was asked for as long as none is chosen; whether the file
        has changed is looked up where it is not known.
    """
    of, row = spec.of, spec.row
    if environment is None:
        environment = session.settings.environment or ""
    if is_file_changed is None:
        is_file_changed = subject.is_file_changed()
    return RunIdentity(
        run_id=run_id,
        journey_id=subject.artifact.journey_id,
        journey_name=subject.name,
        artifact=subject.artifact_id,
        version=subject.version,
        label=subject.label,
        environment=environment,
        case=of.name,
        row=row.key if row else "",
        row_number=row.number if row else None,
        owner=subject.owner,
        tags=tuple(dict.fromkeys((*subject.tags, *of.tags))) if subject.tags or of.tags else (),
        file=subject.shown,
        is_file_changed=is_file_changed,
    )


def make_request(
    subject: Subject,
    spec: ItemSpec,
    identity: RunIdentity,
    environment: str,
    fixtures: Mapping[str, Any],
    *,
    is_tracing: bool,
) -> RunRequest:
    """Return the run of an item in *environment*, as part of the current trace. Raises: UsageProblem RF801 for a fixture."""
    if identity.environment != environment:
        identity = replace(identity, environment=environment)
    return RunRequest(
        artifact=subject.digest,
        identity=identity,
        environment=environment,
        file=subject.file,
        given=(*_fixture_values(fixtures), *spec.given),
        case=identity.case,
        row_key=identity.row,
        row_number=identity.row_number,
        trace=find_trace() if is_tracing else (),
    )


def _fixture_values(fixtures: Mapping[str, Any]) -> tuple[GivenValue, ...]:
    """Return the values of fixture ``reqflo_inputs``: weaker than any preset of the case."""
    given = fixtures.get(INPUTS_FIXTURE)
    if not given:
        return ()
    values = read_fixture_mapping(INPUTS_FIXTURE, given)
    return tuple(
        GivenValue(
            name=name,
            layer="preset",
            value=LiteralValue(value=value),
            detail=f"fixture `{INPUTS_FIXTURE}`",
        )
        for name, value in values.items()
    )
