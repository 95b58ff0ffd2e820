"""A replay says what the run said, or that it cannot tell; never anything else."""

from __future__ import annotations

import json

from any_answers import BODIES, CHECKS, HEADERS, OUTPUTS, WRITTEN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journeys import attempt, plan, response, step
from replays import recorded_run

from pytest_reqflo.artifact.model import AssertionSpec
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.run.replay import replay
from pytest_reqflo.secret import Secret

HIDDEN = "hidden-4711"
NUMBER = 47114711

_PIECES = st.one_of(
    st.sampled_from([HIDDEN, f"a {HIDDEN}", f"{HIDDEN}b", f"x{HIDDEN}{HIDDEN}", NUMBER, "a", "", "b", None, True, 7]),
)  # fmt: skip
_TREES = st.recursive(
    _PIECES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["id", "token", "a", "b", HIDDEN]), inner, max_size=4),
    ),
    max_leaves=8,
)
_OPERATORS = st.sampled_from([
    "exists", "not_exists", "equals", "not_equals", "contains", "not_contains", "greater_than", "less_or_equal", "matches",
    "not_matches", "starts_with", "ends_with", "in", "not_in", "has_type", "has_length", "is_empty", "not_empty",
])  # fmt: skip
_WANTED = st.one_of(
    _TREES.filter(lambda tree: tree is not None),
    st.sampled_from(["string", "number", ["string", "object"], "hid", "4711", "[sens", "^a", 11, 1]),
)  # fmt: skip
_SCHEMAS = st.sampled_from([
    {"type": "string"}, {"type": "object", "required": ["id"]}, {"properties": {"token": {"type": "string"}}},
    {"properties": {"a": {"pattern": "^h"}}}, {"properties": {"id": {"minimum": 5}}}, {"maxProperties": 2},
    {"additionalProperties": {"type": "string"}}, {"items": {"const": HIDDEN}},
])  # fmt: skip
_ABOUT_HIDDEN = st.lists(
    st.one_of(
        st.builds(
            AssertionSpec,
            type=st.just("json_path"),
            index=st.just(0),
            operator=_OPERATORS,
            target=st.sampled_from(["$", "$.id", "$.token", "$..a", "$[*]", "$[0]", "$[?@.a]", "$.*"]),
            expected=_WANTED.map(LiteralValue),
        ),
        st.builds(
            AssertionSpec,
            type=st.sampled_from(["body_equals", "body_contains", "body_matches"]),
            index=st.just(0),
            expected=_WANTED.map(LiteralValue),
        ),
        st.builds(
            AssertionSpec,
            type=st.just("header"),
            index=st.just(0),
            operator=_OPERATORS,
            target=st.sampled_from(["x-a", "x-b", "set-cookie"]),
            expected=_WANTED.map(LiteralValue),
        ),
        st.builds(
            AssertionSpec,
            type=st.just("cookie"),
            index=st.just(0),
            operator=_OPERATORS,
            target=st.just("sid"),
            expected=_WANTED.map(LiteralValue),
        ),
        st.builds(
            AssertionSpec,
            type=st.just("json_schema"),
            index=st.just(0),
            operator=st.just("matches"),
            schema=_SCHEMAS,
        ),
    ),
    min_size=1,
    max_size=5,
)  # fmt: skip


def _redactor() -> Redactor:
    redactor = Redactor()
    redactor.add_secret(Secret("KEY", HIDDEN))
    redactor.add_value("number", NUMBER)
    return redactor


def _verdicts(spec, tried) -> list[tuple[str, str]]:
    """Return the verdict of the replay and the one of the record, for each check."""
    recorded = recorded_run(spec, tried)
    (replayed,) = replay(plan(spec).artifact, recorded, plan(spec).artifact).steps
    checks = [check for check in replayed.checks if check.kind == "assertion"]
    assert len(checks) == len(tried.result.checks)
    return [
        (check.verdict, "passed" if was.passed else "failed")
        for check, was in zip(checks, tried.result.checks, strict=True)
    ]


@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(200, 599), HEADERS, BODIES, CHECKS)
def test_the_replay_of_an_unedited_run_says_the_same(status, headers, body, checks) -> None:
    spec = step("a", "/", assertions=tuple(checks), outputs=OUTPUTS)
    for verdict, was in _verdicts(spec, attempt(spec, response(body, status, headers))):
        assert verdict in (was, "undecidable")


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(_TREES, st.sampled_from(["a", HIDDEN, f"a={HIDDEN}"]), _ABOUT_HIDDEN)
def test_whatever_is_hidden_no_verdict_is_guessed(body, header, checks) -> None:
    spec = step("a", "/", assertions=tuple(checks))
    headers = [("X-A", header), ("Set-Cookie", f"sid={header}; Path=/")]
    answer = response(json.dumps(body), 200, headers)
    for verdict, was in _verdicts(spec, attempt(spec, answer, redactor=_redactor())):
        assert verdict in (was, "undecidable")


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(WRITTEN, CHECKS)
def test_where_nothing_is_hidden_everything_is_decided(body, checks) -> None:
    spec = step("a", "/", assertions=tuple(checks))
    tried = attempt(spec, response(json.dumps(body), 200))
    if "[sensitive:" in json.dumps(recorded_run(spec, tried).to_json()):
        return
    for verdict, was in _verdicts(spec, tried):
        assert verdict == was
