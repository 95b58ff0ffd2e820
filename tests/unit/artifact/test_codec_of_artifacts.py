from __future__ import annotations

import json

import pytest

from pytest_reqflo.artifact.codec import (
    artifact_digest,
    artifact_id,
    from_bytes,
    journey_short_id,
    to_bytes,
)
from pytest_reqflo.artifact.model import (
    Artifact,
    AssertionSpec,
    BasicAuth,
    BytesBody,
    ConditionSpec,
    FormBody,
    InputDeclaration,
    JsonBody,
    MultipartBody,
    MultipartPart,
    OutputSpec,
    PollSpec,
    RequestSpec,
    RetrySpec,
    RunSettings,
    StepSpec,
    TextBody,
    VariableDeclaration,
)
from pytest_reqflo.errors import ArtifactError
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.values import digest_of


def value(data):
    parsed, problems = parse_value(data)
    assert problems == ()
    return parsed


def request(body=None, **others):
    return RequestSpec(method="POST", url=value("/o/{id}/{{ me.x }}"), body=body, **others)


BODIES = (
    JsonBody(value=value({"a": [1, 1.5, None, True, "{{ uuid() | upper }}"], "kind": "literal"})),
    FormBody(fields={"a": value(["x", "{{ inputs.a }}"]), "b": value(None)}),
    MultipartBody(
        parts=(
            MultipartPart(name="f", blob=digest_of(b"x")),
            MultipartPart(name="v", value=value(1)),
        )
    ),
    TextBody(text=value("hello {{ env.name }}")),
    BytesBody(blob=digest_of(b"x"), filename="x.bin"),
)

WHOLE = Artifact(
    journey_id="orders",
    steps=tuple(
        StepSpec(
            id=f"s{number}",
            name=f"step {number}",
            request=request(
                body,
                path_params={"id": value("{{ steps.s0.body.a[0]['odd key'] | default(1) }}")},
                auth=BasicAuth(username=value("ada"), password=value("{{ secrets.P }}")),
                jar=None,
                removed_headers=("accept",),
            ),
            assertions=(
                AssertionSpec(type="status_code", index=0, expected=value([200, "3xx"])),
                AssertionSpec(type="json_schema", index=1, schema={"type": "object"}),
                AssertionSpec(type="json_path", index=2, target="$", expected=value(None)),
                AssertionSpec(
                    type="value", index=3, value=value("{{ response.status }}"), soft=True
                ),
            ),
            outputs=(
                OutputSpec(name="body.a[0]", source="body", path=("a", 0), is_declared=False),
            ),
            retry=RetrySpec(count=2, on=("error",)),
            when=ConditionSpec(value=value(True)),
            clear_cookies=("default",),
        )
        for number, body in enumerate(BODIES)
    ),
    finally_steps=(
        StepSpec(
            id="f",
            name="f",
            request=request(),
            poll=PollSpec(until=(AssertionSpec(type="status_code", index=0, expected=value(200)),)),
        ),
    ),
    inputs=(InputDeclaration(name="a", has_default=True, default={"x": [None]}),),
    variables=(
        VariableDeclaration(name="v", source="value", key="v", value=value("{{ run.id }}")),
    ),
    settings=RunSettings(timeout_s=5.0),
    secrets=("P",),
    blobs=(digest_of(b"x"),),
)


def test_an_artifact_is_the_same_after_its_bytes():
    assert from_bytes(to_bytes(WHOLE)) == WHOLE


def test_its_bytes_are_canonical_json_without_defaults():
    text = to_bytes(Artifact(journey_id="a", steps=())).decode()
    assert text == '{"format":1,"journey_id":"a","steps":[]}'


def test_digest_and_names_follow_from_the_bytes():
    digest = artifact_digest(WHOLE)
    assert digest == digest_of(to_bytes(WHOLE))
    assert artifact_id(digest) == f"artifact_{digest[:12]}"
    assert journey_short_id("orders") == f"jrn_{digest_of(b'orders')[:8]}"


def altered(**changes):
    return json.dumps({**json.loads(to_bytes(WHOLE)), **changes}).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b"null",
        b'{"format":1}',
        b"[" * 100_000,
        to_bytes(WHOLE)[:-1],
        altered(format=2),
        altered(format=True),
        altered(format="1"),
        altered(unknown=1),
        altered(journey_id=None),
        altered(steps={}),
        altered(steps=[None]),
        altered(
            steps=[{"id": "a", "name": "a", "request": {"method": "GET", "url": {"kind": "x"}}}]
        ),
        altered(settings={"on_failure": []}),
        altered(settings={"on_failure": {}}),
        altered(inputs=[{"name": "a", "type": ["any"]}]),
        altered(variables=[{"name": "v", "source": "value", "key": "v", "value": {"kind": []}}]),
    ],
)
def test_anything_else_is_refused_with_our_error(content):
    with pytest.raises(ArtifactError) as caught:
        from_bytes(content)
    assert [item.code for item in caught.value.diagnostics] == ["RF601"]
