"""Environments, presets, overlays and templates are found by name below the root."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reqflo.errors import JourneyError
from pytest_reqflo.syntax.journey import load_journey
from pytest_reqflo.syntax.library import load_library


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_each_kind_is_found_in_its_folder(tmp_path) -> None:
    library = load_library(
        write(
            tmp_path,
            {
                "environments/a.yaml": "environment: {name: staging}",
                "environments/b.yml": "environment: {name: local}",
                "environments/deep/c.yaml": "environment: {name: deep}",
                "environments/note.txt": "environment: {name: text}",
                "presets/gold.yaml": "preset: {name: gold, values: {a: 1}}",
                "overlays/eu.yaml": "overlay: {name: eu}",
                "templates/orders/create.yaml": "template: {name: Create order, method: POST, url: /orders}",
                "templates/get.yaml": "name: Get order\nmethod: GET\nurl: /orders/:id\n",
            },
        )
    )
    assert library.environment_names() == ("local", "staging")
    assert library.environment("staging").model.name == "staging"
    assert library.find_environment("deep") is None
    assert library.find_preset("gold").model.values == {"a": 1}
    assert library.find_overlay("eu").pointer == "/overlay"
    assert [(item.shown, item.pointer, item.model.name) for item in library.templates()] == [
        ("templates/get.yaml", "", "Get order"),
        ("templates/orders/create.yaml", "/template", "Create order"),
    ]


@pytest.mark.parametrize("name", ["Create order v2", "create-order-v2", "CREATE order V2"])
def test_a_template_answers_to_its_name_and_its_slug(tmp_path, name) -> None:
    files = {"templates/a.yaml": "template: {name: Create order v2, method: GET, url: /}"}
    assert load_library(write(tmp_path, files)).find_template(name).model.url == "/"


def test_an_unknown_template_is_not_found(tmp_path) -> None:
    assert load_library(tmp_path).find_template("x") is None
    assert load_library(tmp_path).find_template("€") is None


def test_an_unknown_environment_is_explained_with_the_nearest(tmp_path) -> None:
    library = load_library(write(tmp_path, {"environments/a.yaml": "environment: {name: staging}"}))
    with pytest.raises(JourneyError) as caught:
        library.environment("stagin")
    (found,) = caught.value.diagnostics
    assert (found.code, found.hint) == ("RF212", "did you mean `staging`? Environments: staging")


def test_a_broken_file_matters_only_to_its_kind(tmp_path) -> None:
    library = load_library(
        write(
            tmp_path,
            {
                "environments/a.yaml": "environment: {nam: x}",
                "environments/b.yaml": "enviroment: {name: x}",
                "presets/p.yaml": "preset: {name: p, values: {}}",
            },
        )
    )
    assert library.find_preset("p") is not None
    with pytest.raises(JourneyError) as caught:
        library.environment_names()
    assert [(item.code, str(item.span)) for item in caught.value.diagnostics] == [
        ("RF104", "environments/a.yaml:1:15"),
        ("RF104", "environments/b.yaml:1:1"),
    ]


def test_other_yaml_in_a_library_folder_is_left_alone(tmp_path) -> None:
    files = {
        "templates/deployment.yaml": "apiVersion: v1\nkind: {{ .Values.kind }}\n",
        "templates/list.yaml": "- a\n",
        "environments/compose.yml": "services: {a: 1}\n",
    }
    library = load_library(write(tmp_path, files))
    assert (library.templates(), library.environment_names()) == ((), ())


@pytest.mark.parametrize(
    ("folder", "first", "second"),
    [
        ("environments", "environment: {name: a}", "environment: {name: a}"),
        (
            "templates",
            "template: {name: Get it, method: GET, url: /}",
            "template: {name: get-it, method: GET, url: /}",
        ),
    ],
)
def test_a_name_used_twice_names_both_places(tmp_path, folder, first, second) -> None:
    files = {f"{folder}/1.yaml": first, f"{folder}/2.yaml": second}
    library = load_library(write(tmp_path, files))
    with pytest.raises(JourneyError) as caught:
        library.environment_names() if folder == "environments" else library.templates()
    (found,) = caught.value.diagnostics
    assert (found.code, [label.span.file for label in found.labels]) == (
        "RF110",
        [f"{folder}/2.yaml", f"{folder}/1.yaml"],
    )


def test_a_link_out_of_the_root_is_refused_without_showing_its_text(tmp_path) -> None:
    (tmp_path / "outside.yaml").write_text("preset: topsecret")
    root = write(tmp_path / "root", {"presets/p.yaml": "preset: {name: p, values: {}}"})
    (root / "presets" / "q.yaml").symlink_to(tmp_path / "outside.yaml")
    with pytest.raises(JourneyError) as caught:
        load_library(root).find_preset("p")
    assert [item.code for item in caught.value.diagnostics] == ["RF114"]
    assert "topsecret" not in str(caught.value)


def test_a_changed_file_is_read_again(tmp_path) -> None:
    files = {"presets/p.yaml": "preset: {name: p, values: {a: 1}}"}
    first = load_library(write(tmp_path, files)).find_preset("p")
    again = load_library(tmp_path).find_preset("p")
    files["presets/p.yaml"] = "preset: {name: p, values: {a: 22}}"
    changed = load_library(write(tmp_path, files)).find_preset("p")
    assert first is again
    assert changed.model.values == {"a": 22}


def test_a_journey_is_loaded_with_its_places_and_warnings(tmp_path) -> None:
    path = tmp_path / "a.journey.yaml"
    path.write_text("journey:\n  name: x\n  steps:\n    - {id: a, values: {zip: 01234}}\n")
    loaded = load_journey(path, shown="a.journey.yaml", root=tmp_path)
    assert (loaded.model.name, loaded.model.steps[0].values) == ("x", {"zip": 1234})
    assert [str(item.span) for item in loaded.warnings] == ["a.journey.yaml:4:29"]
    assert str(loaded.document.map.span_of("/journey/steps/0/id")) == "a.journey.yaml:4:12"
