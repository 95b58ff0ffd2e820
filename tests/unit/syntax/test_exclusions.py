"""Keys that exclude each other are named with both places; a missing alternative is named too."""

from __future__ import annotations

import pytest

from pytest_reqflo.errors import JourneyError
from pytest_reqflo.source import SourceText
from pytest_reqflo.syntax.explain import validate
from pytest_reqflo.syntax.load import parse_yaml
from pytest_reqflo.syntax.model import JourneyDocument, TemplateModel

STEP = "journey: {{name: x, steps: [{{id: a, {}}}]}}"
JOURNEY = "journey: {{name: x, steps: [{{}}], {}}}"
POLL = "{until: [{type: status_code, expected: 200}]}"


def problems(text: str, model: type = JourneyDocument) -> list:
    document, _ = parse_yaml(SourceText("f.yaml", text))
    with pytest.raises(JourneyError) as caught:
        validate(document, model)
    return [(item.code, item.title) for item in caught.value.diagnostics]


@pytest.mark.parametrize(
    ("frame", "text", "title"),
    [
        (STEP, f"retry: {{count: 1}}, poll: {POLL}", "`retry` and `poll` exclude each other in step `a`"),
        (STEP, "request: get-x, template: get-y", "`request` and `template` exclude each other in step `a`"),
        (STEP, "request: {json: 1, text: x}",
         "`json` and `text` exclude each other in `request` of step `a`"),
        (STEP, "request: {auth: {bearer: x, basic: {username: a, password: b}}}",
         "`bearer` and `basic` exclude each other in `request.auth` of step `a`"),
        (STEP, "request: {multipart: [{name: p, value: 1, file: x}]}",
         "`value` and `file` exclude each other in part `p` of step `a`"),
        (STEP, "assertions: [{type: json_path, path: $, expected: null, expected_file: x}]",
         "`expected` and `expected_file` exclude each other in an assertion of step `a`"),
        (STEP, "assertions: [{type: json_schema, schema: true, file: x}]",
         "`schema` and `file` exclude each other in an assertion of step `a`"),
        (JOURNEY, "variables: [{name: v, source: me, value: 1}]",
         "`source` and `value` exclude each other in variable `v`"),
        (JOURNEY, "data: {file: x.csv, rows: []}", "`file` and `rows` exclude each other in `journey.data`"),
    ],
)  # fmt: skip
def test_two_keys_exclude_each_other(frame, text, title) -> None:
    assert problems(frame.format(text)) == [("RF112", title)]


@pytest.mark.parametrize(
    ("frame", "text", "title"),
    [
        (JOURNEY, "data: {key: id}", "`journey.data` lacks `file` or `rows`"),
        (STEP, "request: {auth: {}}", "`request.auth` of step `a` lacks `basic` or `bearer`"),
        (STEP, "request: {multipart: [{name: p}]}", "part `p` of step `a` lacks `value` or `file`"),
        (STEP, "assertions: [{type: json_schema}]", "an assertion of step `a` lacks `schema` or `file`"),
        (STEP, "assertions: [{type: body_equals}]",
         "an assertion of step `a` lacks `expected` or `expected_file`"),
    ],
)  # fmt: skip
def test_one_of_several_keys_is_needed(frame, text, title) -> None:
    assert problems(frame.format(text)) == [("RF105", title)]


def test_both_places_are_marked() -> None:
    document, _ = parse_yaml(
        SourceText("f.yaml", STEP.format(f"poll: {POLL}, retry: {{count: 1}}"))
    )
    with pytest.raises(JourneyError) as caught:
        validate(document, JourneyDocument)
    labels = caught.value.diagnostics[0].labels
    assert [(label.span.start.column, label.text) for label in labels] == [
        (89, ""),
        (36, "excludes it"),
    ]


def test_a_null_takes_an_inherited_body_away_and_excludes_nothing() -> None:
    document, _ = parse_yaml(SourceText("f.yaml", STEP.format("request: {json: null, text: x}")))
    assert validate(document, JourneyDocument).journey.steps[0].request.text == "x"


def test_exclusions_and_other_mistakes_are_told_together() -> None:
    text = "journey: {name: 1, data: {file: a, rows: [], x: 1}, steps: [{retry: 1, poll: 2}]}"
    assert [code for code, _ in problems(text)] == [
        "RF106",
        "RF112",
        "RF104",
        "RF106",
        "RF112",
        "RF106",
    ]


def test_templates_follow_the_same_rules() -> None:
    text = "{name: t, method: GET, url: /, body: {json: 1, form: {}}}"
    assert problems(text, TemplateModel) == [
        ("RF112", "`json` and `form` exclude each other in `body`")
    ]
