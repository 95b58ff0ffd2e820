"""T26: the plugin harms no other: names of its own, few dependencies, nothing private of pytest."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

from package import FOLDER, imported_names, modules

REQUIRED = {
    "pytest", "pytest-xdist", "pyyaml", "httpx", "h11", "pydantic", "jsonschema", "jsonpath-rfc9535", "regex",
}  # fmt: skip
IMPORTED = {
    "pytest", "yaml", "httpx", "h11", "pydantic", "pydantic_core", "jsonschema", "referencing", "jsonpath_rfc9535", "regex",
}  # fmt: skip


def _distribution() -> importlib.metadata.Distribution:
    return importlib.metadata.distribution("pytest-reqflo")


def test_the_distribution_needs_no_more_than_it_says() -> None:
    needs = [need for need in _distribution().requires or () if "extra ==" not in need]
    assert {need.split(">")[0].split("<")[0].strip().lower() for need in needs} == REQUIRED


def test_every_import_is_the_standard_library_or_a_dependency() -> None:
    optional = {"keyring", "dbos", "sqlalchemy", "cryptography", "croniter", "pyreqwest", "uvloop"}
    optional |= {"starlette", "uvicorn"}
    # What another plugin has loaded already.
    optional |= {"allure", "allure_commons", "pytest_html", "opentelemetry"}
    roots = {name.split(".")[0] for _, tree in modules() for name in imported_names(tree)}
    assert roots - set(sys.stdlib_module_names) - optional == IMPORTED | {"pytest_reqflo"}


def test_it_installs_one_module_and_that_has_its_own_name() -> None:
    files = [str(path) for path in _distribution().files or ()]
    roots = {path.split("/")[0] for path in files if not path.startswith("..")}
    assert {root for root in roots if not root.endswith((".dist-info", ".pth"))} <= {FOLDER.name}


def test_the_plugin_changes_nothing_of_the_process_when_it_is_loaded() -> None:
    """Nothing heavy, no signal handler, no logging set up, no change of the environment or warnings."""
    script = (
        "import logging, os, pytest, signal, sys, warnings\n"
        "def state(): return (dict(os.environ), [signal.getsignal(n) for n in signal.valid_signals()],\n"
        "    logging.root.handlers[:], logging.root.level, warnings.filters[:], sys.path[:], sys.meta_path[:])\n"
        "before = state()\n"
        "import pytest_reqflo.plugin\n"
        "assert state() == before\n"
        "print(sorted({'yaml', 'httpx', 'pydantic', 'jsonschema', 'regex', 'xdist'} & set(sys.modules)))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
