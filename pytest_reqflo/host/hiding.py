"""What no report of this process may show, and texts, reports and exceptions without it."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pytest_reqflo.evidence.redact import Redactor, hide_known, hide_shortened
from pytest_reqflo.secret import Secret

Hide: TypeAlias = Callable[[str], str]

_MAX_SPELLINGS = 4_000
"""Spellings of values of earlier runs that are still looked for; each costs a search of every text."""

_MAX_RUNS = 32
_MAX_DEPTH = 16


class Hiding:
    """Every value that is hidden now: secrets for good, what runs met for as long as it may turn up.

    A value that one run captured can be printed by a fixture that is torn down items later.
    """

    def __init__(self) -> None:
        self._secrets = Redactor()
        self._runs: deque[Redactor] = deque(maxlen=_MAX_RUNS)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is hidden yet."""
        return not self._secrets.size and not self._runs

    def add_secret(self, secret: Secret) -> None:
        """Hide *secret* until the process ends."""
        self._secrets.add_secret(secret)

    def begin_run(self, redactor: Redactor) -> None:
        """Hide what *redactor* knows and will learn; the oldest runs are forgotten."""
        while self._runs and sum(each.size for each in self._runs) > _MAX_SPELLINGS:
            self._runs.popleft()
        self._runs.append(redactor)

    def text(self, text: str) -> str:
        """Return *text* without any hidden value."""
        if self.is_empty or not text:
            return text
        return hide_known(text, (self._secrets, *tuple(self._runs)))

    def failure_text(self, text: str) -> str:
        """Return *text* without any hidden value, and without what pytest has left of a long one."""
        if self.is_empty or not text:
            return text
        return hide_shortened(text, (self._secrets, *tuple(self._runs)))


def hide_in(value: Any, hide: Hide, depth: int = _MAX_DEPTH) -> Any:
    """Return *value* with *hide* applied to every text in it.

    Lists, tuples and mappings are made anew. Other objects, such as pytest's representations of
    failures, are changed in place: their classes are no public API.
    """
    if isinstance(value, str):
        return hide(value) if type(value) is str else value
    if depth == 0 or value is None or isinstance(value, (bool, int, float, type)):
        return value
    if isinstance(value, Mapping):
        return {
            hide_in(key, hide, 1): hide_in(item, hide, depth - 1) for key, item in value.items()
        }
    if type(value) in (list, tuple):
        return type(value)(hide_in(item, hide, depth - 1) for item in value)
    for name, item in list(getattr(value, "__dict__", {}).items()):
        shown = hide_in(item, hide, depth - 1)
        if shown is not item:
            with contextlib.suppress(AttributeError):  # a frozen object: it is no report
                setattr(value, name, shown)
    return value


def hide_in_fields(value: Any, hide: Hide) -> Any:
    """Return *value*, made anew where it is a frozen dataclass with hidden values in its fields."""
    if not dataclasses.is_dataclass(value) or isinstance(value, type):
        return value
    fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    shown = hide_in(fields, hide)
    return value if shown == fields else dataclasses.replace(value, **shown)
