"""Runs to their lines in a list of the page, as the file of `--reqflo-html` has them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pytest_reqflo.report.html.summary import Status, Told, journey_line, run_line
from pytest_reqflo.report.html.words import filled, plain
from pytest_reqflo.values import Json

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
