"""Rules about the project itself that a reader would otherwise have to trust."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "pytest_reqflo"
MODULES = sorted(
    str(path.relative_to(ROOT).with_suffix("")).replace("/", ".").removesuffix(".__init__")
    for path in PACKAGE.rglob("*.py")
)

DOORS = {
    "cryptography": ["pytest_reqflo/engine/durable/sealing.py"],
    "yaml": ["pytest_reqflo/syntax/load.py"],
    "pydantic": ["pytest_reqflo/syntax/"],
    "httpx": ["pytest_reqflo/engine/target.py", "pytest_reqflo/engine/tls.py"],
    "h11": ["pytest_reqflo/engine/dialogue.py"],
    "pyreqwest": ["pytest_reqflo/engine/fast"],
    "uvloop": ["pytest_reqflo/engine/transports.py"],
    "jsonschema": ["pytest_reqflo/lang/"],
    "referencing": ["pytest_reqflo/lang/"],
    "jsonpath_rfc9535": ["pytest_reqflo/lang/"],
    "regex": ["pytest_reqflo/lang/"],
    "starlette": ["pytest_reqflo/web/app.py", "pytest_reqflo/web/serve.py"],
    "uvicorn": ["pytest_reqflo/web/serve.py"],
    "keyring": ["pytest_reqflo/engine/secrets/keyring.py"],
    "allure": ["pytest_reqflo/host/allure_channel.py"],
    "allure_commons": ["pytest_reqflo/host/allure_channel.py"],
    "pytest_html": ["pytest_reqflo/host/html_extras.py"],
    "opentelemetry": ["pytest_reqflo/host/tracing.py"],
    "xdist": ["pytest_reqflo/host/", "pytest_reqflo/plugin.py"],
    "pytest": [
        "pytest_reqflo/host/",
        "pytest_reqflo/plugin.py",
        "pytest_reqflo/cli/run",
    ],
}


def imported_names(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("library", sorted(DOORS))
def test_each_library_has_one_door(library):
    users = {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == library for name in imported_names(path))
    }
    strangers = {user for user in users if not user.startswith(tuple(DOORS[library]))}
    assert strangers == set()


def test_no_module_reads_the_private_parts_of_pytest():
    users = [
        str(path)
        for path in PACKAGE.rglob("*.py")
        if any(name.split(".")[0] == "_pytest" for name in imported_names(path))
    ]
    assert users == []


def test_frozen_values_are_declared_the_cheap_way():
    standard = [
        str(path)
        for path in PACKAGE.rglob("*.py")
        if "frozen=True, slots=True" in (text := path.read_text())
        if re.search(r"^from dataclasses import .*\bdataclass\b", text, re.MULTILINE)
    ]
    assert standard == []


def test_imports_go_one_way():
    # Read from the checkout: the wheel holds the same modules, the contracts stand in pyproject.
    run = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_the_lowest_versions_tested_are_those_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = dict(
        dependency.partition(",")[0].split(">=") for dependency in project["dependencies"]
    )
    pinned = dict(
        line.split("==")
        for line in (ROOT / "tests/constraints-lowest.txt").read_text().splitlines()
        if line and not line.startswith("#")
    )
    assert declared.keys() == pinned.keys()
    for name, version in declared.items():
        assert (pinned[name] + ".").startswith(version + "."), name


def test_every_module_imports_alone_without_warnings():
    """One process per module would take a minute; a fresh import state per module shows the same."""
    script = (
        "import importlib, sys, warnings\n"
        "warnings.simplefilter('error')\n"
        "baseline = set(sys.modules)\n"
        "for name in sys.argv[1:]:\n"
        "    for loaded in [m for m in sys.modules if m.startswith('pytest_reqflo')]:\n"
        "        del sys.modules[loaded]\n"
        "    importlib.import_module(name)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, *MODULES],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]


RUN_SIDE = ["pytest_reqflo.run.journey", "pytest_reqflo.run.attempt", "pytest_reqflo.engine.local",
            "pytest_reqflo.plan.planner", "pytest_reqflo.plan.environments", "pytest_reqflo.artifact.store"]  # fmt: skip


def test_a_run_needs_neither_yaml_nor_pydantic_nor_pytest():
    script = (
        "import importlib, sys\n"
        "for name in sys.argv[1:]: importlib.import_module(name)\n"
        "print(sorted({'yaml', 'pydantic', 'pytest', 'dbos'} & set(sys.modules)))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script, *RUN_SIDE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == "[]"


def test_every_code_is_explained_in_the_reference():
    from pytest_reqflo.errors import CODES

    page = (ROOT / "docs/reference/errors.md").read_text(encoding="utf-8")
    explained = re.findall(r"^### (RF\d{3})", page, re.MULTILINE)
    assert explained == list(CODES)


def test_every_code_is_raised_somewhere_and_known():
    from pytest_reqflo.errors import CODES

    text = "\n".join(
        path.read_text(encoding="utf-8")
        for path in PACKAGE.rglob("*.py")
        if path.name != "errors.py"
    )
    used = set(re.findall(r"\bRF\d{3}\b", text))
    assert used == set(CODES)
