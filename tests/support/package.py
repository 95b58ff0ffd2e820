"""The source of the package as trees, for rules that a test holds it to."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest_reqflo

FOLDER = Path(pytest_reqflo.__file__).parent


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield each module's path below the package, and its tree."""
    for path in sorted(FOLDER.rglob("*.py")):
        yield path.relative_to(FOLDER), ast.parse(path.read_text(encoding="utf-8"))


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Yield the full name of each module that is imported, wherever the import stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def called_names(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Yield the dotted name of what each call calls, as it is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), node
