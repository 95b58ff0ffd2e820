"""The nodes of a YAML file as its author wrote them, and what they become: a `Document`. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_reqflo.source import Position, SourceMap, SourceText, Span
from pytest_reqflo.syntax.document import Document
from pytest_reqflo.values import Json, pointer_join

MAX_DEPTH = 64
MAX_NODES = 100_000


@dataclass(slots=True)
class Node:
    """A value: a scalar, or the entries of a list or mapping, a mapping's with their keys.

    *is_open* until its end is read; *is_expression* for a mapping written ``{{ ... }}``.
    """

    start: Position
    end: Position
    kind: str
    value: Json = None
    is_plain: bool = False
    keys: list[Node] = field(default_factory=list)
    entries: list[Node] = field(default_factory=list)
    is_open: bool = False
    is_expression: bool = False


class TooLarge(Exception):
    """The tree with its repeated parts written out exceeds a limit; the text is a sentence."""

    def __init__(self, message: str, at: Position) -> None:
        super().__init__(message)
        self.at = at


def expand(root: Node | None, source: SourceText) -> Document:
    """Return the JSON of *root*, aliases written out, and where each part of it stands.

    Raises: TooLarge.
    """
    expansion = _Expansion(source.file)
    data = expansion.read(root, "", 0) if root else None
    return Document(data, SourceMap(source, expansion.values, expansion.keys))


class _Expansion:
    def __init__(self, file: str) -> None:
        self.file = file
        self.values: dict[str, Span] = {}
        self.keys: dict[str, Span] = {}
        self.count = 0

    def read(self, node: Node, pointer: str, depth: int) -> Json:
        self.count += 1
        if self.count > MAX_NODES:
            raise TooLarge(f"the file holds more than {MAX_NODES:,} values", node.start)
        if depth > MAX_DEPTH:
            raise TooLarge(f"the file is nested deeper than {MAX_DEPTH} levels", node.start)
        self.values[pointer] = Span(self.file, node.start, node.end)
        if node.kind == "scalar":
            return node.value
        if node.kind == "list":
            return [
                self.read(entry, f"{pointer}/{number}", depth + 1)
                for number, entry in enumerate(node.entries)
            ]
        return self._read_mapping(node, pointer, depth)

    def _read_mapping(self, node: Node, pointer: str, depth: int) -> Json:
        document = {}
        for key, entry in zip(node.keys, node.entries, strict=True):
            place = pointer_join(pointer, key.value)
            self.keys[place] = Span(self.file, key.start, key.end)
            document[key.value] = self.read(entry, place, depth + 1)
        return document
