"""Whether what the page needs is installed. Imports nothing of it."""

from __future__ import annotations

import importlib.util

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem


def require_extra() -> None:
    """Raise UsageProblem RF610 when what `reqflo ui` needs is not installed."""
    missing = [name for name in ("starlette", "uvicorn") if not importlib.util.find_spec(name)]
    if missing:
        title = f"`reqflo ui` needs {' and '.join(missing)}, which is not installed"
        hint = "pip install 'pytest-reqflo[ui]'"
        raise UsageProblem(Diagnostic(code="RF610", title=title, hint=hint))
