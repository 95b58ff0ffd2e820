"""One expression: text to tree and tree to text. Pure.

    expression = (path | call) ("|" pipe)*
    path       = root ("." name | "[" index "]" | "[" string "]")*
    call, pipe = name "(" literal ("," literal)* ")"      a pipe without arguments needs no ()

There are no operators, and every name is checked against the closed vocabulary.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import NoReturn

from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.lang.expression import (
    CallExpression,
    Expression,
    PathExpression,
    Pipe,
    Segment,
)
from pytest_reqflo.lang.functions import find_call_fault
from pytest_reqflo.lang.vocabulary import FUNCTIONS, PIPES, ROOTS, Argument, CallSpec
from pytest_reqflo.values import Json, JsonProblem, json_type, parse_json

_NAME = re.compile(r"\w[\w-]*")
_SPACE = re.compile(r"\s*")
_INDEX = re.compile(r"-?[0-9]{1,9}(?![\w.])")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'', re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_OPERATOR = re.compile(r"(?:==|!=|<=|>=|&&|\|\||[-+*/%<>?:=~!&^])|(?:and|or|not|if|else|in|is)\b")
_SURROGATE = re.compile("[\ud800-\udfff]")
_WORDS: Mapping[str, Json] = {"true": True, "false": False, "null": None}


class TemplateProblem(Exception):
    """A malformed template: code, sentence, the place in the text, and one hint."""

    def __init__(
        self, code: str, message: str, offset: int = 0, length: int = 1, hint: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.offset = offset
        self.length = length
        self.hint = hint


def read_expression(text: str, opened: int) -> tuple[Expression, int]:
    """Return the expression whose ``{{`` stands at *opened*, and the offset after its ``}}``.

    Raises: TemplateProblem (RF201, RF202).
    """
    reader = _Reader(text, opened)
    expression = reader.read_term()
    return expression, reader.at


def read_path(text: str) -> tuple[Segment, ...]:
    """Return the segments of a path that stands alone: ``body.items[0]``.

    Raises: TemplateProblem (RF201).
    """
    return _Reader(text, -2).read_whole_path()


def expression_text(expression: Expression) -> str:
    """Return *expression* in its one canonical spelling, without braces."""
    if isinstance(expression, PathExpression):
        head = path_text((expression.root, *expression.path))
    else:
        head = expression.function + _arguments_text(expression.args)
    return head + "".join(f" | {_pipe_text(pipe)}" for pipe in expression.pipes)


def path_text(path: tuple[Segment, ...]) -> str:
    """Return *path* as it is written: ``body.items[0]["odd key"]``."""
    return "".join(map(_segment_text, path)).removeprefix(".")


def _segment_text(segment: Segment) -> str:
    if isinstance(segment, int):
        return f"[{segment}]"
    is_plain = _NAME.fullmatch(segment) is not None and not segment.isdigit()
    return f".{segment}" if is_plain else f"[{json.dumps(segment, ensure_ascii=False)}]"


def _pipe_text(pipe: Pipe) -> str:
    return pipe.name + (_arguments_text(pipe.args) if pipe.args else "")


def _arguments_text(args: tuple[Json, ...]) -> str:
    return f"({', '.join(json.dumps(arg, ensure_ascii=False) for arg in args)})"


class _Reader:
    """Reads one expression; *at* is the offset of the next character."""

    def __init__(self, text: str, opened: int) -> None:
        self.text = text
        self.opened = opened
        self.at = opened + 2

    def read_term(self) -> Expression:
        self._skip_space()
        name, start = self._read_first_name()
        if self._looks_at("("):
            function, args = self._read_call(name, start, FUNCTIONS, "function")
            return CallExpression(function, args, self._read_pipes())
        if name not in ROOTS:
            self._refuse_root(name, start)
        return PathExpression(name, self._read_path(), self._read_pipes())

    def read_whole_path(self) -> tuple[Segment, ...]:
        match = _NAME.match(self.text)
        if match is None:
            self._refuse("a path begins with a name", "")
        self.at = match.end()
        path = (match.group(), *self._read_path())
        if self.at < len(self.text):
            self._refuse("`.` or `[` must follow", "")
        return path

    def _read_first_name(self) -> tuple[str, int]:
        start = self.at
        if self._looks_at("}}"):
            raise TemplateProblem("RF201", "an expression is empty", self.opened, 4, _roots_hint())
        if self._looks_at("{"):
            hint = "`{{{{` writes two braces; put a space between a brace and an expression"
            raise TemplateProblem("RF201", "an expression cannot begin with `{`", start, 1, hint)
        match = _NAME.match(self.text, start)
        if match is None or match.group()[0].isdigit():
            self._refuse("an expression begins with a root or a function", _roots_hint())
        self.at = match.end()
        return match.group(), start

    def _refuse_root(self, name: str, start: int) -> NoReturn:
        if name in FUNCTIONS:
            hint = f"write `{name}()`"
        else:
            hint = name_hint(name, ROOTS, what="Roots")
        raise TemplateProblem("RF202", f"unknown root `{name}`", start, len(name), hint)

    def _read_path(self) -> tuple[Segment, ...]:
        path: list[Segment] = []
        while self._looks_at(".") or self._looks_at("["):
            path.append(self._read_key() if self._looks_at(".") else self._read_bracket())
        if self._looks_at("("):
            self._refuse("a path cannot be called", "functions stand alone: `uuid()`")
        return tuple(path)

    def _read_key(self) -> str:
        self.at += 1
        match = _NAME.match(self.text, self.at)
        if match is None:
            self._refuse("a name must follow `.`", 'write odd keys as `["@type"]`')
        if match.group().isdigit():
            digits = match.group()
            hint = f'write `[{digits}]` for an item of a list, `["{digits}"]` for a key'
            raise TemplateProblem(
                "RF201", f"`.{digits}` is neither item nor key", self.at, len(digits), hint
            )
        self.at = match.end()
        return match.group()

    def _read_bracket(self) -> Segment:
        self.at += 1
        self._skip_space()
        segment: Segment
        if (match := _INDEX.match(self.text, self.at)) is not None:
            self.at = match.end()
            segment = int(match.group())
        elif self.text[self.at : self.at + 1] in ('"', "'"):
            segment = self._read_string()
        else:
            self._refuse("brackets hold an index or a quoted key", 'write `[0]` or `["key"]`')
        self._skip_space()
        self._expect("]")
        return segment

    def _read_pipes(self) -> tuple[Pipe, ...]:
        pipes: list[Pipe] = []
        while True:
            self._skip_space()
            if self._looks_at("}}"):
                self.at += 2
                return tuple(pipes)
            self._refuse_operator()
            if not self._looks_at("|"):
                self._refuse("`|` or `}}` must follow", "")
            self.at += 1
            pipes.append(self._read_pipe())

    def _read_pipe(self) -> Pipe:
        self._skip_space()
        start = self.at
        match = _NAME.match(self.text, start)
        if match is None:
            self._refuse("the name of a pipe must follow `|`", f"Pipes: {', '.join(PIPES)}")
        self.at = match.end()
        return Pipe(*self._read_call(match.group(), start, PIPES, "pipe"))

    def _read_call(
        self, name: str, start: int, known: Mapping[str, CallSpec], what: str
    ) -> tuple[str, tuple[Json, ...]]:
        if name not in known:
            hint = name_hint(name, known, what=f"{what.capitalize()}s")
            raise TemplateProblem("RF202", f"unknown {what} `{name}`", start, len(name), hint)
        args = self._read_arguments() if self._looks_at("(") else self._read_no_arguments()
        fault = _find_argument_fault(known[name], args)
        if fault is None and what == "function":
            fault = find_call_fault(name, args)
        if fault:
            hint = f"write `{known[name].signature}`: {known[name].description}"
            raise TemplateProblem("RF201", fault, start, self.at - start, hint)
        return name, args

    def _read_no_arguments(self) -> tuple[Json, ...]:
        # Before the arguments are counted, or `default: 1` would be told of a missing one.
        self._skip_space()
        self._refuse_operator()
        return ()

    def _read_arguments(self) -> tuple[Json, ...]:
        self.at += 1
        args: list[Json] = []
        self._skip_space()
        while not self._looks_at(")"):
            if args:
                self._expect(",")
                self._skip_space()
            args.append(self._read_literal())
            self._skip_space()
        self.at += 1
        return tuple(args)

    def _read_literal(self) -> Json:
        if self.text[self.at : self.at + 1] in ('"', "'"):
            return self._read_string()
        if (match := _NUMBER.match(self.text, self.at)) is not None:
            return self._read_number(match)
        match = _NAME.match(self.text, self.at)
        if match is None or match.group() not in _WORDS:
            hint = "quote text; true, false, null and numbers stand without quotes"
            self._refuse("arguments are literals", hint)
        self.at = match.end()
        return _WORDS[match.group()]

    def _read_number(self, match: re.Match[str]) -> Json:
        try:
            value = parse_json(match.group())
        except JsonProblem:
            message = "a number is not written as in JSON, or is too large"
            raise TemplateProblem("RF201", message, self.at, len(match.group())) from None
        self.at = match.end()
        return value

    def _read_string(self) -> str:
        match = _STRING.match(self.text, self.at)
        if match is None:
            self._require_closing()
            raise TemplateProblem("RF201", "a quote is not closed", self.at)
        value = _unquote(match.group())
        if value is None:
            hint = "escapes are those of JSON"
            raise TemplateProblem(
                "RF201", "a text has an unknown escape", self.at, len(match.group()), hint
            )
        self.at = match.end()
        return value

    def _refuse_operator(self) -> None:
        match = _OPERATOR.match(self.text, self.at)
        if match is None:
            return
        message = f"expressions have no operators, found `{match.group()}`"
        hint = _OPERATOR_HINTS.get(match.group(), _COMPARE_HINT)
        raise TemplateProblem("RF201", message, self.at, len(match.group()), hint)

    def _expect(self, wanted: str) -> None:
        if not self._looks_at(wanted):
            self._refuse(f"`{wanted}` must follow", "")
        self.at += len(wanted)

    def _looks_at(self, wanted: str) -> bool:
        return self.text.startswith(wanted, self.at)

    def _skip_space(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _refuse(self, rule: str, hint: str) -> NoReturn:
        """Say what is found instead; at the end of the text, that ``}}`` is missing."""
        self._require_closing()
        found = self.text[self.at]
        raise TemplateProblem("RF201", f"{rule}, found `{found}`", self.at, 1, hint)

    def _require_closing(self) -> None:
        if self.opened < 0:
            if self.at >= len(self.text):
                raise TemplateProblem("RF201", "a path ends too early", max(0, self.at - 1))
            return
        if self.at >= len(self.text) or "}}" not in self.text[self.at :]:
            message = "an expression is not closed by `}}`"
            hint = "close it; `{{{{` writes two literal braces"
            raise TemplateProblem("RF201", message, self.opened, 2, hint)


_COMPARE_HINT = "compare with an assertion, or with `when: {value, operator, expected}`"
_OPERATOR_HINTS = {
    "+": "to join texts, write two expressions side by side",
    "or": "for a fallback write `| default(...)`",
    "||": "for a fallback write `| default(...)`",
    "?": "for a fallback write `| default(...)`",
    ":": 'pipe arguments stand in parentheses: `| default("x")`',
}


def _roots_hint() -> str:
    return f"Roots: {', '.join(ROOTS)}"


def _unquote(quoted: str) -> str | None:
    body = quoted[1:-1]
    if quoted[0] == "'":
        body = re.sub(r'\\.|"', _to_double_quoted, body, flags=re.DOTALL)
    try:
        value = json.loads(f'"{body}"', strict=False)
    except ValueError:
        return None
    # Half a surrogate pair cannot be sent, stored or shown.
    return None if not isinstance(value, str) or _SURROGATE.search(value) else value


def _to_double_quoted(match: re.Match[str]) -> str:
    return {"\\'": "'", '"': '\\"'}.get(match.group(), match.group())


def _find_argument_fault(spec: CallSpec, args: tuple[Json, ...]) -> str | None:
    if len(args) < spec.least or (spec.most is not None and len(args) > spec.most):
        return f"`{spec.name}` is given {len(args)} arguments"
    for index, value in enumerate(args):
        argument = spec.arguments[min(index, len(spec.arguments) - 1)]
        if not _fits(argument, value):
            wanted = "a text" if argument.kind == "text" else "an integer"
            return f"`{argument.name}` of `{spec.name}` must be {wanted}, not {json_type(value)}"
    return None


def _fits(argument: Argument, value: Json) -> bool:
    if argument.kind == "text":
        return isinstance(value, str)
    return argument.kind == "any" or json_type(value) == "integer"
