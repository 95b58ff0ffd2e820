"""Read the YAML that nearly all files are made of straight into JSON, without the places of its parts. Pure.

What is written wrongly, or in a way that we refuse or warn of, is left to `compose`, which finds the
words for it. Both give the same JSON; this one takes a fifth of the time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from sys import intern
from typing import Any, NamedTuple

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import LINED_LEVELS
from pytest_reqflo.syntax.scalars import WORDS, ScalarProblem, loses_its_form, resolve_plain
from pytest_reqflo.syntax.tree import MAX_DEPTH
from pytest_reqflo.values import Json, pointer_join


class EventKinds(NamedTuple):
    """The types of the events of a YAML parser that say something."""

    scalar: type
    mapping_start: type
    list_start: type
    mapping_end: type
    list_end: type
    alias: type
    document_start: type
    stream_end: type


@dataclass(frozen=True, slots=True)
class PlainTree:
    """The JSON of a file, and the lines (from 1) on which its outer parts begin, by pointer."""

    data: Json
    lines: Mapping[str, int]


_BEGINNINGS = frozenset({"", *"+-.0123456789", *(word[:1] for word in WORDS)})
"""First characters of unquoted scalars that may be more than text."""

_COUNT = re.compile(r"0|[1-9][0-9]{0,17}")
"""What most numbers are: it needs no further look."""


class _NotPlain(Exception):
    """The file holds something that only the slow way can judge."""


def read_plain(text: str, next_event: Callable[[], Any], kinds: EventKinds) -> PlainTree | None:
    """Return what the events of *text* give, None when they hold anything out of the ordinary.

    Raises: what *next_event* raises.
    """
    # An anchor or a tag, if any, is written with one of these.
    is_marked = "&" in text or "!" in text
    try:
        return _read(next_event, kinds, is_marked)
    except _NotPlain:
        return None


def _read(next_event: Callable[[], Any], kinds: EventKinds, is_marked: bool) -> PlainTree:
    # One loop without calls: it runs for each word of each file of a suite.
    scalar, mapping_start, list_start, mapping_end, list_end, _, document, end = kinds
    root: Json = None
    node: Any = None
    key = ""
    is_mapping = has_document = False
    stack: list[tuple[Any, bool]] = []
    depth = 0
    lines: dict[str, int] = {}
    pointers = [""]
    while True:
        event = next_event()
        kind = type(event)
        if is_mapping:
            # Here a mapping goes on with a key, or it ends.
            if kind is mapping_end:
                node, is_mapping = stack.pop()
                depth -= 1
                continue
            if kind is not scalar or (is_marked and _has_mark(event)):
                raise _NotPlain
            key = event.value
            if key in node or (key in ("", "<<") and event.implicit[0]):
                raise _NotPlain
            key = intern(key)
            event = next_event()
            kind = type(event)
        if kind is scalar:
            value = event.value
            if value[:1] in _BEGINNINGS and event.implicit[0]:
                value = _resolve(value)
        elif kind is mapping_start:
            value = {}
        elif kind is list_start:
            value = []
        elif kind is list_end:
            node, is_mapping = stack.pop()
            depth -= 1
            continue
        elif kind is document and not has_document:
            has_document = True
            continue
        elif kind is end:
            return PlainTree(root, lines)
        elif kind in kinds:
            raise _NotPlain  # an alias, or a second document
        else:
            continue
        if is_marked and _has_mark(event):
            raise _NotPlain
        if depth < LINED_LEVELS:
            part = key if is_mapping else len(node or ())
            pointer = pointer_join(pointers[depth - 1], part) if depth else ""
            lines[pointer] = event.start_mark.line + 1
            pointers[depth:] = [pointer]
        if is_mapping:
            node[key] = value
        elif node is None:
            root = value
        else:
            node.append(value)
        if kind is not scalar:
            if depth >= MAX_DEPTH:
                raise _NotPlain
            stack.append((node, is_mapping))
            depth += 1
            node, is_mapping = value, kind is mapping_start


def _has_mark(event: Any) -> bool:
    return event.anchor is not None or event.tag is not None


def _resolve(text: str) -> Json:
    if _COUNT.fullmatch(text):
        return int(text)
    if text in WORDS:
        return WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    try:
        value = resolve_plain(text)
    except ScalarProblem:
        raise _NotPlain from None
    if not isinstance(value, str) and loses_its_form(text):
        raise _NotPlain
    return value
