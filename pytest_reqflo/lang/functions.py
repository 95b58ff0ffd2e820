"""Values of the closed functions, made from seed, call site and time. Pure.

Random values are HMAC-SHA256(seed, site): the same place of the same run gives the same value in
every try and after a resume, another place another one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import string
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from pytest_reqflo.values import Json

MAX_RANDOM_LENGTH = 10_000
"""Longest text that random_string and random_hex make."""

_ISO = "%Y-%m-%dT%H:%M:%SZ"
_MAX_INTEGER = 2**63 - 1
_SHIFT = re.compile(r"([+-])([0-9]{1,6})([smhdw])")
_LONGEST_SHIFT = timedelta(days=36_525)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Our own directives: strftime depends on the locale and the platform.
_DIRECTIVES: Mapping[str, Callable[[datetime], str]] = {
    "%Y": lambda now: f"{now.year:04}",
    "%y": lambda now: f"{now.year % 100:02}",
    "%m": lambda now: f"{now.month:02}",
    "%d": lambda now: f"{now.day:02}",
    "%H": lambda now: f"{now.hour:02}",
    "%I": lambda now: f"{(now.hour + 11) % 12 + 1:02}",
    "%p": lambda now: "AM" if now.hour < 12 else "PM",
    "%M": lambda now: f"{now.minute:02}",
    "%S": lambda now: f"{now.second:02}",
    "%f": lambda now: f"{now.microsecond:06}",
    "%L": lambda now: f"{now.microsecond // 1000:03}",
    "%j": lambda now: f"{now.timetuple().tm_yday:03}",
    "%a": lambda now: _DAYS[now.weekday()],
    "%b": lambda now: _MONTHS[now.month - 1],
    "%Z": lambda _: "UTC",
    "%z": lambda _: "+0000",
    "%%": lambda _: "%",
}
_DIRECTIVE = re.compile(r"%.?", re.DOTALL)


def call_function(name: str, args: tuple[Json, ...], *, seed: str, site: str, now: str) -> Json:
    """Return the value of function *name* for this call *site*.

    Shape: *now* is RFC 3339; *args* have passed `find_call_fault`.
    """
    match name:
        case "uuid":
            return str(uuid.UUID(bytes=_draw(seed, name, site, 16), version=4))
        case "now":
            return _format_time(_read_time(now), *args)
        case "timestamp":
            return _microseconds(now) // 1_000_000
        case "timestamp_ms":
            return _microseconds(now) // 1000
        case "random_int":
            low, high = args
            return low + _draw_below(seed, name, site, high - low + 1)
        case "random_string":
            letters = string.ascii_lowercase + string.digits
            drawn = _draw(seed, name, site, args[0] * 2)
            pairs = zip(drawn[::2], drawn[1::2], strict=True)
            return "".join(letters[(high * 256 + low) % len(letters)] for high, low in pairs)
        case "random_hex":
            return _draw(seed, name, site, args[0] // 2 + 1).hex()[: args[0]]
        case "random_choice":
            return args[_draw_below(seed, name, site, len(args))]
        case _:
            raise ValueError(f"unknown function {name}")


def find_call_fault(name: str, args: tuple[Json, ...]) -> str | None:
    """Return what is wrong with arguments of the right number and types, None when nothing is."""
    match name, args:
        case "now", (form, *_) if fault := _find_format_fault(form):
            return fault
        case "now", (_, shift) if not _SHIFT.fullmatch(shift):
            return f"`{shift}` is no shift; write a sign, a number and one of s, m, h, d, w"
        case "now", (_, shift) if abs(_read_shift(shift)) > _LONGEST_SHIFT:
            return f"`{shift}` is more than {_LONGEST_SHIFT.days} days"
        case "random_int", (low, high) if low > high:
            return f"`random_int` has no integer from {low} to {high}"
        case "random_int", (low, high) if max(abs(low), abs(high)) > _MAX_INTEGER:
            return "`random_int` gives integers of 64 bits at most"
        case (("random_string" | "random_hex"), (length,)) if not 1 <= length <= MAX_RANDOM_LENGTH:
            return f"`{name}` makes 1 to {MAX_RANDOM_LENGTH} characters, not {length}"
    return None


def _find_format_fault(form: str) -> str | None:
    for directive in _DIRECTIVE.findall(form):
        if directive not in _DIRECTIVES:
            return f"`{directive}` is no part of a time format; there are {' '.join(_DIRECTIVES)}"
    return None


def _format_time(moment: datetime, form: str = _ISO, shift: str = "+0s") -> str:
    moved = moment + _read_shift(shift)
    return _DIRECTIVE.sub(lambda match: _DIRECTIVES[match.group()](moved), form)


def _read_shift(shift: str) -> timedelta:
    match = _SHIFT.fullmatch(shift)
    if match is None:
        raise ValueError(f"{shift!r} is no shift")
    sign, count, unit = match.groups()
    return timedelta(**{_UNITS[unit]: int(sign + count)})


def _read_time(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _microseconds(now: str) -> int:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return (_read_time(now) - epoch) // timedelta(microseconds=1)


def _draw_below(seed: str, name: str, site: str, bound: int) -> int:
    # 32 bytes against at most 64 bits: the bias of the remainder is far below one in 2**128.
    return int.from_bytes(_draw(seed, name, site, 32), "big") % bound


def _draw(seed: str, name: str, site: str, size: int) -> bytes:
    blocks = (
        hmac.digest(seed.encode(), f"{site}\n{name}\n{block}".encode(), hashlib.sha256)
        for block in range(-(-size // 32))
    )
    return b"".join(blocks)[:size]
