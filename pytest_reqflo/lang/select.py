"""JSONPath (RFC 9535) over JSON. No I/O; time is bounded. What needs a parser is in `jsonpath`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import field
from typing import Any

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import Segment
from pytest_reqflo.values import Json, is_array

MAX_QUERY_LENGTH = 4000
"""Longest query, in characters."""

SELECT_LIMIT_S = 2.0


class QueryProblem(Exception):
    """A malformed query: a sentence, the offset in its text, and a hint."""

    def __init__(self, message: str, offset: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint


class SelectProblem(Exception):
    """A query that could not be answered within its limits; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Query:
    """A compiled query; equal when the texts are.

    Shape: *path* is the way of a singular query, None for any other.
    """

    text: str
    path: tuple[Segment, ...] | None = field(compare=False)
    compiled: Any = field(default=None, repr=False, compare=False)

    @property
    def is_singular(self) -> bool:
        """Whether the query gives one value at most."""
        return self.path is not None

    def select(self, document: Json, *, limit_s: float = SELECT_LIMIT_S) -> tuple[Json, ...]:
        """Return the values that the query selects, in document order; empty when none.

        Raises: SelectProblem when depth or time run out; *limit_s* is a bound, not a clock.
        """
        if self.path is not None:
            return _walk(document, self.path)
        from pytest_reqflo.lang.jsonpath import select_all

        return select_all(self.compiled, document, text=self.text, limit_s=limit_s)


@functools.lru_cache(maxsize=1024)
def compile_query(text: str) -> Query:
    """Return the compiled form of the JSONPath *text*.

    Raises: QueryProblem, also for a literal pattern that is no I-Regexp.
    """
    if not text.startswith("$"):
        raise QueryProblem("a JSONPath begins with `$`", 0, _root_hint(text))
    if len(text) > MAX_QUERY_LENGTH:
        raise QueryProblem(f"a JSONPath has {MAX_QUERY_LENGTH} characters at most")
    if _PLAIN.fullmatch(text):
        return Query(text, tuple(map(_segment, _SEGMENT.findall(text))))
    # Loading it costs as much as a hundred plain queries.
    from pytest_reqflo.lang.jsonpath import compile_jsonpath

    path, compiled = compile_jsonpath(text)
    return Query(text, path, compiled)


_SEGMENT = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(0|[1-9][0-9]{0,8})\]")
_PLAIN = re.compile(rf"\$(?:{_SEGMENT.pattern}){{0,100}}")
"""Queries that need no parser, as most are: names and numbers from the root."""


def _segment(parts: tuple[str, str]) -> Segment:
    name, index = parts
    return name or int(index)


def _root_hint(text: str) -> str:
    if "{{" in text:
        return "a JSONPath holds no expressions; filter with an `expected` instead"
    return f"write `$.{text.lstrip('.')}`" if text.strip() else ""


def _walk(document: Json, path: tuple[Segment, ...]) -> tuple[Json, ...]:
    for segment in path:
        # To ask an abstract class costs more than all the rest.
        is_field = type(document) is dict and type(segment) is str
        if not (segment in document if is_field else _holds(document, segment)):
            return ()
        document = document[segment]
    return (document,)


def _holds(document: Json, segment: Segment) -> bool:
    if isinstance(segment, str):
        return isinstance(document, Mapping) and segment in document
    return is_array(document) and -len(document) <= segment < len(document)
