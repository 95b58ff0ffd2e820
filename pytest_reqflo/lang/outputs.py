"""Output paths, such as ``body.order.id``, to what they take from a response. Pure."""

from __future__ import annotations

from typing import Literal, NoReturn

from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import Segment
from pytest_reqflo.lang.grammar import TemplateProblem, read_path

OutputSource = Literal[
    "status", "headers", "headers_all", "cookies", "body", "json_path", "url", "request"
]

_SOURCES: dict[str, OutputSource] = {
    "body": "body",
    "headers": "headers",
    "headers_all": "headers_all",
    "cookies": "cookies",
    "status": "status",
    "url": "url",
    "request": "request",
}


@dataclass(frozen=True, slots=True)
class OutputPath:
    """What a path takes: *path* leads on from *source*; *query* is the JSONPath over the body."""

    source: OutputSource
    path: tuple[Segment, ...] = ()
    query: str = ""


def parse_output_path(text: str) -> OutputPath:
    """Return what the output path *text* takes from a response.

    Shape: ``body``, ``body.a.b[0]``, ``headers.x-id``, ``headers_all.x[0]``, ``cookies.sid``,
        ``status``, ``url``, ``request.url``, each also after ``response.``; a text that begins with
        ``$`` is a JSONPath over the body, which the caller compiles.
    Raises: TemplateProblem (RF215).
    """
    if text.startswith("$"):
        return OutputPath("json_path", (), text)
    path = _read(text)
    prefix = 1 if path[0] == "response" and len(path) > 1 else 0
    return make_output_path(path[prefix:], text)


def _read(text: str) -> tuple[Segment, ...]:
    try:
        return read_path(text)
    except TemplateProblem as problem:
        raise TemplateProblem(
            "RF215", problem.message, problem.offset, problem.length, problem.hint
        ) from None


def make_output_path(path: tuple[Segment, ...], text: str = "") -> OutputPath:
    """Return the output path for segments already read, such as ``("body", "order", "id")``.

    Raises: TemplateProblem (RF215).
    """
    name = str(path[0]) if path else ""
    source = _SOURCES.get(name)
    if source is None:
        hint = name_hint(name, _SOURCES, what="Sources")
        raise TemplateProblem(
            "RF215", f"unknown source `{name}` of an output", text.find(name), len(name) or 1, hint
        )
    rest = path[1:]
    _check_rest(source, rest, text)
    return OutputPath(source, rest)


def _check_rest(source: OutputSource, rest: tuple[Segment, ...], text: str) -> None:
    named = bool(rest) and isinstance(rest[0], str)
    if source in ("status", "url") and rest:
        _refuse(f"`{source}` has no parts", text, f"write `{source}`")
    if source in ("headers", "headers_all", "cookies") and not named:
        _refuse(f"`{source}` must be followed by a name", text, f"write `{source}.NAME`")
    if source in ("headers", "cookies") and len(rest) > 1:
        hint = "`headers_all.NAME[0]` gives one of several" if source == "headers" else ""
        _refuse(f"one of the `{source}` is text and has no parts", text, hint)


def _refuse(message: str, text: str, hint: str) -> NoReturn:
    raise TemplateProblem("RF215", message, 0, max(1, len(text)), hint)
