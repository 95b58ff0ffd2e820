"""What is worked out once for an object, and forgotten with it."""

from __future__ import annotations

import copy
import dataclasses
import gc
import pickle
from typing import Any

import pytest

from pytest_reqflo import frozen
from pytest_reqflo.noted import Late, Noted, NotedBeside, late


class Thing:
    """An object that can be referred to weakly."""


def test_it_is_made_once_for_each_object():
    made: list[str] = []
    noted: Noted[Thing, str] = Noted(lambda thing: made.append("made") or f"{len(made)}")
    first, second = Thing(), Thing()

    assert [noted.of(first), noted.of(second), noted.of(first)] == ["1", "2", "1"]
    assert made == ["made", "made"]


def test_nothing_is_kept_of_an_object_that_is_gone():
    noted: Noted[Thing, int] = Noted(id)
    for _ in range(1_000):
        noted.of(Thing())
    gc.collect()

    assert len(noted) == 0


def test_an_object_in_the_place_of_another_gets_its_own():
    noted: Noted[Thing, list[int]] = Noted(lambda thing: [])
    seen = []
    for number in range(100):
        found = noted.of(Thing())
        found.append(number)
        seen.append(found)

    assert seen == [[number] for number in range(100)]


def test_what_is_worked_out_for_a_pair_is_kept_for_the_pair_met_last():
    made: list[Thing] = []
    noted: NotedBeside[Thing, Thing, int] = NotedBeside(
        lambda thing, beside: made.append(beside) or len(made)
    )
    thing, first, second = Thing(), Thing(), Thing()

    assert [noted.of(thing, each) for each in (first, first, second, second)] == [1, 1, 2, 2]
    assert made == [first, second]


# --- a field that is made late ------------------------------------------------------------------


@late("text")
@frozen.dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    number: int
    text: str = ""


def told(calls: list[int]) -> Told:
    def make_text() -> str:
        calls.append(1)
        return "made"

    text: Any = Late(make_text)
    return Told(number=1, text=text)


def test_a_late_value_is_made_once_when_it_is_read_first() -> None:
    calls: list[int] = []
    made = told(calls)
    assert calls == []

    assert (made.text, made.text) == ("made", "made")
    assert calls == [1]


@pytest.mark.parametrize(
    "look",
    [
        lambda made: made,
        lambda made: dataclasses.replace(made),
        lambda made: frozen.replace(made),
        copy.copy,
        copy.deepcopy,
        lambda made: pickle.loads(pickle.dumps(made)),
        lambda made: Told(**dataclasses.asdict(made)),
    ],
)
def test_an_object_with_a_late_value_is_as_any_other(look: Any) -> None:
    plain = Told(number=1, text="made")

    assert look(told([])) == plain
    assert hash(look(told([]))) == hash(plain)
    assert repr(look(told([]))) == repr(plain)
    with pytest.raises(dataclasses.FrozenInstanceError):
        look(told([])).text = "other"
