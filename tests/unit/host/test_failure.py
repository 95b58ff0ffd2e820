"""The representation of a failure, as pytest and its workers see it."""

from __future__ import annotations

import pytest

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import ChecksFailed
from pytest_reqflo.host.failure import Failure, failure_of, failure_repr

FAILURE = Failure(
    reason="step `a`: expected 200",
    text="step `a`: expected 200\nmore \ud800",
    path="/x.yaml",
    line=4,
)


def caught() -> pytest.ExceptionInfo[ChecksFailed]:
    with pytest.raises(ChecksFailed) as excinfo:
        raise ChecksFailed(Diagnostic(code="RF501", title="t"))
    return excinfo


def test_text_and_crash_location_are_ours() -> None:
    shown = failure_repr(caught(), FAILURE)
    assert str(shown).splitlines() == ["step `a`: expected 200", "more \\ud800"]
    assert str(shown.reprcrash) == "/x.yaml:4: step `a`: expected 200"


def test_both_survive_the_way_from_a_worker() -> None:
    report = pytest.TestReport(
        nodeid="x.yaml::run",
        location=("x.yaml", 0, "x"),
        keywords={},
        outcome="failed",
        longrepr=failure_repr(caught(), FAILURE),
        when="call",
    )
    # The two hooks through which xdist sends reports.
    arrived = pytest.TestReport._from_json(report._to_json())
    assert str(arrived.longrepr.reprcrash) == "/x.yaml:4: step `a`: expected 200"
    assert arrived.longreprtext == report.longreprtext


def test_several_problems_are_all_shown_below_the_first_sentence() -> None:
    error = ChecksFailed(
        Diagnostic(code="RF301", title="one"), Diagnostic(code="RF301", title="two")
    )
    failure = failure_of(error, path="/x.yaml", line=3, heading="journey `x`: ")
    assert failure == Failure(
        reason="journey `x`: one",
        text="journey `x`: one\n\nerror[RF301]: one\n\nerror[RF301]: two",
        path="/x.yaml",
        line=3,
    )
