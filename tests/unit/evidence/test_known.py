"""Known values in texts of any kind: the same is found however many there are, and in bounded time."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable

import pytest

from pytest_reqflo.evidence import known
from pytest_reqflo.evidence.known import KnownValues
from pytest_reqflo.evidence.positions import Place


def known_values(values: Iterable[str]) -> KnownValues:
    made = KnownValues()
    for value in values:
        made.add(value, f"[{value}]")
    return made


def covered(places: Iterable[Place]) -> set[int]:
    return {at for place in places for at in range(place.start, place.end)}


@pytest.mark.parametrize("seed", range(200))
def test_many_values_are_found_where_few_are(seed, monkeypatch) -> None:
    draw = random.Random(seed)
    values = [
        "".join(draw.choices("ab%", k=draw.randint(4, 12))) for _ in range(draw.randint(1, 9))
    ]
    text = "".join(draw.choices("ab%", k=60)) + draw.choice(values)
    few = covered(known_values(values).view.find(text))
    monkeypatch.setattr(known, "_FEW", 0)
    many = list(known_values(values).view.find(text))
    assert covered(many) == few
    assert len({place.start for place in many}) == len(many)


NESTED = [("a" * length) for length in range(8, 400)]
ALMOST = [each + "b" for each in NESTED]


@pytest.mark.parametrize(
    "values",
    [NESTED[:10], ALMOST[:10], NESTED, ALMOST],
    ids=["few", "few_almost", "many", "many_almost"],
)
def test_values_that_lie_in_each_other_give_few_places_in_little_time(values) -> None:
    begun = time.process_time()
    places = list(known_values(values).view.find("a" * 72 * 1024))
    assert len(places) <= 73 * 1024
    assert time.process_time() - begun < 5


def test_dots_in_a_text_take_no_time_for_each_value() -> None:
    tokens = known_values(f"tok-{number:08}-abcdef" for number in range(1_000))
    begun = time.process_time()
    [before, behind] = tokens.view.find_shortened(
        "x tok-00000999-a...034-abcdef y" + " ...x..." * 2_000
    )
    assert (before.start, before.end, behind.start, behind.end) == (2, 16, 19, 29)
    assert time.process_time() - begun < 5
