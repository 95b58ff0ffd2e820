"""Which run another one repeats, as its row says it. Pure."""

from __future__ import annotations

import json

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Json, JsonProblem, parse_json


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a run came from.

    Shape: *run_id* is the run that it repeats, *from_step* the first step that is sent anew, empty
        for all; *sealed_for* is the run whose values it has as they were sealed.
    """

    run_id: str = ""
    from_step: str = ""
    sealed_for: str = ""


def origin_to_text(origin: Origin) -> str:
    """Return the text of a row; what is empty is left out."""
    parts = {"run": origin.run_id, "from_step": origin.from_step, "sealed_for": origin.sealed_for}
    return json.dumps({key: value for key, value in parts.items() if value})


def origin_of(text: str) -> Origin:
    """Return what the text of a row says; of one that others wrote, nothing."""
    try:
        document: Json = parse_json(text)
    except JsonProblem:
        return Origin()
    found = document if isinstance(document, dict) else {}
    run_id, from_step, sealed_for = (
        str(found.get(key, "")) for key in ("run", "from_step", "sealed_for")
    )
    return Origin(run_id=run_id, from_step=from_step, sealed_for=sealed_for)
