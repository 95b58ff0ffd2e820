"""The one table of precedence: which of several values of a name wins. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_reqflo.plan.model import GivenValue, Layer

PRECEDENCE: Mapping[Layer, str] = {
    "step": "literal in the step",
    "row": "data row",
    "set": "--set",
    "case": "case",
    "preset": "preset",
    "source": "declared source",
    "default": "declared default",
    "environment": "environment value of the same name",
}
"""Every layer, highest precedence first, and what it is called in messages.

A literal in a step's `values` is part of the artifact and never meets the others.
"""

RANKS: Mapping[Layer, int] = {layer: rank for rank, layer in enumerate(PRECEDENCE)}
"""The place of each layer, 0 for the highest."""


def find_winner(candidates: Iterable[GivenValue]) -> GivenValue | None:
    """Return the value of the highest layer, and of several in that layer the last."""
    winner: GivenValue | None = None
    for candidate in candidates:
        if winner is None or RANKS[candidate.layer] <= RANKS[winner.layer]:
            winner = candidate
    return winner
