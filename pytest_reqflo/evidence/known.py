"""Every spelling of the values that are hidden, and where they stand in a text. Pure.

A server decides how many values it hands out, and what stands around them: whatever they are, the
time to find them grows with the text, and a place is told once.
"""

from __future__ import annotations

import bisect
import functools
import re
from collections.abc import Callable, Iterable, Iterator

from pytest_reqflo.evidence.encodings import SHORTEST, variants_of
from pytest_reqflo.evidence.positions import Place

_TELLING = 4
"""Characters of a value that was cut from which it is hidden; fewer stand everywhere by chance."""

_FEW = 1_000
"""Spellings up to which it is faster to look for one after the other."""

_REACH = 4_096
"""Characters on each side of dots that may be what is left of a value."""

_DOTS = re.compile(r"\.{3}|…")


def grams_of(text: str) -> frozenset[str]:
    """Return what stands in *text*, in pieces as long as the shortest spelling there can be."""
    return frozenset({text[at : at + SHORTEST] for at in range(len(text) - SHORTEST + 1)})


Learned = Callable[[frozenset[str]], None]
"""What is told how new spellings begin, before the value counts as known."""


def is_shortened(text: str) -> bool:
    """Say whether dots stand in *text*, beside which may be what is left of a value."""
    return "..." in text or "…" in text


class KnownValues:
    """Values with their masks, in every spelling.

    One thread may add values while others look for them: they look at a view that never changes,
    and each value is found from the first look that begins after it was added.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._masks: dict[str, str] = {}
        self._view = _View({})
        self._watchers: tuple[Learned, ...] = ()

    @classmethod
    def seen_in(cls, view: _View) -> KnownValues:
        """Return values of its own that are those of *view*."""
        known = cls()
        known._masks, known._view = view.masks.copy(), view
        return known

    @property
    def size(self) -> int:
        """The number of spellings that are looked for."""
        return len(self._masks)

    @property
    def view(self) -> _View:
        """What is known now, for good."""
        view = self._view
        # Spellings are never taken away.
        if len(view.masks) != len(self._masks):
            # Copying is one step that no other thread comes between.
            view = self._view = _View(self._masks.copy())
        return view

    def stands_in(self, text: str) -> bool:
        """Say whether any spelling stands in *text*."""
        masks, view = self._masks, self._view
        if not masks:
            return False
        if len(view.masks) != len(masks):
            view = self.view
        return len(text) >= view.shortest and view.stands_in(text)

    def has(self, value: str) -> bool:
        """Say whether *value* was added."""
        return value in self._values

    def add(self, value: str, mask: str) -> None:
        """Find *value* from now on; the first mask of a spelling stays."""
        if value in self._values:
            return
        variants = variants_of(value)
        for variant in variants:
            self._masks.setdefault(variant, mask)
        # Afterwards: who begins to watch in between finds the spellings, or is told of them.
        for learned in self._watchers:
            learned(_firsts_of(variants))
        self._values.add(value)

    def watch(self, learned: Learned) -> None:
        """Tell *learned* how each spelling begins, those that are known and all that will be."""
        self._watchers = (*self._watchers, learned)
        if self._masks:
            learned(self.view.firsts)

    def unwatch(self, learned: Learned) -> None:
        """Tell *learned* no more."""
        self._watchers = tuple(each for each in self._watchers if each != learned)


class _View:
    """Spellings with their masks, at one moment."""

    def __init__(self, masks: dict[str, str]) -> None:
        self.masks = masks

    @functools.cached_property
    def shortest(self) -> int:
        """The length of the shortest spelling, 0 when there is none."""
        return min(map(len, self.masks), default=0)

    def may_stand_in(self, grams: frozenset[str]) -> bool:
        """Say whether a spelling can stand in a text of these `grams_of`."""
        return not grams.isdisjoint(self.firsts)

    def stands_in(self, text: str) -> bool:
        """Say whether any spelling stands in *text*."""
        masks = self.masks
        if len(masks) <= _FEW:
            for variant in masks:  # noqa: SIM110  # a generator costs more than the search
                if variant in text:
                    return True
            return False
        return any(True for _ in self._find_at_heads(text))

    def find(self, text: str) -> Iterator[Place]:
        """Yield places that together cover every spelling in *text*."""
        return self._find_each(text) if len(self.masks) <= _FEW else self._find_at_heads(text)

    def find_begun(self, text: str, end: int) -> Iterator[Place]:
        """Yield the longest part of *text* right before *end* that begins a spelling."""
        if self.masks:
            tail = text[max(0, end - self._heads.longest) : end]
            yield from self._begun(tail, end - len(tail), self._heads.starts(tail))

    def find_shortened(self, text: str) -> Iterator[Place]:
        """Yield what dots have left of values: beginnings before them, and ends behind them."""
        gaps = [match.span() for match in _DOTS.finditer(text)] if self.masks else []
        if not gaps:
            return
        heads, tails = self._heads.starts(text), self._tails.starts(text[::-1])
        for start, end in gaps:
            low = max(0, start - _REACH)
            near = heads[bisect.bisect_left(heads, low) : bisect.bisect_left(heads, start)]
            yield from self._begun(text[low:start], low, [each - low for each in near])
            rest = text[end : end + _REACH][::-1]
            low = len(text) - end - len(rest)
            near = tails[
                bisect.bisect_left(tails, low) : bisect.bisect_left(tails, low + len(rest))
            ]
            yield from self._ended(rest, end, [each - low for each in near])

    def _begun(self, tail: str, offset: int, starts: Iterable[int]) -> Iterator[Place]:
        for start in starts:
            if whole := self._heads.find_begun(tail[start:]):
                yield Place(offset + start, offset + len(tail), self.masks[whole], is_known=True)
                return

    def _ended(self, rest: str, offset: int, starts: Iterable[int]) -> Iterator[Place]:
        """Yield the end of a spelling that *rest*, read backwards, comes down to at *offset*."""
        for start in starts:
            if whole := self._tails.find_begun(rest[start:]):
                mask = self.masks[whole[::-1]]
                yield Place(offset, offset + len(rest) - start, mask, is_known=True)
                return

    def _find_each(self, text: str) -> Iterator[Place]:
        longest = len(text)
        for size, variant, mask in self._by_length:
            # Most texts are header values, shorter than most variants.
            if size > longest:
                return
            if variant not in text:
                continue
            begin = start = text.find(variant)
            while start >= 0:
                following = text.find(variant, start + 1)
                if not 0 <= following < start + size:
                    yield Place(begin, start + size, mask, is_known=True)
                    begin = following
                start = following

    def _find_at_heads(self, text: str) -> Iterator[Place]:
        for start in self._heads.starts(text):
            if found := self._heads.find_longest(text, start):
                yield Place(start, start + len(found), self.masks[found], is_known=True)

    @functools.cached_property
    def firsts(self) -> frozenset[str]:
        """How the spellings begin."""
        return _firsts_of(self.masks)

    @functools.cached_property
    def _by_length(self) -> tuple[tuple[int, str, str], ...]:
        return tuple(sorted([(len(text), text, mask) for text, mask in self.masks.items()]))

    @functools.cached_property
    def _heads(self) -> _Heads:
        return _Heads(self.masks)

    @functools.cached_property
    def _tails(self) -> _Heads:
        return _Heads(each[::-1] for each in self.masks)


def _firsts_of(spellings: Iterable[str]) -> frozenset[str]:
    return frozenset([each[:SHORTEST] for each in spellings])


class _Heads:
    """Texts by how they begin."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._ordered = sorted(texts)
        self._heads = frozenset(each[:_TELLING] for each in self._ordered)
        self._shorter = _find_shorter(self._ordered)
        self.longest = max(map(len, self._ordered), default=0)

    def starts(self, text: str) -> list[int]:
        """Return where in *text* one of the texts may begin."""
        heads = self._heads
        return [at for at in range(len(text) - _TELLING + 1) if text[at : at + _TELLING] in heads]

    def find_longest(self, text: str, start: int) -> str:
        """Return the longest of the texts that stands at *start* of *text*, empty for none."""
        # All between a text and what begins with it begin with it too.
        at = bisect.bisect_right(self._ordered, text[start : start + self.longest]) - 1
        while at >= 0 and not text.startswith(self._ordered[at], start):
            at = self._shorter[at]
        return self._ordered[at] if at >= 0 else ""

    def find_begun(self, part: str) -> str:
        """Return one of the texts that begins with *part*, empty for none."""
        at = bisect.bisect_left(self._ordered, part)
        is_one = at < len(self._ordered) and self._ordered[at].startswith(part)
        return self._ordered[at] if is_one else ""


def _find_shorter(ordered: list[str]) -> list[int]:
    """Return for each text the number of the longest other one that it begins with, -1 for none."""
    shorter: list[int] = []
    open_: list[int] = []
    for number, text in enumerate(ordered):
        while open_ and not text.startswith(ordered[open_[-1]]):
            open_.pop()
        shorter.append(open_[-1] if open_ else -1)
        open_.append(number)
    return shorter
