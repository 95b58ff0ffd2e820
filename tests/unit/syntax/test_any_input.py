"""No text makes the readers raise anything but a JourneyError."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_reqflo.errors import JourneyError
from pytest_reqflo.source import SourceText
from pytest_reqflo.syntax.data import load_rows
from pytest_reqflo.syntax.document import Document, scalar_offset_span
from pytest_reqflo.syntax.explain import validate
from pytest_reqflo.syntax.load import FAST_LOADER, PURE_LOADER, parse_yaml
from pytest_reqflo.syntax.model import JourneyDocument, TemplateModel
from pytest_reqflo.syntax.scan import has_journey_root

PIECES = st.sampled_from(
    ["journey:", "\n", "\n  ", "\n    - ", "name: ", "steps:", "id: a", "{{ x }}", "{", "}", "[", "]",
     ",", ": ", "'", '"', "&a ", "*a", "!t ", "<<: ", "|", ">", "#", "\t", "\\", "- ", "? ", "---", "...",
     "type: json_path", "assertions:", "1e9", "0123", "null", "é", "\u2028", "\0", "😀", "%", "@", "\r"]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=30).map("".join)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
KEYS = st.sampled_from(
    ["journey", "name", "steps", "id", "request", "assertions", "type", "header", "schema", "when",
     "retry", "on", "poll", "until", "data", "rows", "mapping", "scalar", "multipart", "auth", "skip",
     "value", "expected", "operator", "outputs", "variables", "source", "jar", "follow_redirects"]
)  # fmt: skip
TREES = st.recursive(
    SCALARS | st.sampled_from(["json_path", "header", "equals", "GET", "me"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


def explained(read: Callable[[], object]) -> object:
    """Return what *read* gives, or the problems it explains; anything else that escapes is a defect."""
    try:
        return read()
    except JourneyError as error:
        return (str(error).encode(), *error.diagnostics)


def read_all_places(text: str, loader: object) -> object:
    document, _ = parse_yaml(SourceText("f.yaml", text), loader=loader)
    return [scalar_offset_span(document, pointer, 1, 2) for pointer in document.map.values] or [
        None
    ]


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_any_text_is_read_or_explained(text) -> None:
    for loader in (PURE_LOADER, FAST_LOADER):
        assert explained(lambda loader=loader: read_all_places(text, loader))


@settings(max_examples=300, deadline=None)
@given(TREES)
def test_any_tree_is_a_journey_or_explained(tree) -> None:
    document, _ = parse_yaml(SourceText("f.yaml", "a: 1"))
    for data in ({"journey": tree}, {"journey": {"name": "x", "steps": [tree]}}, tree):
        for model in (JourneyDocument, TemplateModel):
            found = Document(data, document.map)
            assert explained(lambda found=found, model=model: validate(found, model))


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet='id,n;"\n\r\0 {}[]:12é\ufeff', max_size=40),
    st.sampled_from(["csv", "json", "jsonl"]),
)
def test_any_data_file_is_read_or_explained(tmp_path_factory, text, kind) -> None:
    path = tmp_path_factory.getbasetemp() / f"any.{kind}"
    path.write_bytes(text.encode())
    inputs = {"id": "any", "n": "integer"}
    assert explained(lambda: load_rows(path, shown="any", inputs=inputs, key="id"))
    assert has_journey_root(path) is False
