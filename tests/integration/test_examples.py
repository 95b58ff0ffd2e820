"""The example suite shows every construct of the format, and passes."""

from __future__ import annotations

import importlib.util
import inspect
import json
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import jsonschema
import pytest
from pydantic import BaseModel

from pytest_reqflo.lang.vocabulary import FUNCTIONS, PIPES, ROOTS
from pytest_reqflo.syntax import model as syntax_model
from pytest_reqflo.syntax.load import load_document

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"
FILES = sorted(SHOP.rglob("*.yaml"))
JOURNEYS = sorted(SHOP.glob("journeys/*.journey.yaml"))
DOCUMENTS: dict[str, type[BaseModel]] = {
    "journey": syntax_model.JourneyDocument,
    "environment": syntax_model.EnvironmentDocument,
    "preset": syntax_model.PresetDocument,
    "overlay": syntax_model.OverlayDocument,
    "template": syntax_model.TemplateDocument,
}


def load(path: Path) -> BaseModel:
    data = load_document(path, path.name)[0].data
    return DOCUMENTS.get(next(iter(data)), syntax_model.TemplateModel).model_validate(data)


def models_in(value: Any) -> Iterator[BaseModel]:
    match value:
        case BaseModel():
            yield value
            for name in value.model_fields_set:
                yield from models_in(getattr(value, name))
        case list() | tuple():
            for item in value:
                yield from models_in(item)
        case dict():
            yield from models_in(list(value.values()))


EXPECTED_COUNTS = (227, 224)
"""Items of the example, and those of them that are not skipped or expected to fail."""

MODELS = [part for path in FILES for part in models_in(load(path))]


def declared_keys(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """Yield (class that declares it, key as written) of every key of a model."""
    for name, field in model.model_fields.items():
        bases = reversed(model.__mro__)
        owner = next(base for base in bases if name in inspect.get_annotations(base))
        yield owner.__name__, field.alias or name


def all_model_classes() -> list[type[BaseModel]]:
    kinds = inspect.getmembers(syntax_model, inspect.isclass)
    return [
        kind
        for name, kind in kinds
        if issubclass(kind, BaseModel) and kind is not BaseModel and not name.startswith("_")
    ]


def test_every_key_of_the_format_is_used() -> None:
    used = set()
    for part in MODELS:
        keys = dict(zip(type(part).model_fields, declared_keys(type(part)), strict=True))
        used |= {keys[name] for name in part.model_fields_set if name in keys}
    assert {key for kind in all_model_classes() for key in declared_keys(kind)} - used == set()


def literals_of(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    elif get_origin(annotation) in (Union, UnionType, Annotated, list):
        for part in get_args(annotation):
            yield from literals_of(part)


def test_every_word_of_a_closed_list_is_used() -> None:
    """Assertion types, operators, sources, cookie attributes and so on, by the key they stand under."""
    words, used = defaultdict(set), defaultdict(set)
    for kind in all_model_classes():
        for name, field in kind.model_fields.items():
            words[name] |= set(literals_of(field.annotation))
    for part in MODELS:
        for name in part.model_fields_set & type(part).model_fields.keys():
            value = getattr(part, name)
            items = value if isinstance(value, list) else [value]
            used[name] |= {item for item in items if isinstance(item, (str, bool))}
    assert {name: missing for name in words if (missing := words[name] - used[name])} == {}


def expressions() -> str:
    texts = (path.read_text(encoding="utf-8") for path in FILES)
    return "\n".join(found for text in texts for found in re.findall(r"\{\{(.*?)\}\}", text))


@pytest.mark.parametrize("name", PIPES)
def test_every_pipe_is_used(name: str) -> None:
    assert re.search(rf"\|\s*{name}\b", expressions())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_used(name: str) -> None:
    assert re.search(rf"\b{name}\(", expressions())


@pytest.mark.parametrize("name", ROOTS)
def test_every_root_is_used(name: str) -> None:
    assert re.search(rf"(^|[ (]){name}\.", expressions(), re.MULTILINE)


def test_every_kind_of_data_file_is_used() -> None:
    files = [part.file for part in MODELS if isinstance(part, syntax_model.DataModel)]
    files += [part.data for part in MODELS if isinstance(part, syntax_model.JourneyModel)]
    assert {Path(name).suffix for name in files if isinstance(name, str)} == {
        ".csv", ".json", ".jsonl",
    }  # fmt: skip


@pytest.mark.parametrize("path", JOURNEYS, ids=lambda path: path.stem)
def test_journey_tells_the_editor_its_schema_and_says_what_it_is_for(path: Path) -> None:
    first = path.read_text(encoding="utf-8").splitlines()[0]
    schema = first.removeprefix("# yaml-language-server: $schema=")
    assert (path.parent / schema).resolve() == ROOT / "pytest_reqflo/syntax/journey.schema.json"
    document = load(path)
    assert isinstance(document, syntax_model.JourneyDocument)
    assert document.journey.description


@pytest.mark.parametrize("path", JOURNEYS, ids=lambda path: path.stem)
def test_journey_fits_the_published_schema(path: Path) -> None:
    schema = json.loads((ROOT / "pytest_reqflo/syntax/journey.schema.json").read_bytes())
    jsonschema.Draft7Validator(schema).validate(load_document(path, path.name)[0].data)


def test_the_rows_are_what_their_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_checkouts", SHOP / "data/make_checkouts.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert (SHOP / "data/checkouts.csv").read_text(encoding="utf-8") == script.render()


# --- running it ----------------------------------------------------------------------------------


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a copy of the example that a test may break."""
    ignored = shutil.ignore_patterns("__pycache__", ".reqflo", ".pytest_cache")
    return Path(shutil.copytree(SHOP, tmp_path / "shop", ignore=ignored))


def run_pytest(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly"]
    return subprocess.run(
        [*command, *args], cwd=folder, capture_output=True, text=True, timeout=170, check=False
    )


def break_journey(project: Path, name: str, old: str, new: str) -> str:
    path = project / "journeys" / f"{name}.journey.yaml"
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    return f"journeys/{path.name}:{line}"


@pytest.mark.parametrize("workers", ["0", "2"])
def test_the_example_passes_and_its_junit_file_names_version_and_artifact(
    project: Path, workers: str
) -> None:
    done = run_pytest(project, "-n", workers, "-W", "error", "--junitxml=out.xml")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    cases = list(ElementTree.parse(project / "out.xml").iter("testcase"))
    ran = [case for case in cases if case.find("skipped") is None]
    assert (len(cases), len(ran)) == EXPECTED_COUNTS
    for case in ran:
        found = {part.get("name"): part.get("value") for part in case.iter("property")}
        assert found["reqflo.version"] == "v1"
        assert re.fullmatch("artifact_[0-9a-f]{12}", found["reqflo.artifact"] or "")
        assert found["reqflo.journey"]


@pytest.mark.parametrize("workers", ["0", "2"])
def test_one_wrong_value_is_one_failure_at_its_line(project: Path, workers: str) -> None:
    place = break_journey(project, "browse_catalogue", "expected: 57", "expected: 58")
    done = run_pytest(
        project, "-n", workers, "--tb=line", "-q", "journeys/browse_catalogue.journey.yaml"
    )
    assert done.returncode == 1
    assert "1 failed" in done.stdout
    assert f"{place}: step `all_products`: $.total: expected 58, got 57" in done.stdout


def test_the_page_of_a_failure_holds_all_its_parts(project: Path) -> None:
    place = break_journey(
        project,
        "pay_by_job",
        "{type: status_code, expected: 202}",
        "{type: status_code, expected: 200}",
    )
    done = run_pytest(project, "journeys/pay_by_job.journey.yaml", "-k", "good")
    assert done.returncode == 1
    page = done.stdout
    assert place in page
    for part in (
        "expected status 200, got 202",
        "^",
        "/orders/",
        "curl",
        "settling",
        "skipped",
    ):
        assert part in page
    assert "correct-horse-battery" not in page
    assert "4111111111111111" not in page


def test_a_row_that_expects_the_wrong_status_fails_alone(project: Path) -> None:
    rows = project / "data" / "checkouts.csv"
    text = rows.read_text(encoding="utf-8")
    rows.write_text(text.replace("00000004,201,true", "00000004,402,false"), encoding="utf-8")
    done = run_pytest(project, "journeys/checkout_rows.journey.yaml", "-q")
    assert done.returncode == 1
    assert "1 failed, 199 passed" in done.stdout
    assert "row-00004-ref-004" in done.stdout
