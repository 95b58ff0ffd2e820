"""T18, T20, T24: ids and file names are slugs; reports quote; no format is written by hand that needs quoting."""

from __future__ import annotations

import re

from naughty import NAUGHTY
from package import imported_names, modules

from pytest_reqflo.plan.naming import MAX_ID_LENGTH, case_ids, row_id

SAFE = re.compile(r"[a-z0-9_.-]+")


def test_ids_of_cases_are_safe_short_and_one_for_each() -> None:
    ids = case_ids(NAUGHTY)
    assert len(set(ids.values())) == len(NAUGHTY)
    assert [
        each for each in ids.values() if not SAFE.fullmatch(each) or len(each) > MAX_ID_LENGTH
    ] == []
    assert not {".", "..", ""} & set(ids.values())


def test_ids_of_rows_are_safe_and_hold_no_more_than_a_slug_of_their_key() -> None:
    ids = [row_id(number, key, "Case <b>") for number, key in enumerate(NAUGHTY, 1)]
    assert len(set(ids)) == len(NAUGHTY)
    assert [each for each in ids if not SAFE.fullmatch(each) or len(each) > MAX_ID_LENGTH] == []


def test_the_same_names_give_the_same_ids_in_any_order() -> None:
    assert case_ids(reversed(NAUGHTY)) == case_ids(NAUGHTY)


def test_no_report_is_made_by_putting_xml_csv_or_html_together() -> None:
    """JUnit is written by pytest and HTML by its plugins, but for our own page: a constant frame around
    blocks of JSON (`tests/unit/report/html`, `tests/browser`). Data is read as CSV and never written."""
    used = {name for _, tree in modules() for name in imported_names(tree)}
    assert {name for name in used if name.startswith(("xml", "html.parser"))} == set()
    writers = {"csv.writer", "csv.DictWriter"}
    assert not writers & used
