"""Turn the text of a YAML file into JSON and the places of its parts; the only door to PyYAML.

We read the events of the parser ourselves: PyYAML's own loaders read YAML 1.1 (``no`` is false),
keep the last of two equal keys, lose positions, and die of deep nesting. What is refused:
tags of any kind (also ``!!str`` and the bare ``!``), merge keys, a second document, keys that are
lists or mappings. A key is always text: ``on:``, ``404:`` and ``null:`` are "on", "404", "null".
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.source import Position, SourceMap, SourceText, Spans
from pytest_reqflo.syntax.compose import Composer, Stop, has_forbidden
from pytest_reqflo.syntax.document import Document, scalar_offset_span
from pytest_reqflo.syntax.plain import EventKinds, PlainTree, read_plain
from pytest_reqflo.syntax.read import (
    MAX_SIZE_BYTES,
    decode_source,
    read_bytes,
    refuse,
    with_line_feeds,
)
from pytest_reqflo.syntax.sentences import YamlProblem
from pytest_reqflo.syntax.tree import MAX_NODES, TooLarge, expand

__all__ = ["Document", "load_document", "parse_yaml", "scalar_offset_span"]

PURE_LOADER: Any = yaml.SafeLoader
_C_LOADER: Any = getattr(yaml, "CSafeLoader", None)
FAST_LOADER: Any = _C_LOADER or PURE_LOADER

_KINDS = EventKinds(
    scalar=yaml.ScalarEvent,
    mapping_start=yaml.MappingStartEvent,
    list_start=yaml.SequenceStartEvent,
    mapping_end=yaml.MappingEndEvent,
    list_end=yaml.SequenceEndEvent,
    alias=yaml.AliasEvent,
    document_start=yaml.DocumentStartEvent,
    stream_end=yaml.StreamEndEvent,
)


def load_document(
    path: Path, shown: str, *, below: Path | None = None
) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Return the document in the file *path*, shown to people as *shown*, and its warnings.

    Shape: with *below*, no step from that folder to *path* may be a symbolic link.
    Raises: JourneyError (RF101 to RF103, RF108, RF109, RF113, RF114).
    """
    content = read_bytes(path, shown, max_bytes=MAX_SIZE_BYTES, below=below)
    return parse_yaml(decode_source(content, shown))


def parse_yaml(
    source: SourceText, *, loader: Any = FAST_LOADER
) -> tuple[Document, tuple[Diagnostic, ...]]:
    """Return the document that *source* holds, and its warnings (RF111).

    Shape: *loader* is libyaml where PyYAML was built with it; both give the same documents.
    Raises: JourneyError with every problem found (RF101, RF102, RF103, RF108, RF109).
    """
    source = with_line_feeds(source)
    text = source.text
    if len(text) > MAX_SIZE_BYTES:
        refuse("RF102", f"`{source.file}` is larger than 1 MiB")
    plain = _find_plain(text) if loader is _C_LOADER else None
    if plain is not None:
        find = functools.partial(find_places, source)
        return Document(plain.data, SourceMap(source, find=find, lines=plain.lines)), ()
    return _parse_with_places(source, loader)


def _find_plain(text: str) -> PlainTree | None:
    """Return the quick reading of *text*, None where it must be read with care."""
    # A text of fewer characters holds fewer values.
    if len(text) > MAX_NODES or has_forbidden(text):
        return None
    try:
        return read_plain(text, _C_LOADER(text).get_event, _KINDS)
    except yaml.YAMLError:
        return None


def find_places(source: SourceText) -> tuple[Spans, Spans]:
    """Return where the parts of *source*, read before, stand, by pointer: its values, and its keys."""
    places = _parse_with_places(source, FAST_LOADER)[0].map
    return places.values, places.keys


def _parse_with_places(source: SourceText, loader: Any) -> tuple[Document, tuple[Diagnostic, ...]]:
    composer = _read(source, loader)
    composer.raise_errors()
    try:
        document = expand(composer.root, composer.source)
    except TooLarge as problem:
        composer.note("RF102", str(problem), problem.at)
        composer.raise_errors()
        raise
    return document, tuple(composer.warnings)


class _TooDeep(Exception):
    """The parser has a limit of its own for nesting, and met it at this offset."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def _read(source: SourceText, loader: Any) -> Composer:
    composer = Composer(source)
    try:
        _compose(composer, source.text, loader)
    except _TooDeep as met:
        # libyaml 0.2.6 counts levels while it looks ahead, long before it tells us of them. The text
        # before that place is deeper than we allow, and what lies there has the place we show.
        composer = Composer(source)
        _compose(composer, source.text[: met.offset], loader)
    return composer


def _compose(composer: Composer, text: str, loader: Any) -> None:
    try:
        composer.check_characters()
        for event in yaml.parse(text, Loader=loader):
            _take(composer, event)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        if mark and "maximum nesting depth" in str(getattr(error, "problem", "")):
            raise _TooDeep(mark.index) from None
        composer.note_yaml_problem(_problem_of(error))
    except (ValueError, OverflowError):
        # Only PyYAML's pure parser: an escape beyond the last code point.
        composer.note("RF101", "an escape in double quotes names no character", Position(1, 1))
    except Stop:
        return


def _take(composer: Composer, event: Any) -> None:
    take = _TAKERS.get(type(event))
    if take is not None:
        take(composer, event)


def _take_scalar(composer: Composer, event: Any) -> None:
    composer.take_scalar(
        event.value,
        _position(event.start_mark),
        _position(event.end_mark),
        is_plain=bool(event.implicit[0]),
        anchor=event.anchor,
        tag=event.tag,
    )


def _open(kind: str, composer: Composer, event: Any) -> None:
    start, is_flow = _position(event.start_mark), bool(event.flow_style)
    composer.open(kind, start, is_flow=is_flow, anchor=event.anchor, tag=event.tag)


def _close(composer: Composer, event: Any) -> None:
    composer.close(_position(event.end_mark))


def _take_alias(composer: Composer, event: Any) -> None:
    start, end = _position(event.start_mark), _position(event.end_mark)
    composer.take_alias(str(event.anchor), start, end)


def _begin_document(composer: Composer, event: Any) -> None:
    composer.begin_document(_position(event.start_mark))


_TAKERS: Mapping[type, Callable[[Composer, Any], None]] = {
    yaml.ScalarEvent: _take_scalar,
    yaml.MappingStartEvent: functools.partial(_open, "mapping"),
    yaml.SequenceStartEvent: functools.partial(_open, "list"),
    yaml.MappingEndEvent: _close,
    yaml.SequenceEndEvent: _close,
    yaml.AliasEvent: _take_alias,
    yaml.DocumentStartEvent: _begin_document,
}
"""What is done with each kind of event; the others say nothing new."""


def _problem_of(error: yaml.YAMLError) -> YamlProblem:
    met = getattr(error, "problem_mark", None)
    began = getattr(error, "context_mark", None)
    return YamlProblem(
        context=str(getattr(error, "context", None) or ""),
        problem=str(getattr(error, "problem", None) or "it cannot be parsed"),
        met=_position(met) if met else Position(1, 1),
        began=_position(began) if began else None,
    )


def _position(mark: Any) -> Position:
    return Position(mark.line + 1, mark.column + 1)
