"""Runs that failed the same way, told once. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.columns import display_width
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.told import SHORT_ID, FailedRun

_MOST_LISTED = 10
"""Causes that are told; more are counted."""

_MOST_WAYS = 3
"""Sentences that are told of one cause, when its runs saw different values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A way to fail: the first run that did, and the tests of the others.

    Shape: *sentences* are how often each was told: they differ where values did.
    """

    first: FailedRun
    others: tuple[str, ...]
    sentences: Mapping[str, int]

    @property
    def count(self) -> int:
        """How many runs failed so."""
        return 1 + len(self.others)


def find_causes(failures: Iterable[FailedRun]) -> list[Cause]:
    """Return the ways in which runs failed, those of most runs first."""
    alike: dict[str, list[FailedRun]] = {}
    for each in failures:
        alike.setdefault(each.alike, []).append(each)
    causes = [
        Cause(
            first=runs[0],
            others=tuple(run.test for run in runs[1:]),
            sentences=Counter(run.sentence for run in runs),
        )
        for runs in alike.values()
    ]
    return sorted(causes, key=lambda cause: -cause.count)


def render_causes(causes: Sequence[Cause], width: int) -> list[str]:
    """Return the lines that tell of *causes*; none when no two runs failed the same way."""
    shared = [cause for cause in causes if cause.others]
    if not shared:
        return []
    lines = [line for cause in shared[:_MOST_LISTED] for line in _cause(cause, width)]
    return [*lines, *_rest(shared[_MOST_LISTED:], len(causes) - len(shared))]


def _cause(cause: Cause, width: int) -> Iterator[str]:
    first = cause.first
    yield from _ways(cause)
    run_id = to_line(first.run_id)
    place = f"reqflo show {run_id[:SHORT_ID]}" if first.is_kept else run_id
    yield f"  first: {to_line(first.test)}{f' ({place})' if place else ''}"
    yield f"  {render_others(cause, width - 2)}"


def _ways(cause: Cause) -> Iterator[str]:
    if len(cause.sentences) == 1:
        yield f"{cause.count:,} runs failed the same way: {to_line(cause.first.sentence)}"
        return
    yield f"{cause.count:,} runs failed the same way, with different values"
    ways = sorted(cause.sentences.items(), key=lambda way: -way[1])
    for sentence, count in ways[:_MOST_WAYS]:
        yield f"  {count:,} x {to_line(sentence)}"
    if left := len(ways[_MOST_WAYS:]):
        yield f"  and {left:,} {'other' if left == 1 else 'others'}"


def render_others(cause: Cause, width: int) -> str:
    """Return the tests of the other runs in one line, as many as *width* columns hold."""
    file = cause.first.test.partition("::")[0]
    names = [to_line(test.removeprefix(f"{file}::")) for test in cause.others]
    line = f"also: {names[0]}"
    for number, name in enumerate(names[1:], 1):
        left = f", and {len(names) - number:,} more"
        if display_width(f"{line}, {name}{left}") > width:
            return line + left
        line += f", {name}"
    return line


def _rest(causes: Sequence[Cause], alone: int) -> Iterator[str]:
    if causes:
        runs = sum(cause.count for cause in causes)
        yield f"and {len(causes):,} more ways to fail, of {runs:,} runs"
    if alone == 1:
        yield "1 more run failed in its own way"
    elif alone:
        yield f"{alone:,} more runs failed, each in its own way"
