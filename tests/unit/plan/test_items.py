from __future__ import annotations

import gc
import textwrap
import tracemalloc

import pytest

from pytest_reqflo.compile.project import Project
from pytest_reqflo.errors import JourneyError, UsageProblem
from pytest_reqflo.lang.expression import LiteralValue, PathExpression
from pytest_reqflo.plan.items import ItemCase, ItemSpec, Selection, make_items
from pytest_reqflo.plan.marks import MarkSpec
from pytest_reqflo.plan.model import GivenValue

STEPS = """
  steps:
    - {id: list, template: GET /orders}
"""


@pytest.fixture
def items(tmp_path):
    def make(head, *, files=(), selection=None):
        for name, text in dict(files).items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text))
        path = tmp_path / "orders.journey.yaml"
        path.write_text(
            "journey:\n  name: Orders\n" + textwrap.indent(textwrap.dedent(head), "  ") + STEPS
        )
        compiled = Project(tmp_path).compile_file(path, path.name)
        return make_items(compiled, selection or Selection())

    return make


def ids(made):
    return [item.id for item in made]


CASES = """
    inputs: [{name: customer}, {name: quantity, type: integer, default: 1}]
    cases:
      - {name: Happy path, values: {customer: c-1}, presets: [gold], tags: [smoke]}
      - {name: Nobody, values: {customer: nobody}}
"""
GOLD = {"presets/gold.yaml": "preset: {name: gold, values: {customer: ada, quantity: 2}}"}
ROWS = (
    CASES
    + """
    data: {file: rows.csv, key: customer, case: Nobody}
"""
)
CSV = GOLD | {"rows.csv": "customer,quantity\nc-1,2\nc-2,\n"}


def test_a_journey_without_cases_is_one_item(items):
    assert items("") == (ItemSpec(id="run"),)


def test_a_case_gives_its_presets_first_and_then_its_values(items):
    of = ItemCase(
        name="Happy path",
        given=(
            GivenValue(
                name="customer", layer="preset", value=LiteralValue("ada"), detail="preset `gold`"
            ),
            GivenValue(
                name="quantity", layer="preset", value=LiteralValue(2), detail="preset `gold`"
            ),
            GivenValue(
                name="customer", layer="case", value=LiteralValue("c-1"), detail="case `Happy path`"
            ),
        ),
        tags=("smoke",),
    )
    assert items(CASES, files=GOLD)[0] == ItemSpec(id="happy-path", of=of)


def test_rows_lie_over_the_shared_case_and_the_other_cases_stay(items):
    made = items(ROWS, files=CSV)
    assert ids(made) == ["row-00001-c-1", "row-00002-c-2", "happy-path"]
    second = made[1]
    assert (second.case, second.row_key, second.row_number) == ("Nobody", "c-2", 2)
    assert second.given == (
        GivenValue(
            name="customer", layer="case", value=LiteralValue("nobody"), detail="case `Nobody`"
        ),
        GivenValue(
            name="customer",
            layer="row",
            value=LiteralValue("c-2"),
            detail="row 2 (rows.csv:3:1)",
        ),
    )


def test_a_named_case_with_rows_gives_each_row_of_it(items):
    made = items(ROWS, files=CSV, selection=Selection(cases=("Happy path",)))
    assert [(item.id, item.case) for item in made] == [
        ("row-00001-c-1", "Happy path"), ("row-00002-c-2", "Happy path")
    ]  # fmt: skip


def test_several_named_cases_with_rows_have_ids_of_their_own(items):
    made = items(ROWS, files=CSV, selection=Selection(cases=("Happy path", "Nobody")))
    assert ids(made) == [
        "row-00001-c-1-happy-path", "row-00002-c-2-happy-path",
        "row-00001-c-1-nobody", "row-00002-c-2-nobody",
    ]  # fmt: skip


def test_a_journey_without_the_named_case_has_no_items(items):
    assert items(CASES, files=GOLD, selection=Selection(cases=("happy path",))) == ()


def test_a_data_file_on_the_command_line_replaces_that_of_the_journey(items, tmp_path):
    other = tmp_path / "other.json"
    other.write_text('[{"customer": "c-9"}]')
    made = items(ROWS, files=CSV, selection=Selection(data=other))
    assert ids(made) == ["row-00001-c-9", "happy-path"]


def test_rows_may_stand_in_the_journey(items):
    made = items("inputs: [{name: a}]\ndata: {rows: [{a: 1}, {a: '{{ x }}'}]}\n")
    assert ids(made) == ["row-00001", "row-00002"]
    assert made[1].given[0].value == LiteralValue("{{ x }}")


def test_case_values_may_hold_expressions(items):
    made = items("inputs: [{name: a}]\ncases: [{name: x, values: {a: '{{ env.host }}'}}]\n")
    assert made[0].given[0].value == PathExpression("env", ("host",))


# --- --set ---------------------------------------------------------------------------------------

DECLARED = """
    inputs: [{name: quantity, type: integer}, {name: note}, {name: pin, type: integer, sensitive: true}]
    variables: [{name: api_key, source: secret, key: PAY_KEY}, {name: size, source: manual}]
"""


def test_set_is_read_as_the_declared_type_and_never_as_an_expression(items):
    selection = Selection(sets=(("quantity", "2"), ("note", "{{ env.x }}"), ("size", "3")))
    assert items(DECLARED, selection=selection)[0].given == (
        GivenValue(name="quantity", layer="set", value=LiteralValue(2), detail="--set"),
        GivenValue(name="note", layer="set", value=LiteralValue("{{ env.x }}"), detail="--set"),
        GivenValue(name="size", layer="set", value=LiteralValue("3"), detail="--set"),
    )


def test_every_unusable_set_is_named(items):
    sets = (("quantity", "two"), ("pin", "12e4"), ("quantty", "2"), ("api_key", "sk-123"))
    with pytest.raises(UsageProblem) as caught:
        items(DECLARED, selection=Selection(sets=sets))
    found = [(item.code, item.title) for item in caught.value.diagnostics]
    assert found == [
        ("RF801", "--set quantity: must be a whole number, not the text `two`"),
        ("RF801", "--set pin: must be a whole number"),
        ("RF801", "--set quantty: the journey declares no input or variable `quantty`"),
        ("RF801", "--set api_key: `api_key` is a secret, and command lines are not kept secret"),
    ]
    assert caught.value.diagnostics[2].hint.startswith("did you mean `quantity`?")
    assert "sk-123" not in str(caught.value)


# --- skip and xfail ------------------------------------------------------------------------------

ENVIRONMENTS = {
    "environments/a.yaml": "environment: {name: a, values: {is_slow: true, text: x}}",
    "environments/b.yaml": "environment: {name: b, values: {is_slow: false, text: x}}",
}


def test_a_plain_reason_marks_every_item(items):
    made = items("skip: later\n" + textwrap.dedent(CASES), files=GOLD)
    assert [item.skip for item in made] == [MarkSpec("later")] * 2


@pytest.mark.parametrize(
    ("environment", "expected"), [("a", MarkSpec("slow")), ("b", None), (None, None)]
)
def test_a_condition_reads_the_environment(items, environment, expected):
    head = "cases: [{name: x, xfail: {reason: slow, when: '{{ env.is_slow }}'}}]\n"
    made = items(head, files=ENVIRONMENTS, selection=Selection(environment=environment))
    assert made[0].xfail == expected


@pytest.mark.parametrize(
    ("when", "code"), [("env.text", "RF304"), ("env.nothing", "RF303"), ("uuid()", "RF204")]
)
def test_a_condition_that_is_no_boolean_is_refused_at_its_place(items, when, code):
    head = f"skip: {{reason: r, when: '{{{{ {when} }}}}'}}\n"
    with pytest.raises(JourneyError) as caught:
        items(head, files=ENVIRONMENTS, selection=Selection(environment="a"))
    found = caught.value.diagnostics[0]
    assert found.code == code
    assert str(found.span) == "orders.journey.yaml:3:27"


def test_a_row_takes_little_memory_and_makes_its_values_when_asked(items):
    count = 2000
    text = "customer,quantity\n" + "".join(f"customer-{n},{n % 9}\n" for n in range(count))
    items(ROWS, files=GOLD | {"rows.csv": "customer,quantity\nc-1,2\n"})
    gc.collect()
    tracemalloc.start()
    try:
        made = items(ROWS, files=GOLD | {"rows.csv": text})
        gc.collect()
        size_bytes = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert len(made) == count + 1
    assert size_bytes / count < 700
    assert made[7].given is not made[7].given
    assert [each.value for each in made[7].given[-2:]] == [
        LiteralValue("customer-7"), LiteralValue(7)
    ]  # fmt: skip
