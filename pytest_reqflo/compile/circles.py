"""Variables that refer to variables: circles found, and expansions without end in sight. Pure.

A run follows the same ways by recursion, each time anew, so both length and number are bounded here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

MAX_DEPTH = 40
"""Most variables in a row of which each refers to the next."""

MAX_EXPANSIONS = 10_000
"""Most values that one variable is put together from."""

Uses = Mapping[str, Sequence[str]]
"""Each derived variable and the variables in its value, one used twice standing twice."""


def find_circles(uses: Uses) -> tuple[tuple[str, ...], ...]:
    """Return each circle found as its names in order, the first repeated at the end."""
    done: set[str] = set()
    circles = []
    for start in uses:
        path: list[str] = []
        waiting: list[Iterator[str]] = [iter((start,))]
        while waiting:
            name = next(waiting[-1], None)
            if name is None:
                waiting.pop()
                done.update(path[-1:])
                del path[-1:]
            elif name in path:
                circles.append((*path[path.index(name) :], name))
            elif name not in done and name in uses:
                path.append(name)
                waiting.append(iter(uses[name]))
    return tuple(circles)


def find_excess(uses: Uses) -> tuple[str, str] | None:
    """Return a variable beyond the limits, and why, in words that follow its name.

    Shape: *uses* holds no circle.
    """
    sizes: dict[str, tuple[int, int]] = {}
    for name in _innermost_first(uses):
        parts = [sizes.get(each, (1, 1)) for each in uses[name]]
        depth = 1 + max((part[0] for part in parts), default=0)
        count = 1 + sum(part[1] for part in parts)
        if depth > MAX_DEPTH:
            return name, f"refers to other variables more than {MAX_DEPTH} deep"
        if count > MAX_EXPANSIONS:
            return name, f"is put together from more than {MAX_EXPANSIONS:,} values"
        sizes[name] = (depth, count)
    return None


def _innermost_first(uses: Uses) -> Iterator[str]:
    done: set[str] = set()
    for start in uses:
        waiting = [start]
        while waiting:
            name = waiting[-1]
            open_ones = [each for each in uses[name] if each in uses and each not in done]
            if open_ones and name not in done:
                waiting.append(open_ones[0])
                continue
            waiting.pop()
            if name not in done:
                done.add(name)
                yield name
