"""What a YAML parser complains about to what the author did. Pure; knows both parsers' wording."""

from __future__ import annotations

import re

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.source import Position, SourceText


@dataclass(frozen=True, slots=True)
class YamlProblem:
    """A complaint of the parser: its words, and where it met and began the trouble."""

    context: str
    problem: str
    met: Position
    began: Position | None


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same complaint for an author: sentence, place, hint, and the place where it began."""

    title: str
    place: Position
    hint: str = ""
    began: Position | None = None
    began_text: str = ""


def explain_yaml(problem: YamlProblem, source: SourceText) -> Sentence:
    """Return what an author should read instead of *problem*."""
    words = f"{problem.context} {problem.problem}"
    for pattern, explain in _EXPLANATIONS:
        if re.search(pattern, words):
            return explain(problem, source)
    return Sentence(f"this is not YAML: {problem.problem}", problem.met)


def find_bare_expression(line: str) -> int | None:
    """Return the offset of a value on *line* that begins with an expression and without a quote."""
    found = re.match(r"""(?:[^"'#]*(?::|-|,|\[|\{)\s+|[^"'#]*[\[,]|\s*)(\$?\{\{)""", line)
    return found.start(1) if found else None


def _began(problem: YamlProblem) -> Position:
    return problem.began or problem.met


def _explain_character(problem: YamlProblem, source: SourceText) -> Sentence:
    line = source.line(problem.met.line)
    before, character = line[: problem.met.column - 1], line[problem.met.column - 1 :][:1]
    if character in ("", "\t") or (not before.strip() and "\t" in line[: problem.met.column]):
        return Sentence("a tab is used for indentation", problem.met, "indent with spaces")
    return Sentence(
        f"text that begins with `{character}` must be quoted",
        problem.met,
        "put the value in single quotes",
    )


def _explain_tab(problem: YamlProblem, source: SourceText) -> Sentence:
    return Sentence("a tab is used for indentation", problem.met, "indent with spaces")


def _explain_open_quote(problem: YamlProblem, source: SourceText) -> Sentence:
    return Sentence("a quote is opened here and never closed", _began(problem))


def _explain_escape(problem: YamlProblem, source: SourceText) -> Sentence:
    line, column = source.line(problem.met.line), problem.met.column
    # One parser points at the backslash, the other behind it.
    column -= line[column - 1 : column] != "\\"
    return Sentence(
        f"`{line[column - 1 : column + 1]}` is no escape in double quotes",
        Position(problem.met.line, column),
        "write the text in single quotes, or double the backslash",
    )


def _explain_code_point(problem: YamlProblem, source: SourceText) -> Sentence:
    return Sentence(
        "an escape in double quotes names no character", problem.met, "write the character itself"
    )


def _explain_colon(problem: YamlProblem, source: SourceText) -> Sentence:
    line = source.line(problem.met.line)[: problem.met.column - 1]
    if ": " in line:
        return Sentence(
            "a second `: ` stands on the line", problem.met, "put a text that holds `: ` in quotes"
        )
    return Sentence(
        "a key stands where none can be", problem.met, "check the indentation of this line"
    )


def _explain_missing_colon(problem: YamlProblem, source: SourceText) -> Sentence:
    place = _began(problem)
    word = source.line(place.line)[place.column - 1 :].strip()[:40]
    return Sentence(f"`{word}` is no `key: value`", place, "a colon and a space follow each key")


def _explain_bracket(problem: YamlProblem, source: SourceText) -> Sentence:
    mark = "[" if "sequence" in problem.context else "{"
    close = "]" if mark == "[" else "}"
    return Sentence(
        f"`{mark}` is not closed, or a comma is missing",
        problem.met,
        f"put a comma between two entries and `{close}` behind the last",
        problem.began,
        "opened here",
    )


def _explain_stray(problem: YamlProblem, source: SourceText) -> Sentence:
    line = source.line(problem.met.line)
    before = line[: problem.met.column - 1]
    if before.strip() and before.strip() != "-":
        rest = line[problem.met.column - 1 :].strip()[:40]
        return Sentence(
            f"`{rest}` follows a value that has already ended",
            problem.met,
            "put the whole value in quotes",
        )
    return Sentence(
        "the indentation of this line fits none of the lines above",
        problem.met,
        "align it with the entries that it belongs to",
        problem.began,
        "these entries",
    )


def _explain_list_place(problem: YamlProblem, source: SourceText) -> Sentence:
    return Sentence(
        "a list item cannot begin on the line of its key",
        problem.met,
        "begin a new line before `-`",
    )


def _explain_alias(problem: YamlProblem, source: SourceText) -> Sentence:
    mark = source.line(_began(problem).line)[_began(problem).column - 1 :][:1]
    return Sentence(
        f"text that begins with `{mark}` must be quoted",
        _began(problem),
        "put the value in single quotes",
    )


def _explain_content(problem: YamlProblem, source: SourceText) -> Sentence:
    mark = source.line(problem.met.line)[problem.met.column - 1 :][:1]
    return Sentence(f"`{mark}` stands where a value is expected", problem.met)


def _explain_block_header(problem: YamlProblem, source: SourceText) -> Sentence:
    return Sentence(
        "text follows `|` or `>` on the same line",
        problem.met,
        "begin the text on the next line, or quote the value",
    )


def _explain_tag(problem: YamlProblem, source: SourceText) -> Sentence:
    return Sentence(
        "text that begins with `!` must be quoted",
        _began(problem),
        "put the value in single quotes; tags are not supported",
    )


def _explain_version(problem: YamlProblem, source: SourceText) -> Sentence:
    return Sentence("the %YAML line names an unknown version", problem.met, "remove the line")


def _explain_after_end(problem: YamlProblem, source: SourceText) -> Sentence:
    return Sentence(
        "text stands outside of the document",
        problem.met,
        "remove `...` and lines that begin with `%`",
    )


_EXPLANATIONS = (
    ("cannot start any token", _explain_character),
    ("tab character", _explain_tab),
    ("quoted scalar.*unexpected end of stream", _explain_open_quote),
    ("quoted scalar.*document (indicator|separator)", _explain_open_quote),
    ("unknown escape character", _explain_escape),
    ("invalid Unicode character escape|hexdecimal|hexadecimal", _explain_code_point),
    ("mapping values are not allowed", _explain_colon),
    ("could not find expected ':'", _explain_missing_colon),
    (r"flow (sequence|mapping)", _explain_bracket),
    ("sequence entries are not allowed", _explain_list_place),
    ("scanning an? (alias|anchor)", _explain_alias),
    ("block scalar", _explain_block_header),
    ("tag", _explain_tag),
    ("(duplicate|incompatible|directive)", _explain_version),
    ("expected '?<document start>", _explain_after_end),
    ("while parsing a block (mapping|collection)", _explain_stray),
    ("node content", _explain_content),
)
