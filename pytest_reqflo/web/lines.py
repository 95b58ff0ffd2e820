"""Runs to their lines in a list of the page, as the file of `--reqflo-html` has them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pytest_reqflo.report.html.summary import Status, Told, journey_line, run_line
from pytest_reqflo.report.html.words import filled, plain
from pytest_reqflo.values import Json
from pytest_reqflo.web.source import RunQuery

Document = Mapping[str, Any]


def ended_line(document: Document, *, status: str, test: str = "", trigger: str = "") -> Json:
    """Return the line of a run with the result *document*.

    Shape: *status* is how the store calls its end, which may be `cancelled` or `lost`.
    """
    told = Told(test=test, status=cast("Status", status))
    journey = journey_line(document)
    journey.pop("steps", None)
    line = {"test": "", **run_line(document, told), **_common(trigger)}
    return {**line, "journey": journey}


def open_line(
    *,
    run_id: str,
    status: str,
    journey_id: str,
    environment: str,
    case: str,
    row_number: int | None,
    artifact: str,
    dispatched_at: float,
    test: str = "",
    trigger: str = "",
) -> Json:
    """Return the line of a run of which no result is at hand."""
    line = filled({
        "id": run_id,
        "status": status,
        "case": plain(case),
        "number": row_number,
        "environment": plain(environment),
        "started_at": iso_time(dispatched_at),
        "is_open": status in ("queued", "running", "left"),
        "journey": {"id": plain(journey_id), "name": plain(journey_id), "artifact": artifact},
    })  # fmt: skip
    return {"test": plain(test), **line, **_common(trigger)}


def iso_time(seconds: float) -> str:
    """Return a time in seconds since 1970 as text, empty for 0."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z") if seconds else ""


def _common(trigger: str) -> dict[str, Json]:
    return {"trigger": plain(trigger)} if trigger else {}


def matches(line: Mapping[str, Any], query: RunQuery) -> bool:
    """Say whether the run of *line* is one that *query* means, wherever it stands in the list."""
    journey = line["journey"]
    wanted = (
        (query.journey, journey["id"]),
        (query.environment, line.get("environment", "")),
    )
    if any(asked and asked != is_so for asked, is_so in wanted):
        return False
    if query.statuses and line["status"] not in query.statuses:
        return False
    if not journey["artifact"].startswith(query.artifact):
        return False
    hay = "\n".join(str(each) for each in _searched(line)).lower()
    return all(word in hay for word in query.text.lower().split())


def _searched(line: Mapping[str, Any]) -> Iterator[object]:
    for name in ("id", "test", "environment", "case", "row", "message"):
        yield line.get(name, "")
    for name in ("id", "name", "artifact", "file"):
        yield line["journey"].get(name, "")
