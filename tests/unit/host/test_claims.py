"""The queue of a worker: what is claimed runs here, once, in order, and is not taken back."""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import xdist.remote
from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.host import claims as module
from pytest_reqflo.host.claims import Claims, install_claims


class Marker(enum.Enum):
    SHUTDOWN = 0


def steal(queue: Claims, indices: list[int]) -> list[int]:
    """Take back *indices*, all or none, as the worker of xdist does it."""
    wanted = set(indices)
    with queue.lock() as items:
        stolen = [item for item in items if item in wanted]
        if len(stolen) != len(wanted):
            return []
        queue.replace(item for item in items if item not in wanted)
        return stolen


def filled(*items: object) -> Claims:
    queue = Claims()
    for item in items:
        queue.put(item)
    return queue


def test_what_is_claimed_is_still_given_to_the_loop_first_and_in_order() -> None:
    queue = filled(1, 2, 3, 4)
    assert queue.get() == 1
    assert [queue.claim(), queue.claim()] == [2, 3]
    queue.put(5)
    assert [queue.get() for _ in range(4)] == [2, 3, 4, 5]
    assert queue.claim() is None


def test_the_end_of_the_queue_is_never_claimed() -> None:
    queue = filled(1, Marker.SHUTDOWN)
    assert queue.claim() == 1
    assert queue.claim() is None
    assert [queue.get(), queue.get()] == [1, Marker.SHUTDOWN]


def test_what_is_claimed_cannot_be_taken_back(monkeypatch) -> None:
    monkeypatch.setattr(module, "_PAUSE_S", 0)
    queue = filled(1, 2, 3, 4)
    assert queue.claim() == 1
    assert steal(queue, [1, 4]) == []
    assert steal(queue, [3, 4]) == [3, 4]
    assert [queue.get(), queue.get()] == [1, 2]


def test_who_asks_in_vain_waits_for_a_change_before_the_next_try(monkeypatch) -> None:
    """xdist asks again as soon as it is refused: two processes would do nothing else."""
    monkeypatch.setattr(module, "_PAUSE_S", 60)
    queue, refused, happened = filled(1, 2), threading.Event(), []
    queue.claim()

    def ask() -> None:
        for _ in range(2):
            assert steal(queue, [1, 2]) == []
            happened.append("refused")
            refused.set()

    thief = threading.Thread(target=ask, daemon=True)
    thief.start()
    assert refused.wait(30)
    happened.append("got")
    assert queue.get() == 1
    thief.join(30)
    assert happened == ["refused", "got", "refused"]


def test_the_loop_waits_for_what_comes_also_when_all_was_claimed() -> None:
    queue, got = filled(1), []
    assert queue.claim() == 1
    loop = threading.Thread(target=lambda: got.extend(queue.get() for _ in range(2)), daemon=True)
    loop.start()
    queue.put(2)
    loop.join(30)
    assert got == [1, 2]


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(1, 4)),
        st.tuples(st.just("steal"), st.integers(1, 6)),
        st.tuples(st.sampled_from(["claim", "get"]), st.just(0)),
    ),
    max_size=60,
)


@given(acts=ACTS)
def test_no_index_is_lost_or_given_twice(acts: list[tuple[str, int]]) -> None:
    """Whatever the order of events: each index is run here once, or taken back once."""
    queue = Claims()
    sent: list[int] = []
    mine: list[int] = []
    ran: list[int] = []
    taken: list[int] = []

    def put(count: int) -> None:
        for _ in range(count):
            sent.append(len(sent))
            queue.put(sent[-1])

    def steal_last(count: int) -> None:
        # The controller knows what was sent and not reported.
        known = [index for index in sent if index not in ran and index not in taken]
        taken.extend(steal(queue, known[-count:]))

    def claim(_: int) -> None:
        index = queue.claim()
        if index is not None:
            mine.append(index)

    def get(_: int) -> None:
        if len(ran) + len(taken) < len(sent):
            ran.append(queue.get())

    do: dict[str, Callable[[int], None]] = {
        "put": put, "steal": steal_last, "claim": claim, "get": get,
    }  # fmt: skip
    pause, module._PAUSE_S = module._PAUSE_S, 0
    try:
        for name, count in acts:
            do[name](count)
        while len(ran) + len(taken) < len(sent):
            get(0)
    finally:
        module._PAUSE_S = pause
    assert sorted(ran + taken) == sent
    assert ran == sorted(ran)
    assert not set(mine) & set(taken)


def test_many_threads_share_out_each_index_once(monkeypatch) -> None:
    """The controller puts and steals in one thread while the loop claims and gets in another."""
    monkeypatch.setattr(module, "_PAUSE_S", 0)
    queue, taken, ran = Claims(), [], []

    def control() -> None:
        for index in range(2000):
            queue.put(index)
            if index % 5 == 4:
                taken.extend(steal(queue, [index - 1, index]))
        queue.put(Marker.SHUTDOWN)

    controller = threading.Thread(target=control, daemon=True)
    controller.start()
    while (item := queue.get()) is not Marker.SHUTDOWN:
        ran.append(item)
        queue.claim()
    controller.join(30)
    assert sorted(ran + taken) == list(range(2000))
    assert not set(ran) & set(taken)


def config_with(*plugins: object) -> pytest.Config:
    manager = SimpleNamespace(get_plugins=lambda: plugins)
    return SimpleNamespace(pluginmanager=manager)  # type: ignore[return-value]


def test_the_queue_of_xdist_is_the_one_that_is_replaced() -> None:
    if not hasattr(xdist.remote, "TestQueue"):
        pytest.skip("this xdist keeps a plain queue, and nothing is claimed")
    from xdist.remote import TestQueue, WorkerInteractor

    assert set(TestQueue.__dict__) >= module._METHODS
    worker = SimpleNamespace(torun=TestQueue(SimpleNamespace(RLock=threading.RLock, Event=threading.Event)))  # fmt: skip
    claims = install_claims(config_with(SimpleNamespace(), worker))
    assert worker.torun is claims
    assert hasattr(WorkerInteractor, "steal")


@pytest.mark.parametrize("queue", [None, [], SimpleNamespace(get=1, put=1)])
def test_another_kind_of_queue_is_left_alone(queue: object) -> None:
    worker = SimpleNamespace(torun=queue)
    assert install_claims(config_with(worker)) is None
    assert worker.torun is queue
