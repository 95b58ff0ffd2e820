"""Where the record of a run lies, and what its files are called. Pure.

    STORE/runs/20261127T091500Z-1a2b3c4d/run_<32 hex>/run.json        the result
                                                     /bodies/3-response.txt
                                                     /log.txt
                                                     /manifest.json   SHA-256 of each file

Names are made from our own ids and from numbers, never from what a server or an author wrote.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

RUNS = "runs"
RESULT = "run.json"
LOG = "log.txt"
MANIFEST = "manifest.json"
BODIES = "bodies"

_SESSION = re.compile(r"(\d{8}T\d{6})Z-[0-9a-f]{8}")
_RUN = re.compile(r"run_[0-9a-f]{32}")
_BODY = re.compile(r"bodies/[1-9]\d{0,8}-(?:request|response)\.(?:txt|base64)")
_TIME = "%Y%m%dT%H%M%S"


def make_session_id(now: datetime, token: str) -> str:
    """Return the id of a session that began *now*; *token* is 8 hex digits that nobody else has.

    Shape: ids in order of their text are in order of their time.
    """
    return f"{now.astimezone(UTC).strftime(_TIME)}Z-{token}"


def is_session_id(name: str) -> bool:
    """Say whether *name* is that of a session."""
    return find_start_of(name) is not None


def find_start_of(session_id: str) -> datetime | None:
    """Return when the session began, None when that is no session id."""
    match = _SESSION.fullmatch(session_id)
    try:
        return datetime.strptime(match[1], _TIME).replace(tzinfo=UTC) if match else None
    except ValueError:
        return None


def is_run_id(name: str) -> bool:
    """Say whether *name* is the id of a run, and with that the name of its folder."""
    return _RUN.fullmatch(name) is not None


def body_name(number: int, side: str, *, is_text: bool) -> str:
    """Return the file of the body on one *side* of the exchange *number* (from 1) of a run."""
    return f"{BODIES}/{number}-{side}.{'txt' if is_text else 'base64'}"


def is_body_name(name: str) -> bool:
    """Say whether *name* is one of `body_name`."""
    return _BODY.fullmatch(name) is not None


def result_path(session_id: str, run_id: str) -> str:
    """Return where the result of a run lies below its store."""
    return f"{RUNS}/{session_id}/{run_id}/{RESULT}"


def is_older(session_id: str, last_s: float, now: datetime) -> bool:
    """Say whether the session began more than *last_s* seconds before *now*."""
    started = find_start_of(session_id)
    return started is not None and now - started > timedelta(seconds=last_s)
