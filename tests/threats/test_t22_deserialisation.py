"""T22: nothing that was stored or received is ever run: JSON and plain YAML events, and nothing else."""

from __future__ import annotations

import ast

import pytest
from package import called_names, imported_names, modules
from threats import Target, get

LOADERS = {
    "pickle", "cPickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "dbm", "jsonpickle", "msgpack", "ctypes", "code", "codeop",
}  # fmt: skip
CALLS = {
    "eval",
    "exec",
    "compile",
    "__import__",
    "os.system",
    "os.popen",
    "runpy.run_path",
    "builtins.eval",
    "builtins.exec",
}
FORBIDDEN_PARTS = ("load", "load_all", "full_load", "unsafe_load", "safe_load", "compose", "scan")


def test_no_module_imports_a_loader_of_objects() -> None:
    found = {
        (str(path), name)
        for path, tree in modules()
        for name in imported_names(tree)
        if name.split(".")[0] in LOADERS
    }
    assert found == set()


def test_no_text_is_run_as_code() -> None:
    found = {
        (str(path), name)
        for path, tree in modules()
        for name, _ in called_names(tree)
        if name in CALLS
    }
    # Methods of our own value classes, written of the names of their fields.
    assert found == {("frozen.py", "exec")}


def test_yaml_is_read_as_events_only() -> None:
    used = {
        name for _, tree in modules() for name, _ in called_names(tree) if name.startswith("yaml.")
    }
    calls = {name for name in used if name[5:6].islower()}
    assert calls == {"yaml.parse"}
    assert not {f"yaml.{part}" for part in FORBIDDEN_PARTS} & used


def test_no_process_is_started_through_a_shell() -> None:
    shells = {
        str(path)
        for path, tree in modules()
        for _, call in called_names(tree)
        for keyword in call.keywords
        if keyword.arg == "shell"
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
    }
    assert shells == set()


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.mkdir [made]",
        '!!python/object/apply:subprocess.check_output [["mkdir", "made"]]',
        "!!python/name:os.system",
        "!!python/module:os",
        "!!python/object/new:os.mkdir {args: [made]}",
        "!<tag:yaml.org,2002:python/object/apply:os.mkdir> [made]",
        "!!timestamp 2001-01-01",
        "!!binary aGVsbG8=",
    ],
)
def test_tags_are_refused_and_do_nothing_wherever_yaml_is_read(tmp_path, text) -> None:
    target = Target(tmp_path)
    target.write(
        "journeys/a.journey.yaml",
        f"journey:\n  name: a\n  description: {text}\n  steps: [{{template: GET /}}]\n",
    )
    target.write("templates/t.yaml", f"template:\n  name: t\n  method: GET\n  url: {text}\n")
    target.write("x.yaml", f"x: {text}\n")
    target.journey("b", {"id": "a", "template": "t"})
    target.journey(
        "c",
        get("a", "/", assertions=[{"type": "json_path", "path": "$", "expected_file": "x.yaml"}]),
    )
    assert target.codes((tmp_path / "journeys/a.journey.yaml").read_text()) == ["RF108"]
    assert "RF108" in target.codes((tmp_path / "b.journey.yaml").read_text())
    assert "RF108" in target.codes((tmp_path / "c.journey.yaml").read_text())
    assert not (tmp_path / "made").exists()
