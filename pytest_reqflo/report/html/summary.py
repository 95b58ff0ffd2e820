"""A result to its line in the list of runs: what is listed, filtered, searched and counted. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.html.words import filled, plain, seconds, value_text
from pytest_reqflo.report.sentence import cause_sentence, find_failed_step
from pytest_reqflo.result import result_from_json
from pytest_reqflo.values import Json

Status = Literal["passed", "failed", "error", "skipped", "interrupted", "xfailed", "xpassed"]

BAD = frozenset({"failed", "error", "interrupted"})

_MAX_MESSAGE = 600
_MAX_ROW_VALUES = 12
_MAX_ROW_VALUE = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What pytest said of the test that a run belongs to.

    Shape: *message* and *text* are those of pytest's failure or skip; *sections* are title and text
        of what was captured; *earlier* are the messages of tries before a rerun.
    """

    test: str
    status: Status
    message: str = ""
    text: str = ""
    sections: tuple[tuple[str, str], ...] = ()
    earlier: tuple[str, ...] = ()


def run_line(document: Mapping[str, Json], told: Told) -> dict[str, Json]:
    """Return the line of the run of *document*, of which pytest was told *told*."""
    identity = document["identity"]
    cause = _cause(document) if document["outcome"] in BAD else {}
    message = cause.pop("message", "") or told.message
    return filled({
        "id": plain(identity["run_id"]),
        "test": plain(told.test),
        "status": told.status,
        "case": plain(identity.get("case", "")),
        "row": plain(identity.get("row", "")),
        "number": identity.get("row_number"),
        "environment": plain(identity.get("environment", "")),
        "started_at": document["started_at"],
        "elapsed_s": seconds(document["elapsed_s"]),
        "message": plain(message, _MAX_MESSAGE),
        "category": document.get("category"),
        "fingerprint": document.get("fingerprint"),
        "soft": _soft_failures(document),
        "earlier": len(told.earlier),
        "values": _row_values(document),
        **cause,
    })  # fmt: skip


def line_without_result(told: Told, *, category: str = "") -> dict[str, Json]:
    """Return the line of a test that has no result: skipped, or failed before its run began."""
    return filled({
        "id": plain(told.test),
        "test": plain(told.test),
        "status": told.status,
        "message": plain(told.message, _MAX_MESSAGE),
        "category": category,
        "earlier": len(told.earlier),
    })  # fmt: skip


def journey_line(document: Mapping[str, Json]) -> dict[str, Json]:
    """Return what is said once of the journey of *document*."""
    identity = document["identity"]
    return filled({
        "id": plain(identity["journey_id"]),
        "name": plain(identity["journey_name"]),
        "file": plain(identity.get("file", "")),
        "owner": plain(identity.get("owner", "")),
        "tags": [plain(tag) for tag in identity.get("tags", ())],
        "version": plain(identity.get("version", "unknown")),
        "label": plain(identity.get("label", "")),
        "artifact": plain(identity["artifact"]),
        "steps": [plain(step["id"]) for step in document.get("steps", ())],
    })  # fmt: skip


def _cause(document: Mapping[str, Json]) -> dict[str, Json]:
    """Return the sentence that the failure page begins with, and the step that it is about."""
    result = result_from_json(document)
    step = find_failed_step(result)
    return {"message": cause_sentence(result), "step": plain(step.id) if step else ""}


def _soft_failures(document: Mapping[str, Json]) -> int:
    return sum(
        bool(check.get("soft")) and not check["passed"]
        for step in document.get("steps", ())
        for check in (step["tries"][-1].get("checks", ()) if step.get("tries") else ())
    )


def _row_values(document: Mapping[str, Json]) -> list[list[str]]:
    return [
        [plain(value["name"]), value_text(value.get("value"), _MAX_ROW_VALUE)]
        for value in document.get("values", ())
        if value["layer"] == "row"
    ][:_MAX_ROW_VALUES]
