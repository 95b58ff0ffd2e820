from __future__ import annotations

import pytest

from pytest_reqflo.web.asking import BadQuery, read_key, read_query, show_key
from pytest_reqflo.web.source import RunQuery

RUN_ID = f"run_{'0' * 32}"


def test_a_query_is_read_and_a_group_is_its_statuses():
    given = {"q": " a b ", "status": "bad", "journey": "j", "env": "e", "artifact": "artifact_0"}
    assert read_query({**given, "limit": "7"}) == RunQuery(
        text=" a b ", journey="j", environment="e", artifact="artifact_0", limit=7,
        statuses=("failed", "error", "interrupted", "cancelled", "lost"),
    )  # fmt: skip
    assert read_query({}) == RunQuery()


@pytest.mark.parametrize("key", [(1795772322.684002, RUN_ID), (0.1 + 0.2, RUN_ID), (5.0, RUN_ID)])
def test_a_place_in_the_list_comes_back_as_it_was(key):
    assert read_key(show_key(key)) == key


@pytest.mark.parametrize(
    "given",
    [
        {"limit": "0"}, {"limit": "201"}, {"limit": "-1"}, {"limit": "x"}, {"limit": "²"},
        {"limit": "1" * 5000}, {"before": "x"}, {"before": "1.5:../../etc"}, {"before": f"nan:{RUN_ID}"},
        {"status": "nice"}, {"q": "x" * 201}, {"journey": "a\0b"},
    ],
)  # fmt: skip
def test_what_the_page_never_asks_is_refused(given):
    with pytest.raises(BadQuery):
        read_query(given)
