"""Texts and times in columns of a terminal, as wide as they look. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import Literal

from pytest_reqflo.report.safe import to_line

Side = Literal["<", ">"]


def display_width(text: str) -> int:
    """Return how many columns a terminal gives *text*: wide characters two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(map(_width_of, text))


def _width_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def fit(text: str, width: int) -> str:
    """Return *text* as one harmless line of at most *width* columns, its end cut off with `…`."""
    line = to_line(text)
    if display_width(line) <= width:
        return line
    return "".join(_first(line, width - 1)) + "…"


def _first(line: str, width: int) -> Iterator[str]:
    for character in line:
        width -= _width_of(character)
        if width < 0:
            return
        yield character


def align(rows: Sequence[Sequence[str]], sides: Sequence[Side]) -> list[str]:
    """Return *rows* as lines whose columns stand under each other, each at its side."""
    widths = [max(map(display_width, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(map(_padded, row, widths, sides)).rstrip() for row in rows
    ]  # a space at the end would be all that a diff of two outputs shows


def _padded(text: str, width: int, side: Side) -> str:
    space = " " * (width - display_width(text))
    return text + space if side == "<" else space + text


def show_time(time_s: float) -> str:
    """Return *time_s* with three digits and its unit: `12 ms`, `1.24 s`, `3 min 05 s`."""
    if time_s < 0.9995:
        return f"{time_s * 1000:.0f} ms"
    if time_s < 59.995:
        return f"{time_s:.2f} s"
    minutes, seconds = divmod(round(time_s), 60)
    if minutes < 60:
        return f"{minutes} min {seconds:02} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
