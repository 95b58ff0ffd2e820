"""Which comparisons are decided although a mask stands in place of a value."""

from __future__ import annotations

import pytest

from pytest_reqflo.run.masked import is_decided, without_unknown

MASK = "[secret:KEY]"


@pytest.mark.parametrize(
    ("operator", "actual", "expected"),
    [
        ("equals", {"a": MASK, "b": 1}, {"a": "x", "b": 2}),
        ("equals", [MASK], [1, 2]),
        ("equals", {"a": MASK}, {"b": 1}),
        ("equals", f"a{MASK}", None),
        ("equals", f"Bearer {MASK}", "Basic x"),
        ("not_equals", f"a{MASK}b{MASK}c", "axd"),
        ("contains", f"id=7; key={MASK}", "id=7"),
        ("contains", [MASK, 3], 3),
        ("not_contains", [f"{MASK}b", 3], True),
        ("contains", {"token": MASK}, "token"),
        ("contains", {"token": MASK, "id": 1}, {"id": 2}),
        ("starts_with", f"Bearer {MASK}", "Bearer"),
        ("starts_with", f"Bearer {MASK}", "Basic"),
        ("ends_with", f"{MASK}.png", ".jpg"),
        ("ends_with", f"{MASK}.png", "png"),
        ("starts_with", "abc", f"abcd{MASK}"),
        ("contains", "abc", f"d{MASK}"),
        ("in", 3, [MASK, 3]),
        ("not_in", {"a": 1}, [f"{MASK}b"]),
        ("has_type", [MASK], "array"),
        ("has_length", [MASK], 1),
        ("not_empty", {"a": MASK}, None),
        ("exists", MASK, None),
        ("not_exists", MASK, None),
        ("matches", "abc", "^a"),
        ("unheard_of", MASK, 1),
    ],
)  # fmt: skip
def test_what_is_decided(operator: str, actual: object, expected: object) -> None:
    assert is_decided(operator, actual, expected)


@pytest.mark.parametrize(
    ("operator", "actual", "expected"),
    [
        ("equals", MASK, "x"),
        ("equals", MASK, 7),
        ("equals", MASK, True),
        ("equals", MASK, MASK),
        ("equals", "abc", f"a{MASK}"),
        ("equals", {MASK: 1}, {"a": 1}),
        ("contains", f"a{MASK}", "b"),
        ("contains", MASK, ""),
        ("not_contains", [MASK], "x"),
        ("contains", {MASK: 1}, "a"),
        ("contains", {"id": MASK}, {"id": 2}),
        ("starts_with", f"ab{MASK}", "abc"),
        ("ends_with", f"{MASK}bc", "abc"),
        ("starts_with", "abc", f"a{MASK}"),
        ("in", MASK, ["a", "b"]),
        ("greater_than", MASK, 1),
        ("matches", f"a{MASK}", "^a"),
        ("has_type", MASK, "string"),
        ("has_type", [MASK], MASK),
        ("has_length", MASK, 3),
        ("has_length", {MASK: 1}, 1),
        ("not_empty", MASK, None),
    ],
)
def test_what_the_mask_decides(operator: str, actual: object, expected: object) -> None:
    assert not is_decided(operator, actual, expected)


@pytest.mark.parametrize(
    ("operator", "expected"), [("has_type", "string"), ("not_empty", None), ("is_empty", None)]
)
def test_a_mask_that_stands_for_text_has_a_type_and_a_character(operator, expected) -> None:
    assert is_decided(operator, MASK, expected, are_masks_text=True)


def test_nothing_there_is_decided() -> None:
    assert is_decided("matches", None, MASK, is_missing=True)


def test_only_what_differs_for_certain_is_left() -> None:
    expected = {"token": "x", "more": 1, "list": [1, "y"]}
    actual = {"token": MASK, "list": [2, f"{MASK}!"]}
    assert without_unknown(expected, actual) == {"token": MASK, "more": 1, "list": [1, "y"]}
    assert without_unknown([1, "y!"], [2, f"{MASK}!"]) == [1, f"{MASK}!"]
