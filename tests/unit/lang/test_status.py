from __future__ import annotations

import pytest

from pytest_reqflo.lang.operators import parse_status, status_matches, status_text


@pytest.mark.parametrize(
    ("expected", "matching", "other"),
    [
        (201, 201, 200),
        ("201", 201, 200),
        ("2xx", 299, 300),
        ("4XX", 400, 399),
        ("200-204", 204, 205),
        ([200, "404", "5xx"], 503, 400),
    ],
)
def test_a_status_is_one_of_those_expected(expected, matching, other):
    assert parse_status(expected) is None
    assert (status_matches(expected, matching), status_matches(expected, other)) == (True, False)


USAGE = 'write 201, "2xx", "200-204" or a list of these'


@pytest.mark.parametrize(
    ("expected", "fault"),
    [
        (20, f"20 is no status; {USAGE}"),
        (True, f"boolean is no status; {USAGE}"),
        (200.0, f"number is no status; {USAGE}"),
        (None, f"null is no status; {USAGE}"),
        ("ok", f'"ok" is no status; {USAGE}'),
        ("204-200", f'"204-200" is no status; {USAGE}'),
        ([], "a list of statuses must not be empty"),
        ([200, [201]], f"array is no status; {USAGE}"),
        ({"a": 1}, f"object is no status; {USAGE}"),
        (10**50, f"an integer of more than four digits is no status; {USAGE}"),
    ],
)
def test_what_is_no_status_is_refused_and_matches_nothing(expected, fault):
    assert parse_status(expected) == fault
    assert not any(status_matches(expected, status) for status in (20, 201, 202, 205))


def test_expected_statuses_read_well():
    assert [status_text(e) for e in (200, "2xx", [200, "4xx"])] == ["200", "2xx", "200 or 4xx"]
