"""Which `skip` or `xfail` of a journey and a case holds in an environment. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from pytest_reqflo.diagnostic import Diagnostic, label_at
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import ValueMissing
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.plan.expressions import EarlyScope, is_known_early, render_early
from pytest_reqflo.plan.model import EnvironmentSnapshot
from pytest_reqflo.values import json_type

if TYPE_CHECKING:
    from pytest_reqflo.compile.head import MarkHead
    from pytest_reqflo.source import SourceMap


@dataclass(frozen=True, slots=True)
class MarkSpec:
    """A mark that holds, and why it was put there."""

    reason: str


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark as written, with `reason` and `when`, or None; *pointer* is its place."""

    mark: MarkHead | None
    pointer: str


def find_mark(
    marks: Iterable[PlacedMark],
    places: SourceMap,
    environment: Callable[[], EnvironmentSnapshot | None],
) -> MarkSpec | None:
    """Return the first of *marks* that holds, None when none does.

    Shape: *environment* is asked only where a condition stands; None means that none is chosen,
        which the run itself reports.
    Raises: JourneyError when a condition is no boolean or reads what the environment lacks.
    """
    for placed in marks:
        if placed.mark is None:
            continue
        if _holds(placed, placed.mark, places, environment):
            return MarkSpec(placed.mark.reason)
    return None


def _holds(
    placed: PlacedMark,
    mark: MarkHead,
    places: SourceMap,
    environment: Callable[[], EnvironmentSnapshot | None],
) -> bool:
    condition = mark.when
    if isinstance(condition, bool):
        return condition
    value, problems = parse_value(condition)
    if problems:
        raise _refused(placed, places, problems[0].problem.code, problems[0].problem.message)
    if not is_known_early(value):
        raise _refused(placed, places, "RF204", "a condition of skip or xfail reads only `env`")
    chosen = environment()
    if chosen is None:
        return False
    try:
        found = render_early(value, EarlyScope(chosen)).value
    except ValueMissing as missing:
        raise _refused(placed, places, "RF303", str(missing)) from None
    if not isinstance(found, bool):
        title = f"`when` must be true or false, and gives {json_type(found)}"
        raise _refused(placed, places, "RF304", title)
    return found


def _refused(placed: PlacedMark, places: SourceMap, code: str, title: str) -> JourneyError:
    label = label_at(places.source, places.span_of(f"{placed.pointer}/when"))
    return JourneyError(Diagnostic(code=code, title=title, labels=(label,)))
