"""What comes next in one process and in a worker: each item is given out once."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.host.claims import Claims
from pytest_reqflo.host.upcoming import OrderedItems, WorkerItems


class Item:
    """Stands for an item: only its identity counts."""


def make_items(count: int) -> list[Any]:
    return [Item() for _ in range(count)]


def test_items_come_in_order_and_none_before_the_one_at_hand() -> None:
    items = make_items(5)
    upcoming = OrderedItems(items)
    upcoming.begin_turn(items[0], items[1])
    assert [upcoming.take(), upcoming.take()] == items[1:3]
    upcoming.begin_turn(items[1], items[2])
    upcoming.begin_turn(items[2], items[3])
    assert upcoming.take() is items[3]
    upcoming.begin_turn(items[4], None)
    assert upcoming.take() is None


def test_an_item_that_is_run_again_brings_nothing_back() -> None:
    items = make_items(3)
    upcoming = OrderedItems(items)
    for _ in range(2):
        upcoming.begin_turn(items[0], items[1])
    assert upcoming.take() is items[1]
    upcoming.begin_turn(items[0], items[1])
    assert upcoming.take() is items[2]


def test_an_item_that_is_unknown_or_came_before_changes_nothing() -> None:
    items = make_items(4)
    upcoming = OrderedItems(items)
    upcoming.begin_turn(items[2], items[3])
    upcoming.begin_turn(make_items(1)[0], None)
    upcoming.begin_turn(items[0], items[1])
    assert [upcoming.take(), upcoming.take()] == [items[3], None]


def test_a_worker_without_claims_knows_the_next_one_only() -> None:
    items = make_items(3)
    upcoming = WorkerItems(items, None)
    upcoming.begin_turn(items[0], items[1])
    assert [upcoming.take(), upcoming.take()] == [items[1], None]
    upcoming.begin_turn(items[1], items[2])
    assert [upcoming.take(), upcoming.take()] == [items[2], None]
    upcoming.begin_turn(items[2], None)
    assert upcoming.take() is None


@given(
    order=st.permutations(range(12)),
    takes=st.lists(st.integers(0, 5), min_size=12, max_size=12),
    puts=st.lists(st.integers(0, 4), min_size=12, max_size=12),
)
def test_a_worker_gives_out_what_its_loop_runs_once_and_before_its_turn(
    order: list[int], takes: list[int], puts: list[int]
) -> None:
    """The loop of a worker holds two; the controller sends more now and then, in any order."""
    items, queue = make_items(12), Claims()
    upcoming = WorkerItems(items, queue)
    coming = iter(order)

    def send(count: int) -> None:
        for _ in range(count):
            index = next(coming, None)
            if index is not None:
                queue.put(index)

    send(2)
    given_out: list[Any] = []
    ran: list[int] = []
    current = queue.get()
    for taken, put in zip(takes, puts, strict=True):
        send(put)
        if len(ran) + 1 == len(order):
            following = None
        else:
            # It waits for what comes.
            send(1)
            following = queue.get()
        upcoming.begin_turn(items[current], None if following is None else items[following])
        for _ in range(taken):
            item = upcoming.take()
            if item is not None:
                assert items.index(item) not in [*ran, current]
                given_out.append(item)
        ran.append(current)
        if following is None:
            break
        current = following
    assert len(given_out) == len({id(item) for item in given_out})
    assert ran == order
