"""Whether what durable runs need is installed. Imports nothing of it."""

from __future__ import annotations

import importlib.util

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem


def require_extra() -> None:
    """Raise UsageProblem RF610 when what durable runs need is not installed."""
    missing = [name for name in ("dbos", "cryptography") if not importlib.util.find_spec(name)]
    if missing:
        title = f"durable runs need {' and '.join(missing)}, which is not installed"
        hint = "pip install 'pytest-reqflo[durable]'"
        raise UsageProblem(Diagnostic(code="RF610", title=title, hint=hint))
