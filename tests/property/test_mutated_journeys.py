"""A working journey with some of its parts exchanged: it compiles and runs, or is explained."""

from __future__ import annotations

import copy
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journeys import play
from naughty import NAUGHTY
from threats import written

from pytest_reqflo.compile.project import Project
from pytest_reqflo.diagnostic import Diagnostic, render_diagnostics
from pytest_reqflo.errors import CODES, ReqfloError
from pytest_reqflo.plan.items import Selection, make_items
from pytest_reqflo.plan.model import EnvironmentSnapshot, RunRequest, Service
from pytest_reqflo.plan.planner import make_plan
from pytest_reqflo.result import RunIdentity

SEED: dict[str, Any] = {
    "name": "Orders", "id": "orders", "description": "x", "version": "1", "owner": "me", "tags": ["smoke"],
    "inputs": [{"name": "customer", "type": "string", "default": "c-1"}, {"name": "count", "type": "integer", "default": 1}],
    "variables": [{"name": "path", "value": "/o/{{ steps.create.outputs.id }}"}, {"name": "fixed", "value": 3}],
    "cases": [{"name": "Happy", "values": {"customer": "c-2"}, "tags": ["a"], "skip": {"reason": "r", "when": "{{ env.x | default(false) }}"}}],
    "data": {"rows": [{"customer": "a"}, {"customer": "b"}], "key": "customer"},
    "settings": {"on_failure": "continue", "timeout_s": 5, "request": {"headers": {"x-a": "b"}}},
    "steps": [
        {"id": "create", "request": {"method": "POST", "url": "http://h.test/o", "json": {"c": "{{ inputs.customer }}", "n": [1, None]},
                                     "query": {"q": "{{ uuid() }}"}, "headers": {"x-b": ["1", "2"]}},
         "assertions": [{"type": "status_code", "expected": 201}, {"type": "json_path", "path": "$.id", "operator": "exists"},
                        {"type": "json_schema", "schema": {"type": "object", "properties": {"id": {"type": "string"}}}},
                        {"type": "header", "name": "x", "operator": "matches", "expected": "^a"}, {"type": "response_time", "expected": 9}],
         "outputs": [{"name": "id", "path": "body.id", "pattern": "(.*)"}], "retry": {"count": 2, "delay_s": 0, "on": ["error"]}},
        {"id": "read", "request": {"method": "GET", "url": "http://h.test{{ variables.path }}"}, "when": "{{ inputs.count }}",
         "poll": {"until": [{"type": "json_path", "path": "$.s", "expected": "paid"}], "every_s": 1, "timeout_s": 2}},
        {"id": "form", "request": {"method": "PUT", "url": "http://h.test/f", "form": {"a": "{{ steps.read.status }}"}}, "delay_s": 0},
        {"id": "parts", "request": {"method": "POST", "url": "http://h.test/p", "multipart": [{"name": "a", "value": "b"}], "auth": {"bearer": "t"}}},
    ],
    "finally": [{"id": "gone", "request": {"method": "DELETE", "url": "http://h.test/o/{{ steps.create.body.id }}"}}],
}  # fmt: skip


ENVIRONMENT = EnvironmentSnapshot(name="t", services={"default": Service(base_url="http://h.test")})


def _places(node: Any, path: tuple = ()) -> list[tuple]:
    found = [path] if path else []
    items = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for key, item in items:
        found += _places(item, (*path, key))
    return found


PLACES = _places(SEED)
WRITABLE = [text for text in NAUGHTY if not any("\ud800" <= c <= "\udfff" for c in text)]
TEXTS = st.one_of(
    st.sampled_from([
        "{{ inputs.customer }}", "{{ inputs.count | int | string }}", "{{ steps.create.body }}", "{{ steps.read.outputs.x }}", "{{ secrets.A }}",
        "{{ me.a }}", "{{ env.a }}", "{{ now('%Y') }}", "{{ random_int(1, 2) }}", "{{ row.key }}", "{{{{ x", "${{ run.id }}", "x{{ case.name }}y", "{{ response.body }}",
        "{{ variables.path }}", "$..*", "$[?@.a == 1]", "(", "GET /x", "2xx", "-1", "1e9",
    ]),
    st.sampled_from(WRITABLE),
)  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
KEYS = st.sampled_from(sorted({str(path[-1]) for path in PLACES if isinstance(path[-1], str)}))
CHANGES = st.lists(
    st.tuples(
        st.sampled_from(PLACES),
        st.sampled_from(["replace", "remove", "rename", "repeat", "move"]),
        VALUES,
        KEYS,
        st.sampled_from(PLACES),
    ),
    min_size=1,
    max_size=4,
)


def _at(tree: Any, path: tuple) -> Any:
    for key in path:
        try:
            tree = tree[key]
        except (KeyError, IndexError, TypeError):
            return None
    return tree


def _change(tree: Any, place: tuple, how: str, value: Any, name: str, other: tuple) -> None:
    owner, key = _at(tree, place[:-1]), place[-1]
    if not isinstance(owner, (dict, list)) or (
        isinstance(owner, list) and not isinstance(key, int)
    ):
        return
    if isinstance(owner, list) and key >= len(owner):
        return
    match how:
        case "remove" if isinstance(owner, list) or key in owner:
            del owner[key]
        case "rename" if isinstance(owner, dict) and key in owner:
            owner[name] = owner.pop(key)
        case "repeat" if isinstance(owner, list):
            owner.append(copy.deepcopy(owner[key]))
        case "move":
            owner[key] = copy.deepcopy(_at(tree, other))
        case "replace":
            owner[key] = value


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(CHANGES)
def test_a_changed_journey_runs_or_is_explained(changes) -> None:
    tree = copy.deepcopy(SEED)
    for change in changes:
        _change(tree, *change)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.journey.yaml")
        path.write_text(f"journey: {written(tree)}\n")
        problems = _problems_of(path)
    assert {item.code for item in problems} <= set(CODES)
    render_diagnostics(problems).encode()


def _problems_of(path: Path) -> tuple[Diagnostic, ...]:
    try:
        _run(path)
    except ReqfloError as error:
        return error.diagnostics
    return ()


def _run(path: Path) -> None:
    compiled = Project(path.parent).compile_file(path, path.name)
    assert {item.code for item in compiled.warnings} <= set(CODES)
    for item in make_items(compiled, Selection(environment=None, cases=(), sets=(), data=None)):
        identity = RunIdentity(
            run_id="run_1", journey_id="x", journey_name="x", artifact="artifact_1"
        )
        request = RunRequest(
            artifact=compiled.digest, identity=identity, environment="t",
            given=item.given, case=item.case, row_key=item.row_key, row_number=item.row_number,
        )  # fmt: skip
        result, _ = play(make_plan(compiled.artifact, request, ENVIRONMENT))
        json.dumps(result.to_json(), allow_nan=False)


def test_the_journey_that_is_changed_works(tmp_path) -> None:
    path = tmp_path / "x.journey.yaml"
    path.write_text(f"journey: {written(SEED)}\n")
    assert _problems_of(path) == ()
