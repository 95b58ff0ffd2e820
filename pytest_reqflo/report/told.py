"""What a test report says of runs, for what the terminal shows of all of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.alike import alike_key
from pytest_reqflo.values import Json

SHORT_ID = 12
"""Characters of a run id that tell it from the others of a store."""

_MOST_TIMES = 200
"""Times that the report of a test of all rows carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """A run that failed.

    Shape: *alike* is equal for runs that failed the same way; *is_kept* when `reqflo show` can tell
        more.
    """

    test: str
    run_id: str
    alike: str
    sentence: str
    is_kept: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What one test report says: how many runs of which journey ended how, and their times."""

    file: str
    journey: str
    counts: Mapping[str, int]
    times_s: tuple[float, ...] = ()
    failures: tuple[FailedRun, ...] = ()


def sample_times(times_s: Sequence[float]) -> list[float]:
    """Return *times_s* sorted; of very many some, evenly chosen, the last of them the longest."""
    ordered = sorted(times_s)
    pace = -(-len(ordered) // _MOST_TIMES) or 1
    return ordered[::-pace][::-1]


def facts_of(test: str, category: str, data: Mapping[str, Json], *, sentence: str = "") -> RunFacts:
    """Return what the report of *test* says, which pytest counts as *category*.

    Shape: *data* is the light dict of the report; *sentence* serves where it has none.
    """
    file = test.partition("::")[0]
    journey = str(data.get("journey", ""))
    if "rows" in data:
        return RunFacts(
            file=file,
            journey=journey,
            counts=data["rows"],
            times_s=tuple(data.get("times_s", ())),
            failures=tuple(_failed_rows(test, data)),
        )
    elapsed_s = data.get("elapsed_s")
    is_error = category == "failed" and data.get("outcome") == "error"
    return RunFacts(
        file=file,
        journey=journey,
        counts={"error" if is_error else category: 1},
        times_s=() if elapsed_s is None or category == "skipped" else (elapsed_s,),
        failures=(_failed_run(test, data, sentence),) if category == "failed" else (),
    )


def _failed_run(test: str, data: Mapping[str, Json], sentence: str) -> FailedRun:
    told = str(data.get("sentence") or sentence)
    return FailedRun(
        test=test,
        run_id=str(data.get("run_id", "")),
        alike=alike_key(str(data.get("fingerprint", "")), str(data.get("journey", "")), told),
        sentence=told,
        is_kept=bool(data.get("evidence")),
    )


def _failed_rows(test: str, data: Mapping[str, Json]) -> Iterator[FailedRun]:
    sentences = data.get("sentences", {})
    for each in data.get("failed", ()):
        fingerprint = str(each.get("fingerprint", ""))
        told = str(sentences.get(fingerprint, ""))
        yield FailedRun(
            test=f"{test}::{each['row']}",
            run_id=str(each["run_id"]),
            alike=alike_key(fingerprint, str(data.get("journey", "")), told),
            sentence=told,
        )
