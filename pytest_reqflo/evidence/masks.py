"""The masks in texts that are already redacted: what they hide, and what stands around them. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pytest_reqflo.values import Json, is_array

_MASK = re.compile(r"\[(?:secret|sensitive):([^\]\n]{1,200})\]")
_MARKS = ("[secret:", "[sensitive:")
_TEXT_OR_MASK = re.compile(
    rf'(?P<text>"(?:[^"\\]|\\.)*+"?)|(?P<mask>{_MASK.pattern})',
    re.DOTALL,
)


def mask_name(shown: str) -> str:
    """Return the name in the first mask of *shown*, a redacted text."""
    match = _MASK.search(shown)
    return match.group(1) if match else "value"


def is_mask(shown: str) -> bool:
    """Say whether *shown* is a mask and nothing else."""
    return _MASK.fullmatch(shown) is not None


def find_mask(value: Json) -> str:
    """Return the first mask in the redacted *value*, in a key or a text; empty without one."""
    if isinstance(value, str):
        match = _MASK.search(value)
        return match.group() if match else ""
    if isinstance(value, Mapping):
        return find_masked_key(value) or next(filter(None, map(find_mask, value.values())), "")
    return next(filter(None, map(find_mask, value)), "") if is_array(value) else ""


def find_masked_key(value: Json) -> str:
    """Return the first mask in a key of *value* itself, empty when it has none."""
    return next(filter(None, map(find_mask, value)), "") if isinstance(value, Mapping) else ""


def split_at_masks(shown: str) -> list[str]:
    """Return what *shown* shows before, between and behind its masks."""
    return _MASK.split(shown)[::2]


def without_begun_mask(shown: str) -> str:
    """Return *shown*, the head of a redacted text, without a mask that was cut in two."""
    start = shown.rfind("[")
    begun = shown[start:] if start >= 0 else ""
    is_begun = any(mark.startswith(begun) or begun.startswith(mark) for mark in _MARKS)
    return shown[:start] if begun and is_begun and "]" not in begun else shown


def quote_masks(text: str) -> str:
    """Return the text of a JSON document in which each mask of a number stands as text."""
    return _TEXT_OR_MASK.sub(lambda match: match["text"] or f'"{match["mask"]}"', text)
