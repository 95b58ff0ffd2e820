"""Whether a comparison is decided although a mask stands in place of a value. Pure.

A mask stands for some text of at least one character or, where nothing stands around it, for a value of
any type.
A comparison is decided when every such value gives the same verdict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pytest_reqflo.evidence.masks import find_mask, find_masked_key, is_mask, split_at_masks
from pytest_reqflo.lang.operators import OPERATORS
from pytest_reqflo.values import Json, is_array, json_equal


class Undecided(Exception):
    """What a check or an output needs is not in the record; the text says what, in one sentence."""


def is_decided(
    operator: str,
    actual: Json,
    expected: Json,
    *,
    is_missing: bool = False,
    are_masks_text: bool = False,
) -> bool:
    """Say whether *operator* gives the same verdict for whatever the masks in its values hide.

    Shape: *are_masks_text* says that no mask in *actual* can stand for anything but text.
    """
    spec = OPERATORS.get(operator)
    if is_missing or spec is None or spec.may_miss:
        return True
    if not find_mask(actual) and not find_mask(expected):
        return True
    if operator in _OF_SHAPE:
        return not find_mask(expected) and _has_shape(operator, actual, are_masks_text)
    rule = _RULES.get(operator)
    if rule is None or (is_mask_alone(actual) and not are_masks_text and operator in _OF_TEXT):
        return False
    return rule(actual, expected) is not None


def without_unknown(expected: Json, actual: Json) -> Json:
    """Return *expected* with what *actual* has wherever masks leave open whether they are the same.

    What then differs differs whatever the masks hide.
    """
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        return {
            key: without_unknown(item, actual[key]) if key in actual else item
            for key, item in expected.items()
        }
    if is_array(expected) and is_array(actual) and len(expected) == len(actual):
        return list(map(without_unknown, expected, actual))
    return actual if _equal(expected, actual) is None else expected


def is_mask_alone(value: Json) -> bool:
    """Say whether nothing is known of *value* but that it was hidden."""
    return isinstance(value, str) and is_mask(value)


_OF_SHAPE = frozenset({"has_type", "has_length", "is_empty", "not_empty"})
_OF_TEXT = frozenset({"contains", "not_contains", "starts_with", "ends_with"})


def _has_shape(operator: str, actual: Json, are_masks_text: bool) -> bool:
    """Say whether what *operator* asks of *actual* can be seen in spite of its masks."""
    if not isinstance(actual, str):
        # Two keys with the same mask are one in the record.
        return operator in ("has_type", "is_empty", "not_empty") or not find_masked_key(actual)
    return operator != "has_length" and (are_masks_text or not is_mask(actual))


# --- each rule: True, False, or None when the masks decide ----------------------------------------


def _equal(left: Json, right: Json) -> bool | None:
    if not find_mask(left) and not find_mask(right):
        return json_equal(left, right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        if find_masked_key(left) or find_masked_key(right):
            return None
        return (
            _all(_equal(left[key], right[key]) for key in left)
            if left.keys() == right.keys()
            else False
        )
    if is_array(left) and is_array(right):
        return _all(map(_equal, left, right)) if len(left) == len(right) else False
    if isinstance(left, str) and isinstance(right, str):
        return None if _may_be_same(left, right) else False
    # What is hidden whole may have been a number or a word such as `true`.
    return None if is_mask_alone(left) or is_mask_alone(right) else False


def _may_be_same(left: str, right: str) -> bool:
    """Say whether two texts, of which one or both have masks, can be the same text."""
    first, second = split_at_masks(left), split_at_masks(right)
    if len(first) > 1 and len(second) > 1:
        ends = zip((first[0], first[-1][::-1]), (second[0], second[-1][::-1]), strict=True)
        return all(a.startswith(b) or b.startswith(a) for a, b in ends)
    pieces, whole = (first, right) if len(first) > 1 else (second, left)
    head, tail = pieces[0], pieces[-1]
    if len(whole) < len(head) + len(tail) or not (whole.startswith(head) and whole.endswith(tail)):
        return False
    return _stand_in_order(pieces[1:-1], whole[len(head) : len(whole) - len(tail)])


def _stand_in_order(pieces: Iterable[str], text: str) -> bool:
    position = 0
    for piece in pieces:
        found = text.find(piece, position)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _contains(actual: Json, expected: Json) -> bool | None:
    if isinstance(actual, str) and isinstance(expected, str):
        if not find_mask(actual):
            return None if _stand_in_order(split_at_masks(expected), actual) else False
        is_seen = not find_mask(expected) and any(
            expected in each for each in split_at_masks(actual)
        )
        return True if is_seen else None
    if is_array(actual):
        return _any(_equal(item, expected) for item in actual)
    if isinstance(actual, Mapping):
        return _contains_in_object(actual, expected)
    return False


def _contains_in_object(actual: Mapping[str, Json], expected: Json) -> bool | None:
    if find_masked_key(actual) or find_masked_key(expected):
        return None
    if isinstance(expected, str):
        return None if find_mask(expected) else expected in actual
    if isinstance(expected, Mapping):
        return _all(
            _equal(actual[key], expected[key]) if key in actual else False for key in expected
        )
    return False


def _is_in(actual: Json, expected: Json) -> bool | None:
    return _any(_equal(actual, item) for item in expected) if is_array(expected) else False


def _starts_with(actual: Json, expected: Json) -> bool | None:
    if not isinstance(actual, str) or not isinstance(expected, str):
        return False
    return _begins(split_at_masks(actual)[0], actual, split_at_masks(expected)[0], expected)


def _ends_with(actual: Json, expected: Json) -> bool | None:
    if not isinstance(actual, str) or not isinstance(expected, str):
        return False
    tail, wanted = split_at_masks(actual)[-1][::-1], split_at_masks(expected)[-1][::-1]
    return _begins(tail, actual[::-1], wanted, expected[::-1])


def _begins(head: str, actual: str, wanted: str, expected: str) -> bool | None:
    """Say whether *actual* begins with *expected*; of each, *head* and *wanted* are known."""
    if head.startswith(expected) and wanted == expected:
        return True
    is_same_so_far = head.startswith(wanted) or wanted.startswith(head)
    if not is_same_so_far or (head == actual and len(wanted) > len(head)):
        return False
    return None


def _all(verdicts: Iterable[bool | None]) -> bool | None:
    found = list(verdicts)
    return False if False in found else None if None in found else True


def _any(verdicts: Iterable[bool | None]) -> bool | None:
    found = list(verdicts)
    return True if True in found else None if None in found else False


_RULES: Mapping[str, Callable[[Json, Json], bool | None]] = {
    "equals": _equal,
    "not_equals": _equal,
    "contains": _contains,
    "not_contains": _contains,
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "in": _is_in,
    "not_in": _is_in,
}
"""Operators of which some verdicts need no hidden value; those left out always need it."""
