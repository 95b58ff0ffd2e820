"""Build the node tree of a YAML file from what the parser meets, and collect every problem. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import NoReturn

from pytest_reqflo.diagnostic import MAX_PROBLEMS, Diagnostic, Label, label_at
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.source import Position, SourceText, Span
from pytest_reqflo.syntax.scalars import ScalarProblem, loses_its_form, resolve_plain
from pytest_reqflo.syntax.sentences import YamlProblem, explain_yaml, find_bare_expression
from pytest_reqflo.syntax.tree import MAX_DEPTH, MAX_NODES, Node
from pytest_reqflo.values import Json

# YAML's printable characters without NEL, LS and PS: they end a line in YAML 1.1 and not in 1.2.
_FORBIDDEN = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
)
_ALLOWED_ASCII = b"\t\n\r" + bytes(range(0x20, 0x7F))
_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)+")
_TAG = re.compile(r"![^\s,\[\]{}]*")


def has_forbidden(text: str) -> bool:
    """Say whether *text* holds a character that YAML excludes."""
    if text.isascii():
        # Nearly every file. The pattern takes ten times as long.
        return bool(text.encode().translate(None, _ALLOWED_ASCII))
    return _FORBIDDEN.search(text) is not None


class Stop(Exception):
    """Reading further is useless or dangerous; the problem is already noted."""


class Composer:
    """Takes the parts of a file one by one; holds the tree, the problems and the warnings."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.problems: list[Diagnostic] = []
        self.warnings: list[Diagnostic] = []
        self.untold = 0
        self.root: Node | None = None
        self.stack: list[Node] = []
        self.anchors: dict[str, Node] = {}
        self.count = 0
        self.documents = 0

    # problems

    def note(
        self, code: str, title: str, at: Position, end: Position | None = None,
        hint: str = "", second: Label | None = None,
    ) -> None:  # fmt: skip
        if len(self.problems) >= MAX_PROBLEMS:
            self.untold += 1
            return
        label = label_at(self.source, self._span(at, end or Position(at.line, at.column + 1)))
        labels = (label, second) if second else (label,)
        self.problems.append(Diagnostic(code=code, title=title, labels=labels, hint=hint))

    def raise_errors(self) -> None:
        """Raise JourneyError with the problems noted so far, in file order."""
        if self.problems:
            told = sorted(self.problems, key=lambda item: item.labels[0].span.start)
            raise JourneyError(*told, *untold_problems(self.untold, self.source.file))

    def check_characters(self) -> None:
        """Stop at a character that YAML excludes."""
        found = _FORBIDDEN.search(self.source.text)
        if found is None:
            return
        before = self.source.text[: found.start()]
        at = Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
        name = f"U+{ord(found.group()):04X}"
        hint = f'in double quotes it can be written as "\\u{ord(found.group()):04x}"'
        self._stop("RF101", f"the character {name} cannot stand in YAML", at, hint)

    def note_yaml_problem(self, problem: YamlProblem) -> None:
        """Note why the parser gave up, as an unquoted expression when there is one."""
        for node in self.stack:
            if node.kind == "mapping" and not self._in_expression():
                self._check_keys(node)
        met = self._visible(problem.met)
        for line in dict.fromkeys((met.line, problem.began.line if problem.began else met.line)):
            if self._note_bare_expression(line):
                return
        sentence = explain_yaml(replace(problem, met=met), self.source)
        second = None
        if sentence.began and sentence.began.line != sentence.place.line:
            end = replace(sentence.began, column=sentence.began.column + 1)
            second = label_at(self.source, self._span(sentence.began, end), sentence.began_text)
        self.note("RF101", sentence.title, sentence.place, hint=sentence.hint, second=second)

    def _note_bare_expression(self, line: int) -> bool:
        text = self.source.line(line)
        offset = find_bare_expression(text)
        if offset is None:
            return False
        value = text[offset:].split(" #")[0].rstrip()
        if self.stack and self._begins(self.stack[-1].start, "[", "{"):
            value = value[: value.find("}}") + 2]
        self.problems = [
            item
            for item in self.problems
            if item.code != "RF109" or item.labels[0].span.start.line != line
        ]
        self._note_expression(Position(line, offset + 1), value)
        return True

    def _note_expression(self, at: Position, written: str) -> None:
        end = Position(at.line, at.column + max(2, len(written)))
        quote = "'" if '"' in written else '"'
        hint = f"write {quote}{written}{quote}"
        self.note(
            "RF109", "an expression must stand in quotes, YAML reads a mapping", at, end, hint
        )

    def _visible(self, position: Position) -> Position:
        """Move a place behind the last line to the end of the text."""
        count = self.source.text.count("\n") + 1
        line = position.line
        while line > 1 and not self.source.line(line).strip():
            line -= 1
        if line == position.line and line <= count:
            return position
        return Position(line, len(self.source.line(line)) + 1)

    def _stop(self, code: str, title: str, at: Position, hint: str = "") -> NoReturn:
        self.note(code, title, at, hint=hint)
        raise Stop

    def _span(self, start: Position, end: Position) -> Span:
        return Span(self.source.file, start, end)

    # parts

    def begin_document(self, at: Position) -> None:
        """Count the documents; there can be one."""
        self.documents += 1
        if self.documents > 1:
            hint = "one file holds one document; move it to a file of its own"
            self._stop("RF108", "a second document begins here", at, hint)

    def take_scalar(
        self, value: str, start: Position, end: Position,
        *, is_plain: bool, anchor: str | None = None, tag: str | None = None,
    ) -> None:  # fmt: skip
        """Add a scalar; *start* may lie before its anchor and tag."""
        if anchor is not None or tag is not None:
            start = self._skip_properties(start, has_tag=tag is not None)
        node = Node(start, max(start, end), "scalar", value, is_plain and tag is None)
        if not self._is_key_next():
            node.value = self._resolve(node)
        if not is_plain and _has_surrogate(value):
            self.note("RF101", "an escape in double quotes names no character", start, end)
        self._add(node, anchor)

    def _resolve(self, node: Node) -> Json:
        if not node.is_plain:
            return node.value
        try:
            value = resolve_plain(node.value)
        except ScalarProblem as problem:
            self.note(problem.code, str(problem), node.start, node.end, "quote it if text is meant")
            return None
        if not isinstance(value, str) and loses_its_form(node.value):
            self._warn_form(node, value)
        return value

    def _warn_form(self, node: Node, value: Json) -> None:
        if len(self.warnings) >= MAX_PROBLEMS:
            return
        label = label_at(self.source, self._span(node.start, node.end), "unquoted")
        title = f"`{node.value}` looks like a code, YAML reads the number {value}"
        self.warnings.append(
            Diagnostic(
                code="RF111", title=title, labels=(label,), severity="warning",
                hint=f'write "{node.value}" to keep it as text',
            )
        )  # fmt: skip

    def _skip_properties(self, start: Position, *, has_tag: bool) -> Position:
        """Note a tag, and return where the scalar itself begins."""
        line = self.source.line(start.line)
        found = _PROPERTIES.match(line, start.column - 1)
        if has_tag:
            self._note_tag(start)
        return Position(start.line, found.end() + 1) if found else start

    def _note_tag(self, start: Position) -> None:
        found = _TAG.search(self.source.line(start.line), start.column - 1)
        written = found.group() if found else "!"
        column = found.start() + 1 if found else start.column
        at, end = Position(start.line, column), Position(start.line, column + len(written))
        hint = "quote the value if text is meant, else remove the tag"
        self.note("RF108", f"the tag `{written}` is not supported", at, end, hint)

    def open(
        self, kind: str, start: Position, *, is_flow: bool, anchor: str | None, tag: str | None
    ) -> None:
        """Begin a list or a mapping."""
        if tag is not None:
            self._note_tag(start)
        if len(self.stack) >= MAX_DEPTH:
            self._stop("RF102", f"the file is nested deeper than {MAX_DEPTH} levels", start)
        node = Node(start, start, kind, is_open=True)
        node.is_expression = is_flow and self._begins(start, "{{")
        self._add(node, anchor)
        self.stack.append(node)

    def close(self, end: Position) -> None:
        """End the list or mapping that is open."""
        node = self.stack.pop()
        node.is_open = False
        is_flow = self._begins(node.start, "[", "{")
        # A block ends for the parser where the next token begins, lines later.
        node.end = node.entries[-1].end if node.entries and not is_flow else end
        if node.is_expression and not any(item.is_expression for item in self.stack):
            self._note_expression(node.start, self._written(node))
        elif node.kind == "mapping" and not self._in_expression():
            self._check_keys(node)

    def take_alias(self, anchor: str, start: Position, end: Position) -> None:
        """Add what the anchor of this name holds."""
        target = self.anchors.get(anchor)
        if target is None:
            self.note("RF101", f"`*{anchor}` repeats nothing: no `&{anchor}` before it", start, end)
            target = Node(start, end, "scalar")
        elif target.is_open:
            self._stop("RF108", f"`*{anchor}` stands inside of what it repeats", start)
        self._add(replace(target, start=start, end=end), None)

    def _add(self, node: Node, anchor: str | None) -> None:
        self.count += 1
        if self.count > MAX_NODES:
            self._stop("RF102", f"the file holds more than {MAX_NODES:,} values", node.start)
        if anchor is not None:
            self.anchors[anchor] = node
        if not self.stack:
            self.root = node
        elif self._is_key_next():
            self.stack[-1].keys.append(node)
        else:
            self.stack[-1].entries.append(node)

    def _is_key_next(self) -> bool:
        if not self.stack or self.stack[-1].kind != "mapping":
            return False
        return len(self.stack[-1].keys) == len(self.stack[-1].entries)

    def _in_expression(self) -> bool:
        return any(item.is_expression for item in self.stack)

    def _begins(self, position: Position, *marks: str) -> bool:
        # Never the rest of the line: a line of a megabyte has very many places.
        return self.source.line(position.line).startswith(marks, position.column - 1)

    def _written(self, node: Node) -> str:
        line, first = self.source.line(node.start.line), node.start.column - 1
        same_line = node.start.line == node.end.line
        return line[first : node.end.column - 1] if same_line else line[first:].rstrip()

    # keys

    def _check_keys(self, node: Node) -> None:
        seen: dict[str, Node] = {}
        for key in node.keys:
            if key.kind != "scalar":
                self._note_complex_key(key)
                continue
            key.value = str(key.value) if key.value is not None else ""
            if key.is_plain and key.value == "<<":
                hint = "write the keys out, or use a template or preset"
                self.note("RF108", "the merge key `<<` is not supported", key.start, key.end, hint)
            elif key.is_plain and key.value == "":
                self.note("RF108", "a key is empty", key.start, key.end)
            elif key.value in seen:
                self._note_duplicate(key, seen[key.value])
            seen.setdefault(key.value, key)

    def _note_complex_key(self, key: Node) -> None:
        if not key.is_expression:
            hint = "quote it if text is meant"
            self.note("RF108", f"a {key.kind} cannot be a key", key.start, hint=hint)

    def _note_duplicate(self, key: Node, first: Node) -> None:
        second = label_at(self.source, self._span(first.start, first.end), "first here")
        title = f"key `{key.value}` stands twice in one mapping, also on line {first.start.line}"
        self.note("RF103", title, key.start, key.end, "remove one of the two", second)


def untold_problems(count: int, file: str) -> tuple[Diagnostic, ...]:
    """Return the last word about *file* when *count* of its problems are not told, else nothing."""
    title = f"{count:,} more problem{'s' * (count != 1)} in `{file}`"
    return (Diagnostic(code="RF102", title=title),) if count else ()


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)
