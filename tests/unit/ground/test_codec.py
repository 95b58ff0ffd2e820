from __future__ import annotations

import pytest

from pytest_reqflo.artifact.model import (
    Artifact,
    AssertionSpec,
    BasicAuth,
    FormBody,
    InputDeclaration,
    JsonBody,
    MultipartBody,
    MultipartPart,
    PollSpec,
    RequestSpec,
    RetrySpec,
    StepSpec,
)
from pytest_reqflo.codec import CodecError, from_json, to_json
from pytest_reqflo.lang.expression import (
    CallExpression,
    ListValue,
    LiteralValue,
    ObjectValue,
    PathExpression,
    Pipe,
    TextValue,
)

ORDER = PathExpression("steps", ("create", "body", "items", 0), (Pipe("json"),))
ARTIFACT = Artifact(
    journey_id="j",
    steps=(
        StepSpec(
            id="create",
            name="Create",
            request=RequestSpec(
                method="POST",
                url=TextValue(("/orders/", ORDER, "/x")),
                body=JsonBody(
                    value=ObjectValue(
                        {"a": ListValue((LiteralValue(None), CallExpression("uuid")))}
                    )
                ),
                auth=BasicAuth(
                    username=LiteralValue("u"), password=PathExpression("secrets", ("P",))
                ),
            ),
            assertions=(AssertionSpec(type="status_code", index=0, expected=LiteralValue(201)),),
            retry=RetrySpec(count=2),
        ),
        StepSpec(
            id="poll",
            name="Poll",
            request=RequestSpec(
                method="GET",
                url=LiteralValue("/"),
                body=MultipartBody(
                    parts=(MultipartPart(name="f", value=LiteralValue({"kind": "x"})),)
                ),
            ),
            poll=PollSpec(until=(AssertionSpec(type="value", index=0, schema={"type": "object"}),)),
        ),
        StepSpec(
            id="form",
            name="Form",
            request=RequestSpec(method="POST", url=LiteralValue("/"), body=FormBody(fields={})),
        ),
    ),
    inputs=(InputDeclaration(name="n", has_default=True, default=False),),
)


def test_an_artifact_survives_its_json_form():
    assert from_json(Artifact, to_json(ARTIFACT)) == ARTIFACT


def test_defaults_are_left_out_and_tags_are_kept():
    assert to_json(InputDeclaration(name="n")) == {"name": "n"}
    assert to_json(InputDeclaration(name="n", has_default=True, default=False)) == {
        "name": "n",
        "has_default": True,
        "default": False,
    }
    assert to_json(LiteralValue(None)) == {"value": None, "kind": "literal"}


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({}, "$"),
        ([], "$"),
        ({"journey_id": "j", "steps": {}}, "$.steps"),
        ({"journey_id": 1, "steps": []}, "$.journey_id"),
        ({"journey_id": "j", "steps": [], "unknown": 1}, "$"),
        (
            {"journey_id": "j", "steps": [{"id": "a", "name": "b", "request": {"kind": 1}}]},
            "$.steps[0]",
        ),
        ({"journey_id": "j", "steps": [], "format": True}, "$.format"),
        (
            {"journey_id": "j", "steps": [], "settings": {"on_failure": "x"}},
            "$.settings.on_failure",
        ),
    ],
)
def test_a_document_of_another_shape_is_refused_with_its_place(document, place):
    with pytest.raises(CodecError) as caught:
        from_json(Artifact, document)
    assert str(caught.value).startswith(place)
