"""A time budget: the sum of recorded seconds against a limit. Pure, it reads no clock."""

from __future__ import annotations

_EPSILON_S = 0.001
"""A deadline and the elapsed time of what it bounded differ by rounding."""


class Budget:
    """Seconds that tries and waits may take together; *limit_s* None is without bound.

    Shape: *left_s* are those that are left, None without bound; it *is_used_up* when nothing is
        left that anything could be done in.
    """

    def __init__(self, limit_s: float | None, owner: str) -> None:
        self.limit_s = limit_s
        self.owner = owner
        self._spent_s = 0.0
        self.left_s = limit_s
        self.spend(0.0)

    def spend(self, elapsed_s: float) -> None:
        """Count seconds that were recorded."""
        self._spent_s += elapsed_s
        if self.limit_s is not None:
            self.left_s = max(0.0, self.limit_s - self._spent_s)
        self.is_used_up = self.left_s is not None and self.left_s <= _EPSILON_S


def least_left_s(*budgets: Budget | None) -> float | None:
    """Return the least of what *budgets* have left, None when none has a bound."""
    bounds = [budget.left_s for budget in budgets if budget is not None]
    return min((bound for bound in bounds if bound is not None), default=None)
