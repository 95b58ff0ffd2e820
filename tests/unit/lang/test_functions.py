from __future__ import annotations

import re

import pytest

from pytest_reqflo.lang.functions import call_function

NOW = "2026-03-01T15:04:05.678901Z"


def call(name, *args, seed="ab12", site="create/json/id"):
    return call_function(name, args, seed=seed, site=site, now=NOW)


DRAWN = [("uuid",), ("random_int", 0, 2**62), ("random_string", 40), ("random_hex", 33)]


@pytest.mark.parametrize("given", DRAWN)
def test_a_place_of_a_run_has_one_value(given):
    value = call(*given)
    assert call(*given) == value
    assert call(*given, site="create/json/other") != value
    assert call(*given, seed="ab13") != value


def test_a_uuid_is_of_version_4():
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", call("uuid")
    )


def test_random_texts_have_the_length_asked_for():
    assert re.fullmatch(r"[a-z0-9]{40}", call("random_string", 40))
    assert re.fullmatch(r"[0-9a-f]{33}", call("random_hex", 33))


def test_random_integers_reach_both_ends():
    assert {call("random_int", -1, 1, site=str(i)) for i in range(100)} == {-1, 0, 1}
    assert {call("random_choice", "a", 2, site=str(i)) for i in range(100)} == {"a", 2}


@pytest.mark.parametrize(
    ("args", "text"),
    [
        ((), "2026-03-01T15:04:05Z"),
        (("%d.%m.%y %I:%M %p",), "01.03.26 03:04 PM"),
        (("%a, %d %b %Y %H:%M:%S.%L %z %Z 100%%",), "Sun, 01 Mar 2026 15:04:05.678 +0000 UTC 100%"),
        (("%Y-%m-%d %j %f", "-1d"), "2026-02-28 059 678901"),
        (("%H:%M", "+90m"), "16:34"),
    ],
)  # fmt: skip
def test_now_is_written_in_the_format_asked_for(args, text):
    assert call("now", *args) == text


def test_timestamps_are_whole_numbers_since_1970():
    assert call("timestamp") == 1772377445
    assert call("timestamp_ms") == 1772377445678
