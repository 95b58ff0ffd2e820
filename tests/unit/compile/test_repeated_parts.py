"""Parts that journeys of a suite write alike are compiled once, and never taken for one another."""

from __future__ import annotations

import itertools

import pytest

from pytest_reqflo.artifact.codec import to_bytes
from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.compile.project import Project
from pytest_reqflo.errors import JourneyError

_numbers = itertools.count()


@pytest.fixture
def compile_checks(tmp_path):
    project = Project(tmp_path)

    def compile_checks(checks: str) -> Artifact:
        path = tmp_path / f"j{next(_numbers)}.journey.yaml"
        path.write_text(
            "journey:\n  name: same\n  steps:\n    - id: a\n      template: GET /x\n"
            f"      assertions: {checks}\n"
        )
        return project.compile_file(path, path.name).artifact

    return compile_checks


def test_what_two_journeys_check_alike_is_one_object(compile_checks):
    checks = "[{type: status_code, expected: 299}]"

    first, second = (compile_checks(checks).steps[0].assertions for _ in range(2))

    assert first[0] is second[0]


@pytest.mark.parametrize(
    "values",
    [
        ("1", "true", "1.0", '"1"'),
        ("0", "false", "0.0", "-0.0", "null"),
    ],
)
def test_values_that_python_takes_for_equal_stay_apart(compile_checks, values):
    written = [f"[{{type: json_path, path: $.n, expected: {value}}}]" for value in values]

    artifacts = [to_bytes(compile_checks(checks)) for checks in (*written, *written)]

    assert len(set(artifacts)) == len(values)
    assert artifacts[: len(values)] == artifacts[len(values) :]


def test_what_is_left_out_is_not_what_is_null(compile_checks):
    header = "{{type: header, name: x-a{}}}".format

    without = compile_checks(f"[{header('')}]").steps[0].assertions[0]
    null = compile_checks(f"[{header(', expected: null')}]").steps[0].assertions[0]

    assert (without.operator, null.operator) == ("exists", "equals")


def test_the_same_check_keeps_its_own_number(compile_checks):
    check = "{type: status_code, expected: 298}"

    found = compile_checks(f"[{check}, {check}]").steps[0].assertions

    assert [each.index for each in found] == [0, 1]


@pytest.mark.parametrize(
    "check",
    [
        "{type: json_path, path: 'items[0]', expected: 1}",
        "{type: json_path, path: $.a, expected: '{{ steps.none.body }}'}",
        "{type: json_path, path: $.a, expected_file: none.json}",
        "{type: status_code, expected: 20}",
    ],
)
def test_a_mistake_is_told_each_time(compile_checks, check):
    for _ in range(2):
        with pytest.raises(JourneyError):
            compile_checks(f"[{check}]")


def test_a_file_is_read_each_time(compile_checks, tmp_path):
    checks = "[{type: json_path, path: $.a, expected_file: expected.json}]"
    found = []
    for value in (1, 2):
        (tmp_path / "expected.json").write_text(str(value))
        found.append(compile_checks(checks).steps[0].assertions[0].expected.value)

    assert found == [1, 2]
