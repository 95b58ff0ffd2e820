"""Regular expressions that cannot run away: bounded in size when compiled, in time when searched.

The syntax is that of Python's `re`. The `regex` package runs them, because it can be stopped.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Protocol

from pytest_reqflo.frozen import dataclass

MAX_PATTERN_LENGTH = 2000
"""Longest pattern, in characters."""

MAX_PATTERN_SIZE = 100_000
"""Most elements of a pattern once ``{n}`` is written out; ``a{1000000000}`` takes gigabytes."""

SEARCH_LIMIT_S = 0.25

_ATOM = re.compile(
    r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|(?P<flags>\(\?[A-Za-z0-9-]+\))"
    r"|\{(?P<least>[0-9]+)(?:,[0-9]*)?\}|.",
    re.DOTALL,
)

_UNMEASURED = re.compile(r"\?(?:#|[A-Za-z0-9]*x)")
_CALL = re.compile(r"\?(?:R\)|[+-]?[0-9]|&|P>)")


class PatternProblem(Exception):
    """A pattern that cannot be compiled: a sentence and the offset in the pattern."""

    def __init__(self, message: str, offset: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class PatternTimeout(Exception):
    """A search took longer than its limit."""


class PatternMatch(Protocol):
    """What a search found, as `re.Match` has it."""

    def group(self, key: int | str = 0, /) -> str | None: ...

    def groups(self) -> tuple[str | None, ...]: ...

    def groupdict(self) -> Mapping[str, str | None]: ...

    def start(self) -> int: ...

    def end(self) -> int: ...

    def span(self, key: int | str = 0, /) -> tuple[int, int]: ...


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern and its text; equal when the texts are."""

    text: str
    compiled: Any = field(repr=False, compare=False)


@functools.lru_cache(maxsize=512)
def compile_pattern(text: str) -> Pattern:
    """Return the compiled form of *text*.

    Raises: PatternProblem.
    """
    if len(text) > MAX_PATTERN_LENGTH:
        raise PatternProblem(f"a pattern has {MAX_PATTERN_LENGTH} characters at most")
    if _begins_group(_UNMEASURED, text):
        # What they hold, and what a count behind them repeats, differs there.
        raise PatternProblem("a pattern has neither comments nor the flag `x`")
    if _begins_group(_CALL, text):
        # Python's `re` has none, and each call takes memory that no time limit bounds.
        raise PatternProblem("a pattern cannot call itself or one of its groups")
    if _measure(text) > MAX_PATTERN_SIZE:
        raise PatternProblem("the repetitions of a pattern multiply to too large a number")
    # Most journeys hold no pattern, and it takes long to load.
    import regex

    try:
        return Pattern(text, regex.compile(text, regex.VERSION0))
    except regex.error as error:
        raise PatternProblem(error.msg, min(error.pos or 0, max(0, len(text) - 1))) from None
    except RecursionError:
        raise PatternProblem("a pattern is nested too deeply") from None
    except (ValueError, OverflowError) as error:
        raise PatternProblem(str(error)) from None


def search(pattern: Pattern, text: str, *, limit_s: float = SEARCH_LIMIT_S) -> PatternMatch | None:
    """Return the first match of *pattern* anywhere in *text*, None when there is none.

    Raises: PatternTimeout after *limit_s*; it is a bound, not a clock.
    """
    try:
        found: PatternMatch | None = pattern.compiled.search(text, timeout=limit_s)
    except TimeoutError:
        raise PatternTimeout(f"the pattern took longer than {limit_s} s") from None
    return found


def _begins_group(mark: re.Pattern[str], text: str) -> bool:
    """Say whether *mark* stands at the beginning of any group of *text*."""
    elements = _ATOM.finditer(text)
    groups = (each.start() + 1 for each in elements if each.group()[0] == "(")
    return any(mark.match(text, start) for start in groups)


def _measure(text: str) -> int:
    """Return roughly how many elements *text* has once its least repetitions are written out."""
    totals = [0]
    last = 0
    for match in _ATOM.finditer(text):
        element = match.group()
        if element == "(":
            totals.append(0)
        elif element == ")" and len(totals) > 1:
            last = totals.pop()
            totals[-1] += last
        elif match["flags"]:
            # A count behind flags repeats what stands before them.
            totals[-1] += 1
        elif match["least"]:
            extra = last * max(0, int(match["least"]) - 1)
            totals[-1] += extra
            last += extra
        else:
            # Each repetition keeps the characters of its class.
            last = len(element) if element[0] == "[" else 1
            totals[-1] += last
    return sum(totals)
