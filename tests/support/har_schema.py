"""What HAR 1.2 asks of a file, as a JSON Schema of our own; names that begin with `_` are free."""

from __future__ import annotations

from typing import Any

import jsonschema

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
SIZE: Schema = {"type": "integer", "minimum": -1}
MOMENT: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
}
NEEDED: Schema = {"type": "number", "minimum": 0}
PHASE: Schema = {"anyOf": [NEEDED, {"const": -1}]}


def _object(needed: Schema, **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**needed, **optional, "comment": TEXT},
        "patternProperties": {"^_": {}},
        "required": list(needed),
        "additionalProperties": False,
    }


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


PAIR = _object({"name": TEXT, "value": TEXT})
COOKIE = _object({"name": TEXT, "value": TEXT}, path=TEXT, domain=TEXT, expires=MOMENT)
COMMON = {
    "httpVersion": TEXT, "cookies": _list(COOKIE), "headers": _list(PAIR), "headersSize": SIZE, "bodySize": SIZE,
}  # fmt: skip
REQUEST = _object(
    {
        "method": TEXT,
        "url": {"type": "string", "minLength": 1},
        "queryString": _list(PAIR),
        **COMMON,
    },
    postData=_object({"mimeType": TEXT, "text": TEXT}),
)
CONTENT = _object(
    {"size": {"type": "integer", "minimum": 0}, "mimeType": TEXT},
    text=TEXT, encoding={"const": "base64"},
)  # fmt: skip
RESPONSE = _object({
    "status": {"type": "integer"}, "statusText": TEXT, "content": CONTENT, "redirectURL": TEXT, **COMMON,
})  # fmt: skip
TIMINGS = _object(
    {"send": NEEDED, "wait": NEEDED, "receive": NEEDED},
    blocked=PHASE, dns=PHASE, connect=PHASE, ssl=PHASE,
)  # fmt: skip
PAGE = _object({"startedDateTime": MOMENT, "id": TEXT, "title": TEXT, "pageTimings": _object({})})
ENTRY = _object({
    "pageref": TEXT, "startedDateTime": MOMENT, "time": NEEDED, "request": REQUEST, "response": RESPONSE,
    "cache": _object({}), "timings": TIMINGS,
})  # fmt: skip
HAR = _object({
    "log": _object({
        "version": {"const": "1.2"}, "creator": _object({"name": TEXT, "version": TEXT}),
        "pages": _list(PAGE), "entries": _list(ENTRY),
    }),
})  # fmt: skip


def validate_har(document: Any) -> None:
    """Hold *document* to the format. Raises: AssertionError, jsonschema.ValidationError."""
    jsonschema.Draft202012Validator(HAR).validate(document)
    log = document["log"]
    pages = [page["id"] for page in log["pages"]]
    assert len(set(pages)) == len(pages)
    assert {entry["pageref"] for entry in log["entries"]} <= set(pages)
    for part in ("pages", "entries"):
        starts = [each["startedDateTime"] for each in log[part]]
        assert starts == sorted(starts)
    for entry in log["entries"]:
        phases = [ms for name, ms in entry["timings"].items() if name != "ssl" and ms > 0]
        assert abs(entry["time"] - sum(phases)) < 0.01
