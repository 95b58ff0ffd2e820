"""`reqflo run --cloud --detach`: runs are dispatched, named, and left to workers."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pytest_reqflo.cli.arguments import ExitCode
from pytest_reqflo.cli.output import json_block

if TYPE_CHECKING:
    from pytest_reqflo.host.detached import Dispatched

_MOST_NAMED = 20


def run_detached(
    dispatch: Callable[[Sequence[str]], Dispatched], arguments: Sequence[str], *, as_json: bool
) -> int:
    """Return the exit code after the runs are dispatched and their ids printed."""
    # What pytest says must not stand between the ids.
    with contextlib.redirect_stdout(sys.stderr):
        done = dispatch(arguments)
    if done.exit_code != ExitCode.OK:
        return done.exit_code
    for line in json_block(_document(done)) if as_json else done.runs.values():
        print(line)
    if not done.left:
        return ExitCode.OK
    names = "\n  ".join(done.left[:_MOST_NAMED])
    print(f"not dispatched, they need fixtures of the suite:\n  {names}", file=sys.stderr)
    return ExitCode.FAILED


def _document(done: Dispatched) -> dict[str, Any]:
    return {
        "batch": done.batch_id,
        "runs": [{"item": item, "run_id": run_id} for item, run_id in done.runs.items()],
        "not_dispatched": list(done.left),
    }
