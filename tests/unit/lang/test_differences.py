from __future__ import annotations

import pytest

from pytest_reqflo.lang.differences import differences
from pytest_reqflo.result import Difference


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"a": 1}, {"a": 1.0}, ()),
        (1, 2, (Difference(path="$", change="changed", expected=1, actual=2),)),
        (1, 2.5, (Difference(path="$", change="changed", expected=1, actual=2.5),)),
        (1, True, (Difference(path="$", change="type", expected=1, actual=True),)),
        ({"a": {}}, {"a": []}, (Difference(path="$.a", change="type", expected={}, actual=[]),)),
        (
            {"a": {"b": [1, 2]}, "c d": 1, "it's": 0},
            {"a": {"b": [1]}, "new": None, "it's": 0},
            (
                Difference(path="$.a.b[1]", change="missing", expected=2),
                Difference(path="$['c d']", change="missing", expected=1),
                Difference(path="$.new", change="added", actual=None),
            ),
        ),
        ([], ["x"], (Difference(path="$[0]", change="added", actual="x"),)),
        ({"it's": 0}, {"it's": 1}, (Difference(path=r"$['it\'s']", change="changed", expected=0, actual=1),)),
    ],
)  # fmt: skip
def test_each_place_is_named_once(expected, actual, found):
    assert differences(expected, actual) == found


def test_there_are_at_most_twenty():
    assert len(differences(list(range(100)), [])) == 20
    assert len(differences(list(range(100)), [], limit=3)) == 3
