"""What no report of this process may show, and texts, reports and exceptions without it."""

from __future__ import annotations

import contextlib
import dataclasses
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeAlias

from pytest_reqflo.evidence.known import grams_of, is_shortened
from pytest_reqflo.evidence.redact import Redactor, hide_known, hide_shortened
from pytest_reqflo.secret import Secret

Hide: TypeAlias = Callable[[str], str]

_MAX_SPELLINGS = 4_000
"""Spellings of values of earlier runs that are still looked for; each costs a search of every text."""

_MAX_RUNS = 32
_MAX_DEPTH = 16


class Hiding:
    """Every value that is hidden now: secrets for good, what runs met for as long as it may turn up.

    A value that one run captured can be printed by a fixture that is torn down items later. Runs
    may learn values in other threads while texts are looked through.
    """

    def __init__(self) -> None:
        self._secrets = Redactor()
        self._running: dict[int, Redactor] = {}
        self._ended: tuple[Redactor, ...] = ()
        self._ended_size = 0
        self._beginnings = _Beginnings()
        self._looked_at: tuple[str, frozenset[str]] = ("", frozenset())
        self._secrets.watch(self._beginnings.learn)

    @property
    def is_empty(self) -> bool:
        """Say whether nothing is hidden yet."""
        return self._beginnings.is_empty

    def may_show_in(self, properties: Collection[tuple[str, object]]) -> bool:
        """Say whether a hidden value may stand in one of *properties*; quickly no for most."""
        if self.is_empty or not properties:
            return False
        parts = [part for pair in properties for part in pair]
        if not all(type(part) is str for part in parts):
            return True
        text = "\n".join(parts)  # type: ignore[arg-type]
        # Two reports of each test have them in common.
        seen, grams = self._looked_at
        if text != seen:
            grams = grams_of(text)
            self._looked_at = (text, grams)
        return self._beginnings.may_be_among(grams)

    def may_begin_in(self, text: str) -> bool:
        """Say whether a hidden value can begin in *text*: quickly no for most."""
        return self._beginnings.may_begin_in(text)

    def add_secret(self, secret: Secret) -> None:
        """Hide *secret* until the process ends."""
        self._secrets.add_secret(secret)

    def begin_run(self, redactor: Redactor) -> None:
        """Hide what *redactor* knows and will learn, at least until `end_run`."""
        self._running[id(redactor)] = redactor
        redactor.watch(self._beginnings.learn)

    def end_run(self, redactor: Redactor) -> None:
        """Count *redactor* among the runs that are over; the oldest of those are forgotten."""
        if id(redactor) not in self._running:
            return
        self._keep(redactor)
        self._running.pop(id(redactor), None)
        if self._beginnings.is_stale:
            self._beginnings.renew(self._redactors())

    def _keep(self, redactor: Redactor) -> None:
        kept = self._ended
        while kept and (len(kept) >= _MAX_RUNS or self._ended_size > _MAX_SPELLINGS):
            kept[0].unwatch(self._beginnings.learn)
            self._ended_size -= kept[0].size
            kept = kept[1:]
        if redactor.size:
            self._ended_size += redactor.size
            kept = (*kept, redactor)
        self._ended = kept

    def text(self, text: str) -> str:
        """Return *text* without any hidden value."""
        if not text or not self._beginnings.may_begin_in(text):
            return text
        return hide_known(text, self._redactors())

    def failure_text(self, text: str) -> str:
        """Return *text* without any hidden value, and without what pytest has left of a long one."""
        if self.is_empty or not (is_shortened(text) or self._beginnings.may_begin_in(text)):
            return text
        return hide_shortened(text, self._redactors())

    def _redactors(self) -> tuple[Redactor, ...]:
        # In this order: one that ends meanwhile stands in both, and never in none.
        running = self._running.copy()
        return (self._secrets, *running.values(), *self._ended)


class _Beginnings:
    """How the hidden values begin, of all runs at once: most texts hold none of it.

    With hundreds of runs under way, asking each of them about every text would take longer than
    the runs.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._fresh_size = 0
        self._changing = threading.Lock()

    @property
    def is_empty(self) -> bool:
        """Say whether no value is known."""
        return not self._known

    @property
    def is_stale(self) -> bool:
        """Say whether much of it may belong to runs that are forgotten."""
        return len(self._known) > 2 * self._fresh_size + _MAX_SPELLINGS

    def learn(self, beginnings: frozenset[str]) -> None:
        """Look for *beginnings* too; safe in any thread."""
        with self._changing:
            self._known |= beginnings

    def renew(self, redactors: Iterable[Redactor]) -> None:
        """Look for the beginnings of *redactors* only, and for those that are learned from now on."""
        with self._changing:
            # A set of its own: the other may be looked through at this moment.
            self._known = set().union(*(redactor.beginnings for redactor in redactors))
            self._fresh_size = len(self._known)

    def may_begin_in(self, text: str) -> bool:
        """Say whether a hidden value can begin in *text*."""
        return bool(self._known) and self.may_be_among(grams_of(text))

    def may_be_among(self, grams: frozenset[str]) -> bool:
        """Say whether one of *grams* is how a hidden value begins."""
        return not grams.isdisjoint(self._known)


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
