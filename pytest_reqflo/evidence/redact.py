"""Raw text, headers and JSON become what may be kept: every known secret is masked. No I/O.

Masking is one pass: all places are found in the original text, overlapping places are merged, and
each is replaced once. A mask is never scanned again, so a secret called `secret` cannot eat masks.
"""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pytest_reqflo.evidence.encodings import is_hideable
from pytest_reqflo.evidence.known import KnownValues, Learned, grams_of, is_shortened
from pytest_reqflo.evidence.masks import is_mask, mask_name
from pytest_reqflo.evidence.model import Header
from pytest_reqflo.evidence.positions import (
    Place,
    SensitiveNames,
    find_userinfo,
    sensitive_mask,
)
from pytest_reqflo.noted import Noted
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Json, is_number

_MAX_SPELLINGS = 200_000
"""Spellings from which no further value is looked for: a server decides how many there are."""

_MAX_KEYS = 1_000
"""Keys of JSON of which it is kept whether they are telling: a server decides how many there are."""


_LARGEST_SHAPE = 50
"""Keys of an object up to which it is kept which of them are telling."""

_Telling: TypeAlias = "tuple[dict[str, bool], dict[tuple[str, ...], frozenset[str]]]"

_TELLING: Noted[SensitiveNames, _Telling] = Noted(lambda _: ({}, {}))
"""Whether keys are telling, and which of the keys of objects: answers have the same in all runs."""


class Redactor:
    """Everything that must not be shown in one run, and the masks that stand for it."""

    def __init__(self, names: SensitiveNames = SensitiveNames()) -> None:  # noqa: B008  # frozen
        self.names = names
        self._known = KnownValues()
        self._all = ""

    @property
    def names(self) -> SensitiveNames:
        """The names whose values are never shown."""
        return self._names

    @names.setter
    def names(self, names: SensitiveNames) -> None:
        self._names = names
        self._telling, self._shapes = _TELLING.of(names)
        self._header_names = frozenset(names.headers)

    def moment(self) -> Callable[[], Redactor]:
        """Return what makes a redactor that knows what this one knows now, and nothing of later."""
        return functools.partial(_known_then, self._names, self._known.view, self._all)

    def add_secret(self, secret: Secret) -> None:
        """Mask the text of *secret*, and what it looks like encoded, from now on."""
        self._known.add(secret.reveal(), secret.mask())

    def add_value(self, name: str, value: Json) -> None:
        """Mask every text and number in the sensitive *value*; too short ones only by position.

        Of a value with more parts than can be looked for, nothing shows: every text is masked whole.
        """
        for leaf in (value,) if type(value) is str else _leaves(value):
            if self._known.size > _MAX_SPELLINGS:
                self._all = sensitive_mask(name)
                return
            if not self._known.has(leaf):
                self._known.add(leaf, sensitive_mask(name))

    def text(self, text: str) -> str:
        """Return *text* without known values and without user names in URLs."""
        if not text:
            return text
        if "@" not in text and not self._all and not self._known.stands_in(text):
            return text
        return self._hide(text, itertools.chain(self.find_known(text), find_userinfo(text)))

    def url(self, url: str) -> str:
        """Return *url* without known values, userinfo, and query values of telling names."""
        return url if self._is_plain(url) else self._hide(url, self.find_hidden(url))

    def body(self, text: str, *, is_cut: bool = False) -> str:
        """Return the text of a body, also without the values of telling JSON keys and form fields.

        Shape: of a text that *is_cut*, an end that begins a known value is hidden too.
        """
        if not is_cut and self._is_plain(text):
            return text
        begun = self.find_begun(text, len(text)) if is_cut else ()
        return self._hide(text, itertools.chain(self.find_hidden(text), begun))

    def headers(self, headers: Iterable[Header]) -> tuple[Header, ...]:
        """Return *headers* in their order; credentials are masked whether known or not."""
        listed = tuple(headers)
        telling: list[int] = []
        others: list[str] = []
        for number, (name, value) in enumerate(listed):
            if name.lower() in self._header_names:
                telling.append(number)
                others.append(name)
            else:
                others += (name, value)
        # All others at once: most of them hold nothing.
        if not self._is_plain("\n".join(others)):
            return tuple([(self.text(name), self._header(name, value)) for name, value in listed])
        shown = list(listed)
        for number in telling:
            name, value = listed[number]
            shown[number] = (name, self._header(name, value))
        return tuple(shown)

    def json(self, value: Json) -> Json:
        """Return JSON of the same shape without known values and values of telling keys.

        Shape: of a rendered value, a `Secret` becomes its mask.
        """
        # Most of what is compared is a word.
        kind = type(value)
        if kind is str and self._is_plain(value):
            return value
        if value is None or kind is bool:
            return value
        return self._clean(value, key="")

    def is_telling(self, key: str) -> bool:
        """Say whether the value of the JSON key *key* is always masked."""
        found = self._telling.get(key)
        if found is None:
            if len(self._telling) >= _MAX_KEYS:
                self._telling.clear()
            found = self._telling[key] = self.names.is_key(key)
        return found

    def telling_among(self, keys: tuple[str, ...]) -> frozenset[str]:
        """Return those of *keys*, which an object has, whose values are always masked."""
        found = self._shapes.get(keys)
        if found is None:
            found = frozenset(filter(self.is_telling, keys))
            if len(keys) <= _LARGEST_SHAPE and len(self._shapes) < _MAX_KEYS:
                self._shapes[keys] = found
        return found

    @property
    def beginnings(self) -> frozenset[str]:
        """How the spellings begin that are looked for."""
        return self._known.view.firsts

    def watch(self, learned: Learned) -> None:
        """Tell *learned* how each spelling begins, those that are known and all that will be."""
        self._known.watch(learned)

    def unwatch(self, learned: Learned) -> None:
        """Tell *learned* no more."""
        self._known.unwatch(learned)

    def _is_plain(self, text: str) -> bool:
        """Say whether nothing can be hidden in *text*, and in no part of it."""
        if "@" in text or self._all or self._known.stands_in(text):
            return False
        # Values of telling keys and fields stand behind their names.
        return not ('"' in text or "=" in text) or not self.names.may_hold_key(text)

    def _hide(self, text: str, places: Iterable[Place]) -> str:
        if self._all:
            return self._all if text else text
        return _replace(text, places)

    @property
    def size(self) -> int:
        """The number of spellings that are looked for."""
        return self._known.size

    def may_know(self, grams: frozenset[str]) -> bool:
        """Say whether a known value can stand in a text of these `grams_of`."""
        return self._known.view.may_stand_in(grams)

    def find_known(self, text: str) -> Iterator[Place]:
        """Yield places that together cover every known value in *text*, in any spelling."""
        return self._known.view.find(text)

    def find_shortened(self, text: str) -> Iterator[Place]:
        """Yield what dots in *text* have left of known values."""
        return self._known.view.find_shortened(text)

    def find_hidden(self, text: str) -> Iterator[Place]:
        """Yield every place of *text* that is hidden: known values, and all of telling places."""
        yield from self.find_known(text)
        yield from find_userinfo(text)
        # Most texts are words: the marks are looked for first.
        if '"' in text and ":" in text:
            yield from self.names.find_json(text)
        if "=" in text:
            yield from self.names.find_form(text)

    def find_begun(self, text: str, end: int) -> Iterator[Place]:
        """Yield the longest part of *text* right before *end* that begins a known value."""
        return self._known.view.find_begun(text, end)

    def _header(self, name: str, value: str) -> str:
        header = name.lower()
        credentials = self.names.find_credentials(header, value)
        if self._is_plain(value):
            return _replace(value, credentials) if header in self._header_names else value
        return self._hide(value, itertools.chain(self.find_hidden(value), credentials))

    def _clean(self, value: Json, key: str) -> Json:
        # Answers hold millions of numbers; where nothing is known there is nothing to find.
        if value is None or (type(value) in (int, float, bool) and not key and not self.size):
            return value
        kind = type(value)
        if kind is str:
            return self._leaf(value, key)
        if kind is bool or (
            kind is int and not key and len(str(value)) < self._known.view.shortest
        ):
            return value
        if isinstance(value, Secret):
            return value.mask()
        if isinstance(value, Mapping):
            return {
                self.text(name): self._clean(item, name if self._hides_under(name) else key)
                for name, item in value.items()
            }
        if isinstance(value, str):
            return self._leaf(value, key)
        if isinstance(value, (list, tuple)):
            return [self._clean(item, key) for item in value]
        if is_number(value):
            text = json.dumps(value)
            if not key and (not self.size or len(text) < self._known.view.shortest):
                return value
            shown = self._leaf(text, key)
            return value if shown == text else shown
        return value

    def _hides_under(self, name: str) -> bool:
        # Headers of an answer are a mapping too.
        return self.is_telling(name) or self.names.is_header(name)

    def _leaf(self, text: str, key: str) -> str:
        if not key and self._is_plain(text):
            return text
        whole = [Place(0, len(text), sensitive_mask(key))] if key and text else []
        return self._hide(text, itertools.chain(self.find_hidden(text), whole))


def _known_then(names: SensitiveNames, view: Any, everything: str) -> Redactor:
    redactor = Redactor(names)
    redactor._known, redactor._all = KnownValues.seen_in(view), everything
    return redactor


def _leaves(value: Json) -> Iterator[str]:
    if isinstance(value, Secret):
        yield value.reveal()
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, Sequence):
        for item in value:
            yield from _leaves(item)
    elif is_number(value):
        yield json.dumps(value)


def hide_known(text: str, redactors: Iterable[Redactor]) -> str:
    """Return *text* without any value that one of *redactors* knows, in one pass over all.

    One after the other would scan the masks of the first for the values of the second.
    """
    return _replace(text, _find_known(text, redactors))


def _find_known(text: str, redactors: Iterable[Redactor]) -> list[Place]:
    # The runs of a session know hundreds of values, of which most texts hold none.
    grams = grams_of(text)
    return [place for each in redactors if each.may_know(grams) for place in each.find_known(text)]


def hide_shortened(text: str, redactors: Sequence[Redactor]) -> str:
    """Return *text* as `hide_known` does, also without the ends that dots have left of a value.

    pytest shows long texts as their head, three dots and their tail.
    """
    places = _find_known(text, redactors)
    if is_shortened(text):
        places += [place for each in redactors for place in each.find_shortened(text)]
    return _replace(text, places)


def _replace(text: str, places: Iterable[Place]) -> str:
    visible = [place for place in places if place.start < place.end]
    if not visible:
        return text
    if len(visible) == 1:
        [place] = visible
        return text[: place.start] + place.mask + text[place.end :]
    pieces: list[str] = []
    position = 0
    for start, end, mask in _merged(visible):
        pieces += (text[position:start], mask)
        position = end
    return "".join((*pieces, text[position:]))


def _merged(places: Sequence[Place]) -> Iterator[tuple[int, int, str]]:
    """Yield disjoint places; the longest known value of an overlap gives its name."""
    group: list[Place] = []
    end = 0
    for place in sorted(places, key=lambda place: place.start):
        if group and place.start >= end:
            yield group[0].start, end, _best_mask(group)
            group = []
        group.append(place)
        end = max(end, place.end)
    yield group[0].start, end, _best_mask(group)


def _best_mask(group: Sequence[Place]) -> str:
    return max(group, key=lambda place: (place.is_known, place.end - place.start)).mask


__all__ = [
    "Redactor",
    "SensitiveNames",
    "hide_known",
    "hide_shortened",
    "is_hideable",
    "is_mask",
    "mask_name",
    "sensitive_mask",
]
