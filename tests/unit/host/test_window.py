"""What is started next: in order, as many as may, groups apart, nothing past what runs alone."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.host.window import DEFAULT_ROWS, Stand, Width, Window, width_of

FREE = Stand(journey="free")
ALONE = Stand(journey="alone", is_alone=True)
SKIPPED = Stand(journey="skipped", is_never_run=True)


def row(journey: str, group: str = "") -> Stand:
    return Stand(journey=journey, group=group, is_row=True)


def of_group(group: str) -> Stand:
    return Stand(journey=object(), group=group)


class Run:
    """A window over stands by name, played by hand."""

    def __init__(self, width: Width, stands: dict[str, Stand]) -> None:
        self.stands = stands
        coming = iter(stands.items())
        self.window: Window[str] = Window(width, lambda: next(coming, None))
        self.flying: dict[str, Stand] = {}

    def choose(self, head: Stand = FREE, ahead: int = 0) -> str | None:
        name = self.window.choose(head, list(self.flying.values()), ahead)
        if name is not None:
            self.flying[name] = self.stands[name]
        return name

    def choose_all(self, head: Stand = FREE) -> list[str]:
        chosen = []
        while (name := self.choose(head)) is not None:
            chosen.append(name)
        return chosen

    def end(self, *names: str) -> None:
        for name in names:
            del self.flying[name]


def test_the_number_is_of_rows_alone_unless_one_was_asked_for() -> None:
    assert width_of(None) == Width(DEFAULT_ROWS, is_rows_only=True)
    assert width_of(8) == Width(8)


def test_in_order_and_never_more_than_the_number() -> None:
    run = Run(Width(2), dict.fromkeys("abcd", FREE))
    assert run.choose_all() == ["a", "b"]
    run.end("a")
    assert run.choose_all() == ["c"]
    run.end("b", "c")
    assert run.choose_all() == ["d"]


def test_what_is_reported_late_bounds_what_is_started() -> None:
    width = Width(2)
    run = Run(width, dict.fromkeys("ab", FREE))
    assert run.choose(ahead=width.most_ahead) is None
    assert run.choose(ahead=width.most_ahead - 1) == "a"


def test_nothing_passes_what_runs_alone_until_its_turn() -> None:
    run = Run(Width(8), {"a": FREE, "b": ALONE, "c": FREE, "d": FREE})
    assert run.choose_all() == ["a"]
    run.end("a")
    assert run.choose_all() == []
    run.window.forget("b")
    assert run.choose_all(ALONE) == []
    run.window.forget("c")
    assert run.choose_all(FREE) == ["d"]


def test_one_that_is_never_run_holds_up_nothing() -> None:
    run = Run(Width(8), {"a": SKIPPED, "b": FREE, "c": SKIPPED, "d": FREE})
    assert run.choose_all() == ["b", "d"]


def test_groups_wait_in_order_and_others_pass_by() -> None:
    stands = {
        "s1": of_group("s"), "s2": of_group("s"), "s3": of_group("s"), "a": FREE,
        "t1": of_group("t"), "b": FREE,
    }  # fmt: skip
    run = Run(Width(8), stands)
    assert run.choose_all() == ["s1", "a", "t1", "b"]
    run.end("a", "t1", "b")
    assert run.choose_all() == []
    run.end("s1")
    assert run.choose_all() == ["s2"]
    run.end("s2")
    assert run.choose_all() == ["s3"]


def test_what_waits_for_its_group_is_forgotten_at_its_turn() -> None:
    run = Run(Width(8), {"s1": of_group("s"), "s2": of_group("s"), "a": FREE})
    assert run.choose_all() == ["s1", "a"]
    run.end("s1", "a")
    run.window.forget("s2")
    assert run.choose_all() == []


def test_without_a_number_only_rows_of_the_journey_at_hand_are_started() -> None:
    stands = {"a2": row("a"), "a3": row("a"), "b1": row("b"), "c": FREE}
    run = Run(width_of(None), stands)
    assert run.choose_all(row("a")) == ["a2", "a3"]
    run.end("a2", "a3")
    run.window.forget("b1")
    assert run.choose_all(row("b")) == []


KINDS = st.sampled_from([FREE, ALONE, SKIPPED, of_group("s"), of_group("t"), row("a")])


@given(kinds=st.lists(KINDS, max_size=30), limit=st.integers(1, 5), picks=st.randoms())
def test_every_item_is_started_once_and_never_beside_what_it_may_not_meet(
    kinds: list[Stand], limit: int, picks: st.DataObject
) -> None:
    """Turns in order, ends in any order: what was not started ahead runs at its turn."""
    stands = {str(place): stand for place, stand in enumerate(kinds)}
    run = Run(Width(limit), stands)
    taken: set[str] = set()
    started: list[str] = []

    def take() -> tuple[str, Stand] | None:
        name = next((each for each in stands if each not in taken), None)
        if name is None:
            return None
        taken.add(name)
        return name, stands[name]

    run.window = Window(Width(limit), take)
    for name, head in stands.items():
        taken.add(name)
        run.window.forget(name)
        if name not in started and not head.is_never_run:
            # Here and now; those in flight beside it must be allowed to be.
            check(head, run.flying.values())
            started.append(name)
        run.end(*[name] if name in run.flying else [])
        while (chosen := run.choose(head)) is not None:
            others = [stand for each, stand in run.flying.items() if each != chosen]
            check(stands[chosen], others)
            assert len(run.flying) <= limit
            assert not head.is_alone
            started.append(chosen)
        for each in picks.sample(list(run.flying), picks.randint(0, len(run.flying))):
            run.end(each)
    assert sorted(started) == sorted(name for name in stands if not stands[name].is_never_run)


def check(stand: Stand, others: Iterable[Stand]) -> None:
    others = list(others)
    assert not (stand.is_alone and others)
    assert not any(other.is_alone for other in others)
    assert not (stand.group and stand.group in [other.group for other in others])


@pytest.mark.parametrize("limit", [1, 2, 64])
def test_at_least_some_may_wait_for_their_report(limit: int) -> None:
    assert Width(limit).most_ahead >= max(64, limit)
