"""The compliance suite of RFC 9535, 703 cases, over our own `select`.

Source: github.com/jsonpath-standard/jsonpath-compliance-test-suite at 7be7c1f (BSD-2).
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_reqflo.lang.select import QueryProblem, compile_query
from pytest_reqflo.values import json_equal

SUITE = json.loads((Path(__file__).parent / "data/jsonpath-compliance.json").read_text("utf-8"))
CASES = [pytest.param(case, id=f"{i:03}") for i, case in enumerate(SUITE["tests"])]


def test_the_suite_is_whole():
    assert len(CASES) == 703


@pytest.mark.parametrize("case", CASES)
def test_a_query_selects_what_rfc_9535_says(case):
    if case.get("invalid_selector"):
        with pytest.raises(QueryProblem) as caught:
            compile_query(case["selector"])
        assert 0 <= caught.value.offset <= len(case["selector"])
        return
    selected = compile_query(case["selector"]).select(case["document"])
    allowed = case.get("results") or [case["result"]]
    assert any(json_equal(selected, result) for result in allowed), case["name"]
