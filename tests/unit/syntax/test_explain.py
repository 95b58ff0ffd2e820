"""Each mistake in a file gives one message, at its place, in file order."""

from __future__ import annotations

import pytest

from pytest_reqflo.diagnostic import render_diagnostic
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.source import SourceText
from pytest_reqflo.syntax.explain import PLANNED_STEP_TYPES, RESERVED_STEP_KEYS, validate
from pytest_reqflo.syntax.load import parse_yaml
from pytest_reqflo.syntax.model import EnvironmentDocument, JourneyDocument, OverlayDocument

JOURNEY = "journey:\n  name: x\n  steps: [{{id: a}}]\n  {}\n"
STEP = "journey:\n  name: x\n  steps:\n    - id: a\n      {}\n"
CHECK = "journey:\n  name: x\n  steps:\n    - id: a\n      assertions:\n        - {}\n"

ONE_MISTAKE = [
    (JOURNEY, "ownr: t", "RF104", "unknown key `ownr` in the journey", 3, "did you mean `owner`?"),
    (JOURNEY, "version: 1.10", "RF106", "`journey.version` must be text, YAML read the number 1.1", 12,
     'write "1.10"'),
    (JOURNEY, "owner: true", "RF106", "`journey.owner` must be text, YAML read true", 10, 'write "true"'),
    (JOURNEY, "tags:", "RF106", "`journey.tags` must be a list, YAML read nothing", 8,
     "give it a value, or remove the key"),
    (JOURNEY, "tags: smoke", "RF106", "`journey.tags` must be a list, YAML read the text `smoke`", 9,
     "write [smoke]"),
    (JOURNEY, "tags: [a, 1]", "RF106", "entry 2 of `journey.tags` must be text, YAML read the number 1",
     13, 'write "1"'),
    (JOURNEY, "id: a b", "RF107", "`journey.id` cannot be `a b`", 7, "write `a-b`; letters"),
    (JOURNEY, "inputs: {a: 1}", "RF106", "`journey.inputs` must be a list, YAML read a mapping", 11,
     "begin each entry with `- `"),
    (JOURNEY, "inputs: [{name: n, type: int}]", "RF107", "`type` of input `n` cannot be `int`", 28,
     "did you mean `integer`?"),
    (JOURNEY, "cases: [{name: c, vals: {}}]", "RF104", "unknown key `vals` in case `c`", 21,
     "did you mean `values`?"),
    (JOURNEY, "cases: [{name: c, skip: [x]}]", "RF106",
     "`skip` of case `c` must be text or a mapping, YAML read a list", 27, "write `key: value`"),
    (JOURNEY, "variables: [{name: v, source: mee}]", "RF107", "`source` of variable `v` cannot be `mee`",
     33, "did you mean `me`?"),
    (JOURNEY, "settings: {serial: yes}", "RF106",
     "`journey.settings.serial` must be true or false, YAML read the text `yes`", 22,
     "write true without quotes"),
    (JOURNEY, "settings: {timeout_s: 0}", "RF107", "`journey.settings.timeout_s` must be more than 0, it is 0",
     25, ""),
    (JOURNEY, "on_failure: stop", "RF104", "unknown key `on_failure` in the journey", 3,
     "put it under `settings:`"),
    (JOURNEY, "data: [x]", "RF106", "`journey.data` must be text or a mapping, YAML read a list", 9, "write"),
    (JOURNEY, "finally: [{id: f, x: 1}]", "RF104", "unknown key `x` in finally step `f`", 21, "Keys here"),
    (STEP, "url: /x", "RF104", "unknown key `url` in step `a`", 7, "put it under `request:`"),
    (STEP, "type: http", "RF107", "`type` of step `a` cannot be `http`", 13, "did you mean `http_request`?"),
    (STEP, "when: 5", "RF106", "`when` of step `a` must be text or true or false, YAML read the number 5",
     13, ""),
    (STEP, "when: {value: 1, operator: eqals}", "RF210", "`when.operator` of step `a` cannot be `eqals`", 34,
     "did you mean `equals`?"),
    (STEP, "retry: {}", "RF105", "`retry` of step `a` lacks the required key `count`", 14, ""),
    (STEP, "retry: {cuont: 1}", "RF104", "unknown key `cuont` in `retry` of step `a`", 15,
     "did you mean `count`?"),
    (STEP, 'retry: {count: "3"}', "RF106", "`retry.count` of step `a` must be a whole number, YAML read the text `3`",
     22, "write 3 without quotes"),
    (STEP, 'retry: {count: "{{ x }}"}', "RF106",
     "`retry.count` of step `a` must be a whole number, YAML read the text `{{ x }}`", 22,
     "expressions are not possible here"),
    (STEP, "retry: {count: 1.5}", "RF106",
     "`retry.count` of step `a` must be a whole number, YAML read the number 1.5", 22, ""),
    (STEP, "retry: {count: true}", "RF106",
     "`retry.count` of step `a` must be a whole number, YAML read true", 22, ""),
    (STEP, "retry: {count: 1, on: bar}", "RF107", "`retry.on` of step `a` cannot be `bar`", 29,
     "Allowed: assertion, error"),
    (STEP, "retry: {count: 1, on: [bar]}", "RF107", "entry 1 of `retry.on` of step `a` cannot be `bar`", 30,
     "Allowed: assertion, error"),
    (STEP, "retry: {count: 1, on: 5}", "RF106",
     "`retry.on` of step `a` must be a list, `assertion` or `error`, YAML read the number 5", 29, "write [5]"),
    (STEP, "request: {follow_redirects: 99}", "RF107",
     "`request.follow_redirects` of step `a` must be at most 20, it is 99", 35, ""),
    (STEP, "request: {follow_redirects: x}", "RF106",
     "`request.follow_redirects` of step `a` must be true or false or a whole number, YAML read the text `x`",
     35, ""),
    (STEP, "request: {jar: true}", "RF106", "`request.jar` of step `a` must be false or text, YAML read true",
     22, ""),
    (STEP, "request: {jar: a b}", "RF107", "`request.jar` of step `a` cannot be `a b`", 22, "write `a-b`"),
    (STEP, "request: {method: get}", "RF107", "`request.method` of step `a` cannot be `get`", 25, "write GET"),
    (STEP, "request: {auth: {basic: {username: x}}}", "RF105",
     "`request.auth.basic` of step `a` lacks the required key `password`", 31, ""),
    (STEP, "request: {multipart: [{name: f, path: x}]}", "RF104",
     "unknown key `path` in part `f` of step `a`", 39, "Keys here"),
    (STEP, "outputs: [{name: o, path: body, sensitiv: true}]", "RF104",
     "unknown key `sensitiv` in output `o` of step `a`", 39, "did you mean `sensitive`?"),
    (STEP, "poll: {until: []}", "RF107", "`poll.until` of step `a` is an empty list, it needs an entry", 21,
     ""),
    (STEP, "poll: {until: [{type: body_contains}]}", "RF105",
     "an assertion of step `a` lacks the required key `expected`", 22, ""),
    (STEP, "values: x", "RF106", "`values` of step `a` must be a mapping, YAML read the text `x`", 15, ""),
    (STEP, "clear_cookies: {a: 1}", "RF106",
     "`clear_cookies` of step `a` must be true or false or text, YAML read a mapping", 22, ""),
    (CHECK, "{type: status_code, expcted: 3}", "RF104", "unknown key `expcted` in an assertion of step `a`",
     31, "did you mean `expected`? Keys here: type, expected, soft, message"),
    (CHECK, "{type: stats, expected: 1}", "RF210", "unknown type `stats` in an assertion of step `a`", 18,
     "did you mean `status_code`?"),
    (CHECK, "{expected: 1}", "RF105", "an assertion of step `a` lacks the required key `type`", 11, "Types: "),
    (CHECK, "{status_code: 1}", "RF105", "an assertion of step `a` lacks the required key `type`", 11,
     "write `type: status_code`"),
    (CHECK, "text", "RF106", "an assertion of step `a` must be a mapping, YAML read the text `text`", 11, ""),
    (CHECK, "{type: [a]}", "RF106", "`type` of an assertion of step `a` must be text", 18, ""),
    (CHECK, "{type: 5}", "RF106", "`type` of an assertion of step `a` must be text", 18, ""),
    (CHECK, "{type: null}", "RF106", "`type` of an assertion of step `a` must be text", 18, ""),
    (CHECK, "{type: json_path, path: $.x, operator: equal}", "RF210",
     "`operator` of an assertion of step `a` cannot be `equal`", 50, "did you mean `equals`?"),
    (CHECK, "{type: json_schema, schema: x}", "RF106",
     "`schema` of an assertion of step `a` must be a mapping or true or false, YAML read the text `x`", 39, ""),
    (CHECK, "{type: cookie, name: c, attribute: secured}", "RF107",
     "`attribute` of an assertion of step `a` cannot be `secured`", 46, "did you mean `secure`?"),
]  # fmt: skip


def mistakes(text: str, model: type = JourneyDocument) -> tuple:
    document, _ = parse_yaml(SourceText("f.yaml", text))
    with pytest.raises(JourneyError) as caught:
        validate(document, model)
    return caught.value.diagnostics


@pytest.mark.parametrize(
    ("frame", "text", "code", "title", "column", "hint"),
    ONE_MISTAKE,
    ids=[row[1] for row in ONE_MISTAKE],
)
def test_one_mistake_gives_one_message(frame, text, code, title, column, hint) -> None:
    (found,) = mistakes(frame.format(text))
    assert (found.code, found.title, found.span.start.column) == (code, title, column)
    assert found.hint.startswith(hint)
    assert bool(found.hint) == bool(hint)


@pytest.mark.parametrize("key", sorted(RESERVED_STEP_KEYS))
def test_keys_of_later_versions_are_reserved_in_a_step(key) -> None:
    (found,) = mistakes(STEP.format(f"{key}: 1"))
    assert (found.code, found.title) == (
        "RF121",
        f"the key `{key}` of step `a` is reserved for a later version",
    )


@pytest.mark.parametrize("name", sorted(PLANNED_STEP_TYPES))
def test_step_types_of_later_versions_are_reserved(name) -> None:
    assert [item.code for item in mistakes(STEP.format(f"type: {name}"))] == ["RF121"]


@pytest.mark.parametrize(
    ("text", "code", "title"),
    [
        ("", "RF105", "the file is empty"),
        ("# nothing\n", "RF105", "the file is empty"),
        ("null", "RF105", "the file is empty"),
        ("- a", "RF106", "the file must be a mapping with `journey:`"),
        ("text", "RF106", "the file must be a mapping with `journey:`"),
        ("{}", "RF105", "the file lacks the required key `journey`"),
        ("jorney: 1", "RF104", "unknown key `jorney` in the file"),
        ("journey:", "RF106", "the journey must be a mapping, YAML read nothing"),
        ("journey: [1]", "RF106", "the journey must be a mapping, YAML read a list"),
    ],
)
def test_a_file_without_a_journey_is_explained(text, code, title) -> None:
    assert [(item.code, item.title) for item in mistakes(text)] == [(code, title)]


def test_all_mistakes_come_in_file_order() -> None:
    text = "journey:\n  steps: [{id: 1, b: 2}]\n  zz: 1\n  name: 5\n"
    assert [(item.code, item.span.start.line) for item in mistakes(text)] == [
        ("RF106", 2),
        ("RF104", 2),
        ("RF104", 3),
        ("RF106", 4),
    ]


def test_a_key_that_is_also_the_name_of_a_union_member_is_found() -> None:
    text = CHECK.format("{type: header, header: {name: x}}")
    assert [(item.code, item.span.start.column) for item in mistakes(text)] == [
        ("RF105", 11),
        ("RF104", 26),
    ]


def test_other_files_are_explained_the_same_way() -> None:
    text = "environment: {name: x, services: {a: {tls: {verfy: true}, own: 1}, b: {tls: 5}}}"
    assert [item.title for item in mistakes(text, EnvironmentDocument)] == [
        "unknown key `verfy` in `environment.services.a.tls`",
        "`environment.services.b.tls` must be a mapping or true or false, YAML read the number 5",
    ]
    text = "overlay: {name: o, add_assertions: {pay: [{type: x}]}}"
    assert [item.title for item in mistakes(text, OverlayDocument)] == [
        "unknown type `x` in an assertion of step `pay`"
    ]


def test_a_number_for_text_is_shown_as_it_was_written() -> None:
    assert render_diagnostic(mistakes("journey: {name: x, steps: [{}], version: 1.10}")[0]) == (
        "error[RF106]: `journey.version` must be text, YAML read the number 1.1\n"
        " --> f.yaml:1:42\n"
        "  |\n"
        "1 | journey: {name: x, steps: [{}], version: 1.10}\n"
        "  |                                          ^^^^ unquoted, so the last zero is lost\n"
        "  |\n"
        'hint: write "1.10"'
    )
