"""Fixed surroundings for every test: width, colours, locale, no settings of the person running."""

from __future__ import annotations

import os

# Modules first loaded in an inner run are dropped after it. Hypothesis' plugin loads its own there;
# cryptography, loaded again, raises exceptions of its former self.
import hypothesis.internal.observability  # noqa: F401
import native  # noqa: F401
import pytest

pytest_plugins = ["pytester"]


# With CI or BUILD_NUMBER set, pytest does not shorten the lines of its summary.
_UNSET = {"BUILD_NUMBER", "CI", "FORCE_COLOR", "PYTEST_ADDOPTS", "PY_COLORS"}


@pytest.fixture(autouse=True)
def fixed_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("REQFLO_") or name in _UNSET:
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the expected messages and pages"
    )
