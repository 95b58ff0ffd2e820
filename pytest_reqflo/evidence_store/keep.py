"""Which records stay. Pure."""

from __future__ import annotations

import re

from pytest_reqflo.frozen import dataclass

_DURATION = re.compile(r"(\d{1,6})([smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """What stays: the newest so many sessions or runs, or what began in the last so many seconds."""

    sessions: int | None = None
    runs: int | None = None
    last_s: float | None = None


def read_duration_s(text: str) -> int | None:
    """Return the seconds of ``30d``, ``12h`` and the like, None when it is no duration."""
    match = _DURATION.fullmatch(text)
    return int(match[1]) * _SECONDS[match[2]] if match else None
