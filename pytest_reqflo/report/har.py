"""Results to one HTTP archive, HAR 1.2: a page per run, an entry per exchange. Pure.

Source: http://www.softwareishard.com/blog/har-12-spec/
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from pytest_reqflo.evidence.model import (
    Body,
    Exchange,
    Header,
    RequestRecord,
    ResponseRecord,
    Timing,
)
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.result import CheckResult, JourneyResult, RunIdentity, StepResult, TryResult
from pytest_reqflo.values import Json

_UNKNOWN = -1
_NO_TYPE = "x-unknown"


@dataclass(frozen=True, slots=True)
class HarRun:
    """One run: its page, and its entries in order."""

    page: dict[str, Json]
    entries: tuple[dict[str, Json], ...]


def render_run(result: JourneyResult, test: str) -> HarRun:
    """Return the page and the entries of *result*, the run of the test *test*."""
    identity = result.identity
    page_id = identity.run_id or test
    page = {
        "startedDateTime": result.started_at,
        "id": page_id,
        "title": _title(identity),
        "pageTimings": {},
        "_reqflo": {
            "test": test,
            "outcome": result.outcome,
            "journey": identity.journey_id,
            "version": identity.version,
            "artifact": identity.artifact,
            "environment": identity.environment,
            "fingerprint": result.fingerprint,
        },
    }
    return HarRun(page, tuple(_entries(result, page_id)))


def render_log(runs: Iterable[HarRun], *, version: str) -> Json:
    """Return the archive of *runs*, entries in order of their start; *version* is our own."""
    listed = list(runs)
    entries = [entry for run in listed for entry in run.entries]
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "pytest-reqflo", "version": version},
            "pages": sorted((run.page for run in listed), key=_start_of),
            "entries": sorted(entries, key=_start_of),
        }
    }


def _start_of(part: dict[str, Json]) -> str:
    return str(part["startedDateTime"])


def _title(identity: RunIdentity) -> str:
    row = "" if identity.row_number is None else f"row {identity.row_number} {identity.row}"
    parts = filter(None, (identity.journey_name, identity.case, row))
    return to_line(", ".join(parts))


# --- entries -------------------------------------------------------------------------------------


def _entries(result: JourneyResult, page_id: str) -> Iterator[dict[str, Json]]:
    for step in result.steps:
        for each in step.tries:
            elapsed_s = 0.0
            for exchange in each.exchanges:
                is_last = exchange is each.exchanges[-1]
                start = _later(each.started_at or result.started_at, elapsed_s)
                told = _told(step, each, result, is_last=is_last)
                yield {"pageref": page_id, "startedDateTime": start, **_entry(exchange), **told}
                elapsed_s += exchange.timing.total_s if exchange.timing else 0.0


def _later(moment: str, elapsed_s: float) -> str:
    # A redirect is followed once its answer was there.
    if not elapsed_s:
        return moment
    later = datetime.fromisoformat(moment) + timedelta(seconds=elapsed_s)
    return later.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _told(
    step: StepResult, each: TryResult, result: JourneyResult, *, is_last: bool
) -> dict[str, Json]:
    checks = [_check(check, result) for check in each.checks] if is_last else []
    return {
        "_reqflo": {
            "run_id": result.identity.run_id,
            "step": step.id,
            "try": each.number,
            "outcome": each.outcome,
            "checks": checks,
        }
    }


def _check(check: CheckResult, result: JourneyResult) -> dict[str, Json]:
    return {
        "subject": check.subject,
        "operator": check.operator,
        "passed": check.passed,
        "expected": check.expected,
        "actual": check.actual,
        "line": None if check.origin == "template" else result.lines.get(check.pointer),
    }


def _entry(exchange: Exchange) -> dict[str, Json]:
    timings = _timings(exchange.timing)
    # `ssl` is part of `connect`.
    time_ms = sum(ms for name, ms in timings.items() if name != "ssl" and ms > 0)
    error = {"_error": exchange.error} if exchange.error else {}
    response = exchange.response
    return {
        "time": round(time_ms, 3),
        "request": _request(exchange.request, response.http_version if response else "HTTP/1.1"),
        "response": {**(_response(response) if response else _NO_RESPONSE), **error},
        "cache": {},
        "timings": timings,
    }


def _timings(timing: Timing | None) -> dict[str, float]:
    if timing is None:
        return {"send": 0, "wait": 0, "receive": 0}
    connect_s = timing.connect_s
    if connect_s is not None:
        connect_s += timing.tls_s or 0.0
    # These three must not be negative: without phases all of the time was a wait.
    has_phases = timing.wait_s is not None
    return {
        "blocked": _milliseconds(timing.pool_s),
        "dns": _UNKNOWN,
        "connect": _milliseconds(connect_s),
        "ssl": _milliseconds(timing.tls_s),
        "send": _milliseconds(timing.send_s or 0.0),
        "wait": _milliseconds(timing.wait_s if has_phases else timing.total_s),
        "receive": _milliseconds(timing.receive_s or 0.0),
    }


def _milliseconds(seconds: float | None) -> float:
    return _UNKNOWN if seconds is None else round(max(0.0, seconds) * 1000, 3)


# --- both sides ----------------------------------------------------------------------------------


def _request(request: RequestRecord, http_version: str) -> dict[str, Json]:
    post = {"postData": _post_data(request)} if request.body is not None else {}
    return {
        "method": request.method,
        "url": request.url,
        "httpVersion": http_version,
        "cookies": [_pair(part) for part in _cookie_parts(request.headers)],
        "headers": _headers(request.headers),
        "queryString": list(_query(request.url)),
        **post,
        "headersSize": _UNKNOWN,
        "bodySize": request.body.size_bytes if request.body else 0,
    }


def _post_data(request: RequestRecord) -> dict[str, Json]:
    body = request.body
    if body is None:
        return {}
    encoding = {"_encoding": "base64"} if body.encoding == "base64" else {}
    kind = _header(request.headers, "content-type") or _NO_TYPE
    return {"mimeType": kind, "text": body.text, **encoding, **_comment(body)}


def _response(response: ResponseRecord) -> dict[str, Json]:
    body = response.body
    encoding = {"encoding": "base64"} if body and body.encoding == "base64" else {}
    text = {"text": body.text, **encoding, **_comment(body)} if body else {}
    is_redirect = 300 <= response.status < 400
    return {
        "status": response.status,
        "statusText": response.reason,
        "httpVersion": response.http_version,
        "cookies": [
            _pair(value.partition(";")[0])
            for name, value in response.headers
            if name.lower() == "set-cookie" and "=" in value
        ],
        "headers": _headers(response.headers),
        "content": {
            "size": body.size_bytes if body else 0,
            "mimeType": _header(response.headers, "content-type") or _NO_TYPE,
            **text,
        },
        "redirectURL": _header(response.headers, "location") if is_redirect else "",
        "headersSize": _UNKNOWN,
        # What came over the wire may have been compressed.
        "bodySize": _UNKNOWN,
    }


_NO_RESPONSE: dict[str, Json] = {
    "status": 0,
    "statusText": "",
    "httpVersion": "",
    "cookies": [],
    "headers": [],
    "content": {"size": 0, "mimeType": _NO_TYPE},
    "redirectURL": "",
    "headersSize": _UNKNOWN,
    "bodySize": _UNKNOWN,
}


def _comment(body: Body) -> dict[str, Json]:
    if not body.is_shortened:
        return {}
    return {"comment": f"only the beginning of {body.size_bytes} bytes"}


def _headers(headers: Iterable[Header]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in headers]


def _header(headers: Iterable[Header], name: str) -> str:
    return next((value for each, value in headers if each.lower() == name), "")


def _cookie_parts(headers: Iterable[Header]) -> Iterator[str]:
    for name, value in headers:
        if name.lower() == "cookie":
            yield from (part for part in value.split(";") if "=" in part)


def _query(url: str) -> Iterator[dict[str, Json]]:
    """Yield the parameters as they were sent: what is hidden was looked for in this spelling."""
    query = url.partition("#")[0].partition("?")[2]
    yield from (_pair(part) for part in query.split("&") if part)


def _pair(text: str) -> dict[str, Json]:
    name, _, value = text.strip().partition("=")
    return {"name": name, "value": value}
