"""Spellings of a value: plain texts take a short way to the same ones."""

from __future__ import annotations

import random
import re

import pytest

from pytest_reqflo.evidence import encodings
from pytest_reqflo.evidence.encodings import variants_of


@pytest.mark.parametrize("seed", range(20))
def test_a_plain_text_has_the_spellings_that_any_text_has(seed, monkeypatch) -> None:
    draw = random.Random(seed)
    values = ["".join(draw.choices("ABab09._-", k=draw.randint(1, 90))) for _ in range(40)]
    quickly = [variants_of(value) for value in values]
    monkeypatch.setattr(encodings, "_SIMPLE", re.compile("(?!)"))

    assert quickly == [variants_of(value) for value in values]
