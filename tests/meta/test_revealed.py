"""Where the text of a secret may be taken out of its wrapping: the list that a review looks at."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest_reqflo.secret

MAY_REVEAL = {
    "secret.py": "joins texts into a secret",
    "run/body.py": "wire encoding",
    "run/texts.py": "wire encoding",
    "run/hidden.py": "finds what of a request must not follow a server to another origin",
    "run/scope.py": "wire encoding and checks",
    "run/checks.py": "checks",
    "evidence/redact.py": "redaction registry",
    "engine/durable/secret_keeper.py": "seals it for the database",
    "engine/secret_check.py": "asks whether the redaction registry could hide it",
}


def test_the_text_is_revealed_only_where_it_is_sent_hidden_or_checked():
    package = Path(pytest_reqflo.secret.__file__).parent
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("reveal", "_text")
        if not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }
    assert found == MAY_REVEAL.keys()
