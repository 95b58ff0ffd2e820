"""What a session did to a short page in Markdown: failures first, then a table by journey. Pure.

Every text of a server, a row or a file stands in a code span: nothing in it is markup, a mention or a link.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pytest_reqflo.report.safe import to_line
from pytest_reqflo.values import Json, canonical_json

MAX_BYTES = 256 * 1024
"""GitHub drops a page of more than 1 MiB whole, and others may write to the same one."""

_MAX_ROWS = 200
_MAX_CHECKS = 5
_MAX_RUNS = 5
_MAX_VALUE = 200
_TICKS = re.compile("`+")


@dataclass(slots=True, kw_only=True)
class JourneyTally:
    """How the tests of one journey ended: ``failed``, ``passed``, ``skipped``; all their seconds."""

    counts: Counter[str] = field(default_factory=Counter)
    elapsed_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class FoldedFailure:
    """Equal failures: the facts of the first, the address of its line, the runs of the first few."""

    facts: Mapping[str, Json]
    journey: str
    url: str | None = None
    count: int = 0
    run_ids: list[str] = field(default_factory=list)

    def add(self, run_id: str) -> None:
        """Count one more."""
        self.count += 1
        if run_id and len(self.run_ids) < _MAX_RUNS:
            self.run_ids.append(run_id)


def render_summary(
    tallies: Mapping[str, JourneyTally], failures: Sequence[FoldedFailure], *, left_out: int = 0
) -> str:
    """Return the page, empty without journeys; *left_out* failures were not even kept.

    Shape: at most MAX_BYTES in UTF-8.
    """
    if not tallies:
        return ""
    table = "\n".join(_table(tallies))
    head = (
        f"### API journeys: {_counts(sum((each.counts for each in tallies.values()), Counter()))}"
    )
    room = MAX_BYTES - len(head.encode()) - len(table.encode()) - 200
    shown = list(_fitting(map(_failure, failures), room))
    left = left_out + sum(each.count for each in failures[len(shown) :])
    more = [f"- and {left} more that failed"] if left else []
    blocks = [head, "\n".join([*shown, *more]), table]
    return "\n\n".join(block for block in blocks if block) + "\n"


def code(text: str, *, limit: int = 300, is_cell: bool = False) -> str:
    """Return *text* as a code span of one line; in the cell of a table a bar would end it."""
    shown = to_line(text, limit=limit) or " "
    longest = max((len(run) for run in _TICKS.findall(shown)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if shown[0] == "`" or shown[-1] == "`" else ""
    span = f"{fence}{pad}{shown}{pad}{fence}"
    return span.replace("|", "\\|") if is_cell else span


def _fitting(blocks: Iterator[str], room: int) -> Iterator[str]:
    for block in blocks:
        room -= len(block.encode()) + 1
        if room < 0:
            return
        yield block


def _failure(failure: FoldedFailure) -> str:
    facts = failure.facts
    times = f"**{failure.count} times** " if failure.count > 1 else ""
    place = code(f"{facts.get('file', '')}:{facts.get('line', '')}")
    place = f"[{place}]({failure.url})" if failure.url else place
    lines = [f"- {times}{code(str(facts.get('sentence', '')), limit=500)}"]
    lines.append(f"  - {place}, journey {code(failure.journey)}{_runs(failure)}")
    checks = facts.get("checks") or []
    lines += [f"  - {_check(check)}" for check in checks[:_MAX_CHECKS]]
    if len(checks) > _MAX_CHECKS:
        lines.append(f"  - and {len(checks) - _MAX_CHECKS} more checks")
    return "\n".join(lines)


def _runs(failure: FoldedFailure) -> str:
    if not failure.run_ids:
        return ""
    left = failure.count - len(failure.run_ids)
    more = f" and {left} more" if left else ""
    word = "run" if failure.count == 1 else "runs"
    artifact = code(str(failure.facts.get("artifact", "")))
    return f", {word} {', '.join(map(code, failure.run_ids))}{more} of {artifact}"


def _check(check: Mapping[str, Json]) -> str:
    actual = "nothing" if check.get("is_actual_missing") else _value(check.get("actual"))
    subject = code(f"{check.get('subject')} {check.get('operator')}")
    return f"{subject}: expected {_value(check.get('expected'))}, got {actual}"


def _value(value: Json) -> str:
    return code(canonical_json(value).decode("utf-8", "replace"), limit=_MAX_VALUE)


def _table(tallies: Mapping[str, JourneyTally]) -> Iterator[str]:
    yield "| journey | failed | passed | skipped | time |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    ordered = sorted(tallies.items(), key=lambda each: (-each[1].counts["failed"], each[0]))
    for journey, tally in ordered[:_MAX_ROWS]:
        counts = tally.counts
        numbers = f"{counts['failed']} | {counts['passed']} | {counts['skipped']}"
        yield f"| {code(journey, is_cell=True)} | {numbers} | {tally.elapsed_s:.2f} s |"
    if len(ordered) > _MAX_ROWS:
        yield f"| and {len(ordered) - _MAX_ROWS} more | | | | |"


def _counts(counts: Counter[str]) -> str:
    shown = [f"{counts[name]} {name}" for name in ("failed", "passed", "skipped") if counts[name]]
    return ", ".join(shown) or "none ran"
