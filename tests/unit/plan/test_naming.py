from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.plan.naming import MAX_ID_LENGTH, case_ids, row_id


def test_a_case_is_named_by_its_slug():
    assert case_ids(["Happy path", "Expired card!"]) == {
        "Happy path": "happy-path",
        "Expired card!": "expired-card",
    }


def test_cases_of_one_slug_are_told_apart_by_digest_in_any_order():
    expected = {"Happy path": "happy-path-3eefe8", "happy-path": "happy-path-85f650"}
    assert case_ids(["Happy path", "happy-path"]) == expected
    assert case_ids(["happy-path", "Happy path"]) == expected


def test_a_name_without_usable_characters_is_its_digest():
    assert case_ids(["失敗"]) == {"失敗": "37d266"}


def test_a_case_cannot_look_like_a_row():
    assert case_ids(["row 00001"])["row 00001"].startswith("row-00001-")
    assert case_ids(["row 00001"])["row 00001"] != row_id(1, "")


def test_long_names_stay_apart():
    ids = case_ids(["x" * 70 + "a", "x" * 70 + "b"])
    assert len(set(ids.values())) == 2


def test_a_row_is_named_by_number_and_key():
    assert row_id(1, "") == "row-00001"
    assert row_id(12, "Ord 3") == "row-00012-ord-3"
    assert row_id(123456, "a") == "row-123456-a"
    assert row_id(1, "a", "Happy path") == "row-00001-a-happy-path"


def test_a_key_that_leaves_no_slug_gives_its_digest():
    assert row_id(1, "失敗") == "row-00001-37d266"


@given(st.lists(st.text(min_size=1, max_size=200), unique=True, max_size=8))
def test_ids_are_usable_and_unique(names):
    ids = case_ids(names)
    assert len(set(ids.values())) == len(names)
    rows = [row_id(number, name, name) for number, name in enumerate(names, 1)]
    assert len({*rows, *ids.values()}) == 2 * len(names)
    for each in [*ids.values(), *rows]:
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", each)
        assert len(each) <= MAX_ID_LENGTH
