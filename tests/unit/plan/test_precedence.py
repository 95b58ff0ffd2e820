from __future__ import annotations

import itertools

import pytest

from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.plan.model import GivenValue
from pytest_reqflo.plan.precedence import PRECEDENCE, find_winner

ORDER = ("step", "row", "set", "case", "preset", "source", "default", "environment")


def given(layer, value="v"):
    return GivenValue(name="n", layer=layer, value=LiteralValue(value))


def test_the_table_is_the_design_order():
    assert tuple(PRECEDENCE) == ORDER


@pytest.mark.parametrize(("higher", "lower"), list(itertools.pairwise(ORDER)))
def test_each_layer_beats_the_next_whatever_their_order(higher, lower):
    winner = given(higher)
    assert find_winner([given(lower), winner]) is winner
    assert find_winner([winner, given(lower)]) is winner


def test_the_last_of_several_presets_wins():
    assert find_winner([given("preset", 1), given("preset", 2)]) == given("preset", 2)


def test_nothing_offered_is_no_winner():
    assert find_winner([]) is None
