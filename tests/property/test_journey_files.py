"""Trees near the format of journeys: each compiles, or is refused with problems we explain."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_reqflo.compile.kept_file import KeptInFolder
from pytest_reqflo.compile.project import Project
from pytest_reqflo.diagnostic import Diagnostic, render_diagnostics
from pytest_reqflo.errors import CODES, JourneyError
from pytest_reqflo.plan.items import Selection, make_items

_KEYS = st.sampled_from(
    [
        "journey",
        "name",
        "id",
        "description",
        "version",
        "tags",
        "service",
        "base_template",
        "overlays",
        "inputs",
        "variables",
        "cases",
        "data",
        "settings",
        "steps",
        "finally",
        "type",
        "template",
        "request",
        "values",
        "assertions",
        "outputs",
        "retry",
        "poll",
        "when",
        "until",
        "stop_on",
        "every_s",
        "timeout_s",
        "method",
        "url",
        "query",
        "headers",
        "cookies",
        "json",
        "form",
        "multipart",
        "text",
        "auth",
        "basic",
        "bearer",
        "path",
        "operator",
        "expected",
        "source",
        "key",
        "value",
        "default",
        "required",
        "sensitive",
        "presets",
        "skip",
        "xfail",
        "reason",
        "file",
        "rows",
        "on_failure",
        "fixtures",
        "soft",
        "message",
        "schema",
        "pattern",
        "count",
        "delay_s",
        "backoff",
        "on",
        "clear_cookies",
        "follow_redirects",
        "path_params",
        "body_base64",
        "attribute",
        "all",
    ]
)
_TEXTS = st.one_of(
    st.sampled_from(
        ["GET /", "POST /{id}", "GET http://[", "//x", "{{ inputs.a }}", "{{ steps.a.body.x }}",
         "{{ uuid() }}", "{{ me.x | int }}", "{{", "}}", "{{ x", "$.a[?@.b]", "$..", "(", "\0",
         "../../x", "/etc/passwd", "\u202e", "2xx", "json_path", "status_code", "body_matches",
         "matches", "equals", "a", "b", "c", "secret", "me", "integer", "stop", ""]
    ),
    st.text(max_size=12),
)  # fmt: skip
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    _TEXTS,
)
_TREES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(_KEYS, _TEXTS), inner, max_size=4)
    ),
    max_leaves=12,
)
_PARTS = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b"]), "template": st.sampled_from(["GET /", "POST /{id}"])},
    optional=dict.fromkeys(
        ("values", "request", "assertions", "outputs", "retry", "poll", "when", "name"), _TREES
    ),
)
_ASSERTION = st.fixed_dictionaries(
    {
        "type": st.sampled_from(
            ["status_code", "json_path", "header", "cookie", "json_schema", "value"]
        )
    },
    optional=dict.fromkeys(("path", "operator", "expected", "schema", "name", "value"), _TREES),
)
_STEP = st.one_of(
    _PARTS,
    st.fixed_dictionaries(
        {"id": st.just("c"), "template": _TEXTS, "assertions": st.lists(_ASSERTION, max_size=2)}
    ),
)
_JOURNEYS = st.fixed_dictionaries(
    {"name": st.one_of(st.just("x"), _TREES), "steps": st.lists(_STEP, min_size=1, max_size=3)},
    optional=dict.fromkeys(
        ("inputs", "variables", "cases", "data", "settings", "tags", "finally", "skip"), _TREES
    ),
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(_JOURNEYS)
def test_a_tree_near_the_format_compiles_or_is_explained(tree) -> None:
    # JSON is YAML; escapes keep every character of the tree.
    _compile(json.dumps({"journey": tree}).encode())


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.one_of(
        st.binary(max_size=200), st.text(max_size=200).map(lambda x: x.encode("utf-8", "replace"))
    )
)
def test_any_bytes_below_the_root_key_compile_or_are_explained(content) -> None:
    _compile(b"journey: " + content)


def _compile(content: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "x.journey.yaml")
        path.write_bytes(content)
        problems = _problems_of(path)
    assert {item.code for item in problems} <= set(CODES)
    render_diagnostics(problems).encode()


def _problems_of(path: Path) -> tuple[Diagnostic, ...]:
    try:
        compiled = Project(path.parent).compile_file(path, "x.journey.yaml")
        items = make_items(compiled, Selection(environment=None, cases=(), sets=(), data=None))
    except JourneyError as error:
        return error.diagnostics
    assert _found_again(path) == (
        repr(compiled.artifact),
        repr(compiled.head),
        compiled.digest,
        items,
    )
    return compiled.warnings


def _found_again(path: Path) -> tuple[object, ...]:
    """Return what a second process, which finds what the first has kept, makes of the file."""
    for _ in range(2):
        project = Project(path.parent, kept=KeptInFolder(path.parent / "cache"))
        compiled = project.compile_file(path, "x.journey.yaml")
        project.write()
    items = make_items(compiled, Selection(environment=None, cases=(), sets=(), data=None))
    return repr(compiled.artifact), repr(compiled.head), compiled.digest, items
