"""Texts, representations and exceptions without hidden values."""

from __future__ import annotations

import errno
import threading
from dataclasses import dataclass

import pytest

from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.host.exceptions import hide_exception
from pytest_reqflo.host.hiding import Hiding, hide_in
from pytest_reqflo.secret import Secret

VALUE = "s3cr3t-value/1"
MASK = "[secret:KEY]"


@pytest.fixture
def hiding() -> Hiding:
    made = Hiding()
    made.add_secret(Secret("KEY", VALUE))
    return made


def test_nothing_is_hidden_before_anything_is_known():
    made = Hiding()

    assert made.is_empty
    assert made.text(VALUE) == VALUE


def test_secrets_and_what_runs_learn_are_hidden(hiding):
    run = Redactor()
    hiding.begin_run(run)
    run.add_value("token", "captured-later")

    assert hiding.text(f"{VALUE} captured-later") == f"{MASK} [sensitive:token]"


def test_values_of_old_runs_are_forgotten_and_secrets_are_not(hiding):
    runs = [Redactor() for _ in range(33)]
    for number, run in enumerate(runs):
        hiding.begin_run(run)
        run.add_value("token", f"captured-{number:04}")
        hiding.end_run(run)

    assert hiding.text(f"{VALUE} captured-0000 captured-0001 captured-0032") == (
        f"{MASK} captured-0000 [sensitive:token] [sensitive:token]"
    )


def test_a_run_under_way_is_not_forgotten_however_many_there_are(hiding):
    runs = [Redactor() for _ in range(256)]
    for number, run in enumerate(runs):
        hiding.begin_run(run)
        run.add_value("token", f"captured-{number:04}")

    assert hiding.text("captured-0000 captured-0255") == "[sensitive:token] [sensitive:token]"

    for run in runs[1:]:
        hiding.end_run(run)

    assert hiding.text("captured-0000 captured-0001") == "[sensitive:token] captured-0001"


def test_many_ended_runs_leave_nothing_behind(hiding):
    for number in range(3_000):
        run = Redactor()
        hiding.begin_run(run)
        run.add_value("token", f"{number:08}-captured")
        hiding.end_run(run)

    known = len(hiding._beginnings._known)

    assert known < 10_000
    assert (
        hiding.text("00002999-captured 00000000-captured") == "[sensitive:token] 00000000-captured"
    )
    assert hiding.text(VALUE) == MASK


def test_texts_are_looked_through_while_runs_learn_in_another_thread(hiding):
    begun, done = threading.Event(), threading.Event()
    problems: list[str] = []

    def learn() -> None:
        for number in range(300):
            run = Redactor()
            hiding.begin_run(run)
            run.add_value("token", f"{number:08}-learned")
            shown = hiding.text(f"<{number:08}-learned>")
            problems.extend([] if shown == "<[sensitive:token]>" else [shown])
            begun.set()
            hiding.end_run(run)
        done.set()

    thread = threading.Thread(target=learn)
    thread.start()
    begun.wait()
    while not done.is_set():
        problems.extend([] if hiding.text(f"<{VALUE}>") == f"<{MASK}>" else ["secret"])
        hiding.failure_text("00000001-learned ... and more")
    thread.join()

    assert problems == []


def test_a_value_is_hidden_however_deep_it_lies(hiding):
    @dataclass
    class Shown:
        lines: list[str]
        again: object = None

    inner = Shown([f"a {VALUE}"])
    outer = Shown(["plain"], inner)

    assert hide_in(outer, hiding.text) is outer
    assert outer == Shown(["plain"], Shown([f"a {MASK}"]))
    assert hide_in((VALUE, [VALUE, {VALUE: VALUE}], 7, None), hiding.text) == (
        MASK,
        [MASK, {MASK: MASK}],
        7,
        None,
    )


def test_what_leads_back_to_itself_ends(hiding):
    loop: dict[str, object] = {"text": VALUE}
    holder = type("Holder", (), {})()
    holder.me, holder.loop = holder, loop

    hide_in(holder, hiding.text)

    assert holder.loop == {"text": MASK}


def raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as found:
        return found


class Odd(Exception):
    def __init__(self, reason: str) -> None:
        super().__init__()
        self.reason = reason

    def __str__(self) -> str:
        return f"odd: {self.reason}"


class Broken(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (ValueError(f"bad {VALUE}"), f"bad {MASK}"),
        (ValueError("bad", {"deep": VALUE}), "('bad', {'deep': '[secret:KEY]'})"),
        (KeyError(VALUE), f"'{MASK}'"),
        (OSError(errno.ENOENT, "none", f"/x/{VALUE}"), f"[Errno 2] none: '/x/{MASK}'"),
        (Odd(VALUE), f"odd: {MASK}"),
        (ValueError("plain", 7), "('plain', 7)"),
    ],
)
def test_the_text_of_an_exception_is_hidden_and_its_type_kept(hiding, error, shown):
    hide_exception(error, hiding.text)

    assert str(error).replace('"', "") == shown


def test_causes_contexts_groups_and_notes_are_hidden_too(hiding):
    inner = ValueError(VALUE)
    group = ExceptionGroup("many", [KeyError(VALUE), ValueError("plain")])
    group.add_note(f"note {VALUE}")
    error = raised(RuntimeError("outer"), raised(group, raised(inner)))

    hide_exception(error, hiding.text)

    assert str(inner) == MASK
    assert [str(each) for each in group.exceptions] == [f"'{MASK}'", "plain"]
    assert group.__notes__ == [f"note {MASK}"]


def test_an_exception_without_text_is_left_alone(hiding):
    hide_exception(Broken(VALUE), hiding.text)


def test_runs_that_learn_much_push_out_earlier_ones(hiding):
    first, second, third = Redactor(), Redactor(), Redactor()
    hiding.begin_run(first)
    first.add_value("token", "of-the-first")
    hiding.end_run(first)
    hiding.begin_run(second)
    second.add_value("list", [f"value-number-{number}" for number in range(1_000)])
    hiding.end_run(second)
    hiding.begin_run(third)
    hiding.end_run(third)

    assert hiding.text("of-the-first") == "of-the-first"


def test_the_same_properties_are_looked_through_for_what_is_known_by_then() -> None:
    hiding = Hiding()
    properties = [("reqflo.row", "row of s3cr3t-value-of-a-token")]
    hiding.add_secret(Secret("other", "an0ther-s3cret-altogether"))
    assert not hiding.may_show_in(properties)
    assert not hiding.may_show_in([])
    hiding.add_secret(Secret("token", "s3cr3t-value-of-a-token"))
    assert hiding.may_show_in(properties)
