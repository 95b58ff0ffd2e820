"""The formats that a JSON Schema may name, each with its test. Pure.

A closed table of our own: what jsonschema tests depends on which other packages are installed, and
then the same artifact would pass on one machine and fail on another.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from urllib.parse import urlsplit

from pytest_reqflo.lang.patterns import PatternProblem, compile_pattern

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(
    r"(?P<clock>[0-9]{2}:[0-9]{2}:(?P<second>[0-9]{2}))(\.[0-9]+)?(?P<zone>[zZ]|[+-][0-9]{2}:[0-9]{2})"
)
_DURATION = re.compile(
    r"P(?:[0-9]+W|(?=.)(?:[0-9]+Y)?(?:[0-9]+M)?(?:[0-9]+D)?"
    r"(?:T(?=.)(?:[0-9]+H)?(?:[0-9]+M)?(?:[0-9]+S)?)?)"
)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_URI_TEXT = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


def _is_date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and _reads(date.fromisoformat, text)


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    if match is None:
        return False
    # Second 60 is a leap second, which Python does not know.
    clock = match["clock"][:-2] + ("59" if match["second"] == "60" else match["second"])
    zone = "" if match["zone"] in "zZ" else match["zone"]
    return _reads(datetime.fromisoformat, f"2000-01-01T{clock}{zone}")


def _is_date_time(text: str) -> bool:
    return len(text) > 10 and text[10] in "tT" and _is_date(text[:10]) and _is_time(text[11:])


def _is_email(text: str) -> bool:
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and not any(c.isspace() for c in text)


def _is_hostname(text: str) -> bool:
    return 0 < len(text) <= 253 and all(_LABEL.fullmatch(part) for part in text.split("."))


def _is_uri(text: str) -> bool:
    return _SCHEME.match(text) is not None and _is_uri_reference(text)


def _is_uri_reference(text: str) -> bool:
    return _URI_TEXT.fullmatch(text) is not None and _reads(urlsplit, text)


def _is_pattern(text: str) -> bool:
    try:
        compile_pattern(text)
    except PatternProblem:
        return False
    return True


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


FORMATS: Mapping[str, Callable[[str], bool]] = {
    "date": _is_date,
    "time": _is_time,
    "date-time": _is_date_time,
    "duration": lambda text: _DURATION.fullmatch(text) is not None,
    "email": _is_email,
    "idn-email": _is_email,
    "hostname": _is_hostname,
    "ipv4": lambda text: _reads(ipaddress.IPv4Address, text),
    "ipv6": lambda text: "%" not in text and _reads(ipaddress.IPv6Address, text),
    "uri": _is_uri,
    "uri-reference": _is_uri_reference,
    "uuid": lambda text: _UUID.fullmatch(text) is not None,
    "json-pointer": lambda text: _POINTER.fullmatch(text) is not None,
    "regex": _is_pattern,
}
"""Each format by name; numbers and other values that are no text always pass."""
