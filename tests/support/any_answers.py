"""Answers, assertions and outputs of every kind, for tests that hold whatever they are."""

from __future__ import annotations

import json

from hypothesis import strategies as st
from journeys import implicit, output, value
from json_texts import ACCEPTED, EITHER, REFUSED
from naughty import NAUGHTY

from pytest_reqflo.artifact.model import AssertionSpec
from pytest_reqflo.lang.expression import LiteralValue

# NUL and line ends cannot arrive in a header; anything else can.
HEADER_TEXTS = st.one_of(st.text(max_size=30), st.sampled_from(NAUGHTY))
HEADERS = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from(["Content-Type", "Set-Cookie", "Location", "X-A", "Authorization", "Content-Encoding", "Retry-After", "Date"]),
            HEADER_TEXTS,
        ),
        st.one_of(
            st.sampled_from(["application/json", "text/plain; charset=utf-16", "a=b; Expires=x; Max-Age=9", "image/png", "charset=idna", ";;;"]),
            HEADER_TEXTS,
        ),
    ),
    max_size=6,
)  # fmt: skip


def _trees(floats):
    return st.recursive(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            floats,
            st.text(max_size=10),
            st.sampled_from(NAUGHTY),
        ),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.dictionaries(
                st.one_of(st.sampled_from(["id", "token", "a", ""]), st.text(max_size=5)),
                inner,
                max_size=4,
            ),
        ),
        max_leaves=15,
    )


WRITTEN = _trees(st.floats(allow_nan=False, allow_infinity=False))
ANSWERED = _trees(st.floats())
TEXTS = [*(text for text, _ in ACCEPTED.values()), *REFUSED.values(), *EITHER.values()]
BODIES = st.one_of(
    st.binary(max_size=200),
    st.sampled_from([text for text in TEXTS if len(text) < 10_000]),
    ANSWERED.map(lambda tree: json.dumps(tree).encode()),
    st.sampled_from(NAUGHTY).map(lambda text: text.encode("utf-8", "surrogatepass")),
)
OPERATORS = st.sampled_from(
    ["equals", "not_equals", "contains", "greater_than", "matches", "in", "has_type", "has_length", "is_empty", "exists", "starts_with"]
)  # fmt: skip
EXPECTED = st.one_of(
    WRITTEN.filter(lambda tree: tree is not None), st.sampled_from(["object", "^a", "("])
)


CHECKS = st.lists(
    st.one_of(
        st.builds(
            AssertionSpec, type=st.just("json_path"), index=st.just(0), operator=OPERATORS, expected=EXPECTED.map(LiteralValue),
            target=st.sampled_from(["$", "$.id", "$..a", "$[*]", "$[?@.a]", "$[?match(@, $.id)]", "$[-1]"]),
        ),
        st.builds(AssertionSpec, type=st.just("header"), index=st.just(0), operator=OPERATORS, target=st.sampled_from(["x-a", "date"]), expected=EXPECTED.map(LiteralValue)),
        st.builds(AssertionSpec, type=st.just("status_code"), index=st.just(0), operator=st.just("equals"), expected=st.one_of(st.integers(), st.text(max_size=5)).map(LiteralValue)),
        st.builds(AssertionSpec, type=st.sampled_from(["body_equals", "body_contains"]), index=st.just(0), expected=EXPECTED.map(LiteralValue)),
        st.builds(
            AssertionSpec, type=st.just("json_schema"), index=st.just(0), operator=st.just("matches"),
            schema=st.sampled_from([{"type": "object", "required": ["id"]}, {"items": {"type": "string", "pattern": "^a"}}, {"uniqueItems": True, "format": "date"}]),
        ),
        st.just(AssertionSpec(type="value", index=0, value=value("{{ response.body }}"), operator="exists")),
    ),
    max_size=4,
)  # fmt: skip
OUTPUTS = (
    output("a", "body.id"),
    output("b", "$..token"),
    output("c", "headers.x-a", pattern="(a|b)"),
    output("d", "cookies.a"),
    implicit("body.a[0]"),
)
