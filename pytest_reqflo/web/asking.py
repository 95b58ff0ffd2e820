"""The query of an address to what is asked for. Pure; bounds whatever comes from outside."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pytest_reqflo.web.source import Key, RunQuery

MAX_RUNS = 200
_MAX_TEXT = 200

_RUN_ID = re.compile(r"run_[0-9a-f]{32}")
_ARTIFACT_ID = re.compile(r"artifact_[0-9a-f]{12}")
_BEFORE = re.compile(r"(\d{1,12}(?:\.\d{1,20})?):(run_[0-9a-f]{32})")

BAD = ("failed", "error", "interrupted", "cancelled", "lost")
OPEN = ("queued", "running", "left")
STATUSES = ("passed", "skipped", *BAD, *OPEN)
_GROUPS: Mapping[str, tuple[str, ...]] = {"bad": BAD, "open": OPEN}


class BadQuery(ValueError):
    """A query that the page never asks; its text is a sentence."""


def read_query(given: Mapping[str, str]) -> RunQuery:
    """Return what the names and values of a query ask for. Raises: BadQuery."""
    return RunQuery(
        text=_text(given, "q"),
        statuses=_statuses(given.get("status", "")),
        journey=_text(given, "journey"),
        environment=_text(given, "env"),
        artifact=_text(given, "artifact"),
        before=read_key(given["before"]) if given.get("before") else None,
        limit=_limit(given.get("limit", "50")),
    )


def read_key(text: str) -> Key:
    """Return the place in a list that `show_key` wrote. Raises: BadQuery."""
    match = _BEFORE.fullmatch(text)
    if match is None:
        raise BadQuery("`before` is no place in a list")
    return float(match[1]), match[2]


def show_key(key: Key) -> str:
    """Return a place in a list as text."""
    at, run_id = key
    return f"{at!r}:{run_id}"


def is_run_id(text: str) -> bool:
    """Say whether *text* can be the id of a run."""
    return _RUN_ID.fullmatch(text) is not None


def is_artifact_id(text: str) -> bool:
    """Say whether *text* can be the id of an artifact."""
    return _ARTIFACT_ID.fullmatch(text) is not None


def _text(given: Mapping[str, str], name: str) -> str:
    text = given.get(name, "")
    if len(text) > _MAX_TEXT or "\0" in text:
        raise BadQuery(f"`{name}` is too long, or has a NUL")
    return text.encode("utf-8", "replace").decode()


def _statuses(text: str) -> tuple[str, ...]:
    if not text:
        return ()
    if text not in (*_GROUPS, *STATUSES):
        raise BadQuery("there is no such status")
    return _GROUPS.get(text, (text,))


def _limit(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:6]) <= MAX_RUNS:
        raise BadQuery(f"`limit` is not within 1 to {MAX_RUNS}")
    return int(text)
