"""The hash chain of a run, and what a verification names when the record was altered."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.engine.durable.ledger import (
    Fault,
    LedgerEntry,
    StepEntry,
    chain_next,
    chain_of,
    chain_start,
    find_faults,
    mac_input,
)
from pytest_reqflo.values import canonical_json, digest_of

RUN = "01JQ7"
IDENTITY = ("reqflo-exec-1", "a" * 64, RUN, 1, "b" * 64)
TIMES = ("2026-01-02T03:04:05Z", "2026-01-02T03:04:09Z")


def sign(data):
    return "11223344." + hmac.new(b"results key", data, hashlib.sha256).hexdigest()


def check_mac(data, mac):
    if not mac.startswith("11223344."):
        return "unknown key"
    return "verified" if sign(data) == mac else "wrong"


def make_document(*step_ids, outcome="passed"):
    steps = [{"id": step, "outcome": "passed", "elapsed_s": 0.5} for step in step_ids]
    return {"identity": {"run_id": RUN}, "outcome": outcome, "steps": steps}


def make_record(document, outcome=None):
    """Write *document* as a store would."""
    chain = chain_of(chain_start(*IDENTITY), document["steps"])
    outcome = outcome or document["outcome"]
    signed = mac_input(chain[-1], outcome, *TIMES, digest_of(canonical_json(document)))
    entry = LedgerEntry(
        execution_format=IDENTITY[0],
        artifact=IDENTITY[1],
        run_id=IDENTITY[2],
        attempt=IDENTITY[3],
        inputs_digest=IDENTITY[4],
        outcome=outcome,
        started_at=TIMES[0],
        finished_at=TIMES[1],
        head=chain[-1],
        mac=sign(signed),
    )
    rows = tuple(
        StepEntry(
            number=number, step_id=step["id"], outcome=step["outcome"], document=step, hash=link
        )
        for number, (step, link) in enumerate(zip(document["steps"], chain[1:], strict=True), 1)
    )
    return entry, rows


DOCUMENT = make_document("login", "pay", "read", "logout")
ENTRY, ROWS = make_record(DOCUMENT)


def faults_of(entry=ENTRY, rows=ROWS, document=DOCUMENT):
    faults = find_faults(entry, rows, document, check_mac)
    return [(fault.kind, fault.step) for fault in faults]


def replace_row(number, **changes):
    return tuple(
        dataclasses.replace(row, **changes) if row.number == number else row for row in ROWS
    )


def replace_step(number, **changes):
    steps = [
        {**step, **changes} if at == number else step
        for at, step in enumerate(DOCUMENT["steps"], 1)
    ]
    return {**DOCUMENT, "steps": steps}


# --- the exact bytes -----------------------------------------------------------------------------


def test_the_chain_is_as_written_down():
    start = hashlib.sha256(b'["reqflo-exec-1","art","run-1",2,"inp"]').hexdigest()
    first = hashlib.sha256(start.encode() + b'{"a":1,"b":"\xc3\xa4"}').hexdigest()
    second = hashlib.sha256(first.encode() + b"[]").hexdigest()

    assert chain_start("reqflo-exec-1", "art", "run-1", 2, "inp") == start
    assert chain_next(start, {"b": "ä", "a": 1}) == first
    assert chain_of(start, [{"a": 1, "b": "ä"}, []]) == (start, first, second)
    assert chain_of(start, []) == (start,)


def test_the_chain_of_the_first_release_is_unchanged():
    assert (
        chain_of(chain_start(*IDENTITY), DOCUMENT["steps"])[-1]
        == "4d6a6910556338a7b3cef584a0c9b3d584abf214a7cf43cb21f744aee9cfbf03"
    )


def test_the_signed_bytes_are_as_written_down():
    assert mac_input("head", "passed", "from", "to", "digest") == (
        b'["result-1","head","passed","from","to","digest"]'
    )


@given(st.lists(st.tuples(*[st.text(max_size=3)] * 5), min_size=2, max_size=2, unique=True))
def test_different_results_have_different_signed_bytes(pair):
    assert mac_input(*pair[0]) != mac_input(*pair[1])


@given(st.lists(st.dictionaries(st.text(), st.integers() | st.text()), max_size=5))
def test_a_chain_goes_on_where_it_ended(steps):
    chain = chain_of("0" * 64, steps)

    for cut in range(len(steps) + 1):
        assert chain[cut:] == chain_of(chain[cut], steps[cut:])


# --- a record as it was written ------------------------------------------------------------------


@given(st.lists(st.text(), max_size=6), st.sampled_from(["passed", "failed", "error"]))
def test_a_record_as_it_was_written_has_no_faults(step_ids, outcome):
    document = make_document(*step_ids, outcome=outcome)
    entry, rows = make_record(document)

    assert find_faults(entry, rows[::-1], document, check_mac) == ()


def test_a_document_without_steps_needs_no_list_of_them():
    entry, _ = make_record(make_document())
    document = {"identity": {"run_id": RUN}, "outcome": "passed"}
    signed = mac_input(entry.head, "passed", *TIMES, digest_of(canonical_json(document)))

    assert faults_of(dataclasses.replace(entry, mac=sign(signed)), (), document) == []


@pytest.mark.parametrize("row_outcome", ["cancelled", "lost"])
@pytest.mark.parametrize("outcome", ["interrupted", "error"])
def test_a_run_ended_from_outside_is_interrupted_or_an_error_in_its_document(row_outcome, outcome):
    document = make_document("login", outcome=outcome)

    assert faults_of(*make_record(document, row_outcome), document) == []


# --- one thing altered ---------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "changes",
    [
        {"document": {**DOCUMENT["steps"][0], "elapsed_s": 9}},
        {"document": None},
        {"outcome": "failed"},
        {"step_id": "other"},
        {"hash": "0" * 64},
        {"hash": ""},
    ],
    ids=["document", "no document", "outcome", "id", "hash", "no hash"],
)
def test_an_altered_step_row_is_named(number, changes):
    assert faults_of(rows=replace_row(number, **changes)) == [("step altered", number)]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_missing_step_row_is_named(number):
    rows = tuple(row for row in ROWS if row.number != number)

    assert faults_of(rows=rows) == [("step missing", number)]


@pytest.mark.parametrize("number", [-1, 0, 5, 10**12])
def test_an_extra_step_row_is_named(number):
    rows = (*ROWS, dataclasses.replace(ROWS[0], number=number))

    assert faults_of(rows=rows) == [("step extra", number)]


def test_a_second_row_of_one_number_is_named():
    assert faults_of(rows=(*ROWS, dataclasses.replace(ROWS[1], outcome="failed"))) == [
        ("step extra", 2)
    ]


def test_two_rows_that_changed_places_are_named():
    third = dataclasses.replace(ROWS[2], number=2)
    second = dataclasses.replace(ROWS[1], number=3)

    assert faults_of(rows=(ROWS[0], third, second, ROWS[3])) == [
        ("step altered", 2),
        ("step altered", 3),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"artifact": "c" * 64},
        {"run_id": "01JQ8"},
        {"attempt": 2},
        {"inputs_digest": "c" * 64},
        {"execution_format": "reqflo-exec-2"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_another_identity_is_named(changes):
    assert faults_of(dataclasses.replace(ENTRY, **changes)) == [("identity", None)]


def test_another_head_is_named():
    assert faults_of(dataclasses.replace(ENTRY, head="0" * 64)) == [("head", None), ("mac", None)]


def test_another_outcome_in_the_row_is_named():
    altered = dataclasses.replace(ENTRY, outcome="failed")

    assert faults_of(altered) == [("outcome", None), ("mac", None)]


def test_another_outcome_in_the_document_is_named():
    altered = {**DOCUMENT, "outcome": "failed"}

    assert faults_of(document=altered) == [("outcome", None), ("mac", None)]


@pytest.mark.parametrize("row_outcome", ["cancelled", "lost"])
def test_a_run_ended_from_outside_has_not_passed(row_outcome):
    document = make_document("login")

    assert faults_of(*make_record(document, row_outcome), document) == [("outcome", None)]


@pytest.mark.parametrize("changes", [{"started_at": "2026"}, {"finished_at": "2026"}])
def test_other_times_are_found(changes):
    assert faults_of(dataclasses.replace(ENTRY, **changes)) == [("mac", None)]


def test_anything_else_altered_in_the_document_is_found():
    assert faults_of(document={**DOCUMENT, "notices": ["all is well"]}) == [("mac", None)]


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_step_altered_in_the_document_only_is_named(number):
    altered = replace_step(number, elapsed_s=9)

    assert faults_of(document=altered) == [("document", number), ("mac", None)]


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_steps_cut_off_from_the_document_are_named(kept):
    altered = {**DOCUMENT, "steps": DOCUMENT["steps"][:kept]}

    cut = [("document", number) for number in range(kept + 1, 5)]
    assert faults_of(document=altered) == [*cut, ("mac", None)]


@pytest.mark.parametrize("document", [None, [], "text", {}, {"steps": 1}, {"steps": {"a": 1}}])
def test_a_document_that_is_none_is_found(document):
    rows = [("document", number) for number in range(1, 5)]

    assert faults_of(document=document) == [*rows, ("outcome", None), ("mac", None)]


# --- more than one thing altered -----------------------------------------------------------------


def test_a_step_altered_in_row_and_document_is_named():
    altered = replace_step(2, elapsed_s=9)

    assert faults_of(rows=replace_row(2, document=altered["steps"][1]), document=altered) == [
        ("step altered", 2),
        ("mac", None),
    ]


def test_a_step_removed_from_rows_and_document_is_found():
    document = {**DOCUMENT, "steps": DOCUMENT["steps"][:3]}

    assert faults_of(rows=ROWS[:3], document=document) == [("head", None), ("mac", None)]


def test_a_row_that_is_missing_beside_an_altered_document_is_named():
    rows = tuple(row for row in ROWS if row.number != 2)

    assert faults_of(rows=rows, document=replace_step(4, elapsed_s=9)) == [
        ("step missing", 2),
        ("document", 4),
        ("mac", None),
    ]


def test_a_record_written_anew_without_the_key_is_found_by_its_mac():
    document = replace_step(2, elapsed_s=9)
    entry, rows = make_record(document)

    assert faults_of(dataclasses.replace(entry, mac=ENTRY.mac), rows, document) == [("mac", None)]


@given(st.data())
def test_no_single_change_goes_unseen(data):
    """Whatever column of whatever row is altered, something is named."""
    row = data.draw(st.sampled_from([ENTRY, *ROWS]))
    field = data.draw(st.sampled_from([field.name for field in dataclasses.fields(row)]))
    old = getattr(row, field)
    values = {int: st.integers(0, 9), str: st.text(max_size=5), dict: st.just({})}[type(old)]
    altered = dataclasses.replace(row, **{field: data.draw(values.filter(lambda new: new != old))})

    rows = tuple(altered if other is row else other for other in ROWS)
    assert faults_of(altered if row is ENTRY else ENTRY, rows) != []


# --- the sentences -------------------------------------------------------------------------------


def test_each_fault_is_a_sentence():
    entry = dataclasses.replace(ENTRY, outcome="lost", mac="99999999." + "0" * 64)
    rows = (ROWS[0], dataclasses.replace(ROWS[2], outcome="failed"), ROWS[3], ROWS[3])

    assert find_faults(entry, rows, DOCUMENT, check_mac) == (
        Fault(
            kind="step missing", run_id=RUN, sentence="step row 2 of run `01JQ7` is missing", step=2
        ),
        Fault(
            kind="step altered",
            run_id=RUN,
            sentence="step row 3 of run `01JQ7` was altered",
            step=3,
        ),
        Fault(
            kind="step extra", run_id=RUN, sentence="step row 4 of run `01JQ7` was added", step=4
        ),
        Fault(
            kind="outcome",
            run_id=RUN,
            sentence="the outcome of run `01JQ7` is `lost` in its row and `passed` in its document",
        ),
        Fault(
            kind="unknown key",
            run_id=RUN,
            sentence="the MAC of run `01JQ7` was made with the key `99999999`, which is not here",
        ),
    )


@pytest.mark.parametrize(
    ("entry", "document", "sentence"),
    [
        (
            dataclasses.replace(ENTRY, attempt=2),
            DOCUMENT,
            "the chain of run `01JQ7` began with another artifact, id, attempt or inputs",
        ),
        (
            dataclasses.replace(ENTRY, head="0" * 64),
            DOCUMENT,
            "the head of the chain of run `01JQ7` does not follow from its steps",
        ),
        (
            ENTRY,
            replace_step(3, elapsed_s=9),
            "step row 3 of run `01JQ7` is not what the result document holds",
        ),
        (
            dataclasses.replace(ENTRY, started_at=""),
            DOCUMENT,
            "the MAC of run `01JQ7` does not fit its head, outcome, times and document",
        ),
    ],
)
def test_what_is_wrong_with_the_whole_record_is_a_sentence(entry, document, sentence):
    assert find_faults(entry, ROWS, document, check_mac)[0].sentence == sentence


def test_what_a_record_holds_cannot_steer_a_terminal():
    entry = dataclasses.replace(ENTRY, run_id="\x1b[2J", outcome="\n", mac="\x1b.0")

    faults = find_faults(entry, ROWS, DOCUMENT, check_mac)

    assert [fault.kind for fault in faults] == ["identity", "outcome", "unknown key"]
    assert all(fault.sentence.isprintable() for fault in faults)
