"""`reqflo explain`: where each value of a run comes from, and what would be sent."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import (
    Command,
    ExitCode,
    Options,
    add_value_options,
    existing_file,
    read_sets,
)
from pytest_reqflo.cli.find import find_journey
from pytest_reqflo.cli.load import compile_entry
from pytest_reqflo.cli.output import json_line
from pytest_reqflo.cli.requests import step_lines
from pytest_reqflo.diagnostic import Diagnostic, name_hint, render_diagnostics
from pytest_reqflo.errors import RunCheckError, UsageProblem
from pytest_reqflo.plan.model import Plan, RunRequest
from pytest_reqflo.plan.planner import make_plan
from pytest_reqflo.result import RunIdentity
from pytest_reqflo.syntax.paths import path_below
from pytest_reqflo.values import printable

if TYPE_CHECKING:
    from pytest_reqflo.compile.compiled import CompiledJourney
    from pytest_reqflo.plan.items import ItemSpec
    from pytest_reqflo.plan.model import EnvironmentSnapshot

_SHOWN_ROWS = 3


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("journey", help="path, name or id of the journey")
    add_value_options(parser)
    parser.add_argument("--row", type=int, metavar="N", help="only data row N, counted from 1")


def _perform(options: Options) -> int:
    # The one choice of an environment is that of the host; this module of it knows no pytest.
    from pytest_reqflo.host.environment import choose_environment

    compiled, settings = compile_entry(find_journey(options.journey, Path.cwd()))
    wanted = options.env or settings.environment
    chosen = choose_environment(compiled.library, wanted, settings.rootdir)
    items = _select(compiled, options, wanted)
    print(printable(f"{compiled.head.name} ({compiled.shown}) in `{chosen.snapshot.name}`"))
    is_complete = True
    for item in items:
        print()
        is_complete &= _explain_item(compiled, item, chosen.snapshot)
    return ExitCode.OK if is_complete else ExitCode.FAILED


def _select(
    compiled: CompiledJourney, options: Options, environment: str | None
) -> tuple[ItemSpec, ...]:
    from pytest_reqflo.plan.items import Selection, make_items

    selection = Selection(
        environment=environment,
        cases=tuple(options.case),
        sets=read_sets(options.set),
        data=existing_file(options.data, "--data") if options.data else None,
    )
    items = make_items(compiled, selection)
    if not items:
        names = [case.name for case in compiled.head.cases]
        hint = name_hint(options.case[0], names, what="Cases")
        title = f"the journey has no case `{options.case[0]}`"
        raise UsageProblem(Diagnostic(code="RF803", title=title, hint=hint))
    return _select_rows(items, options.row)


def _select_rows(items: tuple[ItemSpec, ...], number: int | None) -> tuple[ItemSpec, ...]:
    rows = [item for item in items if item.row_number is not None]
    if number is not None:
        chosen = tuple(item for item in rows if item.row_number == number)
        if not chosen:
            title = f"--row: there is no row {number}, the data has {len(rows)}"
            raise UsageProblem(Diagnostic(code="RF801", title=title))
        return chosen
    if len(rows) <= _SHOWN_ROWS:
        return items
    print(f"the first {_SHOWN_ROWS} of {len(rows)} rows; --row N shows another\n")
    return (*rows[:_SHOWN_ROWS], *(item for item in items if item.row_number is None))


def _explain_item(
    compiled: CompiledJourney, item: ItemSpec, environment: EnvironmentSnapshot
) -> bool:
    """Print *item*; say whether nothing is missing."""
    about = filter(
        None, (item.case and f"case `{item.case}`", item.row_key and f"`{item.row_key}`")
    )
    remark = ", ".join(about)
    print(printable(f"{item.id} ({remark})" if remark else item.id))
    for kind, mark in (("skip", item.skip), ("xfail", item.xfail)):
        if mark is not None:
            print(printable(f"  {kind}: {mark.reason}"))
    try:
        plan = make_plan(compiled.artifact, _request(compiled, item, environment), environment)
    except RunCheckError as error:
        print(render_diagnostics(error.diagnostics))
        return False
    for line in (*_value_lines(plan), *_request_lines(plan)):
        print(line)
    return True


def _request(
    compiled: CompiledJourney, item: ItemSpec, environment: EnvironmentSnapshot
) -> RunRequest:
    identity = RunIdentity(
        run_id="",
        journey_id=compiled.artifact.journey_id,
        journey_name=compiled.head.name,
        artifact=compiled.artifact_id,
        tags=(*compiled.head.tags, *item.tags),
    )
    return RunRequest(
        artifact=compiled.digest,
        identity=identity,
        environment=environment.name,
        file=path_below(compiled.library.root, compiled.path),
        given=item.given,
        case=item.case,
        row_key=item.row_key,
        row_number=item.row_number,
    )


def _value_lines(plan: Plan) -> Iterator[str]:
    if not plan.names:
        return
    yield "  values, and where each comes from"
    rows = []
    for name, resolved in plan.names.items():
        origin = resolved.origin
        value = json_line(origin.value) if resolved.is_set else "(not set)"
        rows.append((name, value, origin.detail))
    width = max(len(name) for name, _, _ in rows)
    wide = min(40, max(len(value) for _, value, _ in rows))
    for name, value, detail in rows:
        yield printable(f"    {name:<{width}}  {value:<{wide}}  {detail}".rstrip())


def _request_lines(plan: Plan) -> Iterator[str]:
    yield "  requests"
    artifact = plan.artifact
    for number, step in enumerate(artifact.steps, 1):
        first, *rest = step_lines(step, plan)
        yield f"    {number}. {first}"
        yield from (f"   {line}" for line in rest)
    for step in artifact.finally_steps:
        first, *rest = step_lines(step, plan)
        yield f"    finally {first}"
        yield from (f"   {line}" for line in rest)


COMMAND = Command(
    name="explain",
    summary="Show where each value comes from and what would be sent.",
    description=(
        "Nothing is sent. Values known only in the run stay in braces; secrets are not read and\n"
        "show as [secret:NAME]. Of many rows the first three are shown."
    ),
    examples=(
        "  reqflo explain orders --env staging\n"
        '  reqflo explain journeys/orders.journey.yaml --case "Happy path" --set quantity=3\n'
        "  reqflo explain orders --row 17"
    ),
    exit_codes="exit codes: 0 complete, 1 a value is missing or a file is wrong, 4 wrong usage",
    add_arguments=_add_arguments,
    perform=_perform,
)
