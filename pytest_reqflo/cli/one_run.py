"""The one run that options mean: a journey or stored artifact, one case of it, values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pytest_reqflo.artifact.codec import artifact_id
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.cli.arguments import Options, read_sets
from pytest_reqflo.cli.load import Found, load_artifact
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import RunRequest
from pytest_reqflo.result import RunIdentity
from pytest_reqflo.values import Digest

if TYPE_CHECKING:
    from pytest_reqflo.compile.compiled import CompiledJourney
    from pytest_reqflo.engine.durable.database import Database
    from pytest_reqflo.plan.items import ItemSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class OneRun:
    """A run to be dispatched from elsewhere; its id is given to it there."""

    artifact: Artifact
    blobs: Mapping[Digest, bytes]
    request: RunRequest

    def check(self, database: Database) -> None:
        """Plan the run in the environment as it was pushed. Raises: RunCheckError."""
        from pytest_reqflo.engine.durable.pushed import PushedEnvironments
        from pytest_reqflo.plan.planner import make_plan

        snapshot = PushedEnvironments(database).snapshot(self.request.environment)
        make_plan(self.artifact, self.request, snapshot)


def load_one_run(options: Options, environment: str) -> OneRun:
    """Return the run that *options* mean.

    Raises: UsageProblem RF801 when they mean several, RF802, RF803; JourneyError; ArtifactError.
    """
    found = load_artifact(options.journey, options.store)
    item = _item_of(found, options)
    if found.compiled is not None:
        blobs = found.compiled.blobs
    else:
        blobs = found.store.load_blobs(found.artifact)
    request = RunRequest(
        artifact=found.digest,
        identity=_identity(found, item, environment),
        environment=environment,
        file=_file_of(found.compiled),
        given=item.given,
        case=item.case,
        row_key=item.row_key,
        row_number=item.row_number,
    )
    return OneRun(artifact=found.artifact, blobs=blobs, request=request)


def _item_of(found: Found, options: Options) -> ItemSpec:
    from pytest_reqflo.plan.items import Selection, make_artifact_items, make_items

    cases = (options.case,) if options.case else ()
    selection = Selection(cases=cases, sets=read_sets(options.set))
    if found.compiled is None:
        if options.case:
            raise _no_case(options.case, ())
        items = make_artifact_items(found.artifact, selection, shown_data="")
    else:
        items = make_items(found.compiled, selection)
        if not items:
            raise _no_case(options.case, [case.name for case in found.compiled.head.cases])
    if len(items) == 1:
        return items[0]
    title = f"the journey gives {len(items)} runs, and a schedule dispatches one"
    hint = "name a case with --case; rows of data take a run each"
    raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))


def _no_case(wanted: str, names: list[str] | tuple[()]) -> UsageProblem:
    hint = name_hint(wanted, names, what="Cases") if names else "a stored artifact has no cases"
    title = f"the journey has no case `{wanted}`"
    return UsageProblem(Diagnostic(code="RF803", title=title, hint=hint))


def _identity(found: Found, item: ItemSpec, environment: str) -> RunIdentity:
    compiled = found.compiled
    record = found.store.find_version(found.artifact.journey_id, found.digest)
    head = compiled.head if compiled else None
    name = head.name if head else (record.name if record else "")
    return RunIdentity(
        run_id="",
        journey_id=found.artifact.journey_id,
        journey_name=name or found.artifact.journey_id,
        artifact=artifact_id(found.digest),
        version=record.version if record else "",
        label=head.label if head else (record.label if record else ""),
        environment=environment,
        case=item.case,
        row=item.row_key,
        row_number=item.row_number,
        owner=head.owner if head else (record.owner if record else ""),
        tags=(*(head.tags if head else (record.tags if record else ())), *item.tags),
        file=compiled.shown if compiled else "",
    )


def _file_of(compiled: CompiledJourney | None) -> str:
    from pytest_reqflo.syntax.paths import path_below

    return path_below(compiled.library.root, compiled.path) if compiled else ""
