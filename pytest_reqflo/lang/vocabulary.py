"""The closed vocabulary of expressions: roots, functions and pipes, each in one line. Pure data.

The reference pages are generated from these registries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from pytest_reqflo.frozen import dataclass

ArgumentKind = Literal["text", "integer", "any"]


@dataclass(frozen=True, slots=True)
class Argument:
    """A literal argument of a function or pipe."""

    name: str
    kind: ArgumentKind
    is_required: bool = True


@dataclass(frozen=True, slots=True)
class CallSpec:
    """A function or a pipe: what it takes, and one line on what it gives.

    Shape: *is_variadic* means that the last argument may be repeated.
    """

    name: str
    description: str
    arguments: tuple[Argument, ...] = ()
    is_variadic: bool = False

    @property
    def signature(self) -> str:
        """How it is written, such as ``random_int(low, high)`` or ``now([format], [shift])``."""
        names = [item.name if item.is_required else f"[{item.name}]" for item in self.arguments]
        return f"{self.name}({', '.join([*names, *(['...'] if self.is_variadic else [])])})"

    @property
    def least(self) -> int:
        """The smallest number of arguments."""
        return sum(item.is_required for item in self.arguments)

    @property
    def most(self) -> int | None:
        """The largest number of arguments, None when there is no bound."""
        return None if self.is_variadic else len(self.arguments)


ROOTS: Mapping[str, str] = {
    "inputs": "values supplied for this run",
    "variables": "named values of the journey",
    "steps": "what earlier steps answered: steps.<id>.{status,headers,body,cookies,outputs}",
    "env": "values of the chosen environment",
    "secrets": "secrets, by name",
    "me": "values of the person who runs",
    "case": "the case of this run: case.name",
    "row": "the data row of this run: row.number (from 1), row.key",
    "run": "this run: run.id, run.started_at",
    "response": "in assertions: the answer at hand",
}
"""Each root of an expression and what it holds."""


def _by_name(specs: Iterable[CallSpec]) -> Mapping[str, CallSpec]:
    return {spec.name: spec for spec in specs}


FUNCTIONS: Mapping[str, CallSpec] = _by_name(
    (
        CallSpec("uuid", "a version 4 UUID"),
        CallSpec(
            "now",
            "the time in UTC as text; shift such as `+1d`, `-30m` (s, m, h, d, w) moves it",
            (Argument("format", "text", False), Argument("shift", "text", False)),
        ),
        CallSpec("timestamp", "the time as whole seconds since 1970"),
        CallSpec("timestamp_ms", "the time as whole milliseconds since 1970"),
        CallSpec(
            "random_int",
            "an integer from low to high, both included",
            (Argument("low", "integer"), Argument("high", "integer")),
        ),
        CallSpec(
            "random_string", "that many lower-case letters and digits", (Argument("n", "integer"),)
        ),
        CallSpec("random_hex", "that many hexadecimal digits", (Argument("n", "integer"),)),
        CallSpec("random_choice", "one of the arguments", (Argument("value", "any"),), True),
    )
)
"""Each function by name. A value is drawn once per place and run, and is the same in every try."""


PIPES: Mapping[str, CallSpec] = _by_name(
    (
        CallSpec("json", "the value as JSON text"),
        CallSpec("base64", "the UTF-8 text in base64"),
        CallSpec("base64url", "the UTF-8 text in base64 for URLs, without padding"),
        CallSpec("urlencode", "the text percent-encoded, `/` too"),
        CallSpec("sha256", "the SHA-256 of the UTF-8 text, as hex"),
        CallSpec("upper", "the text in upper case"),
        CallSpec("lower", "the text in lower case"),
        CallSpec("trim", "the text without white space at both ends"),
        CallSpec("string", "the value as text"),
        CallSpec("int", 'the value as an integer; text such as "12" is read'),
        CallSpec("number", 'the value as a number; text such as "1.5" is read'),
        CallSpec("boolean", 'the value as a boolean; the texts "true" and "false" are read'),
        CallSpec("length", "the number of characters, items or keys"),
        CallSpec("first", "the first item of a list"),
        CallSpec("last", "the last item of a list"),
        CallSpec(
            "join", "the items of a list as one text", (Argument("separator", "text", False),)
        ),
        CallSpec("default", "this value when there is none, or null", (Argument("value", "any"),)),
    )
)
"""Each pipe by name."""
