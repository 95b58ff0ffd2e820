"""Fixed surroundings for every test: width, colours, locale, no settings of the person running."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

# Modules first loaded in an inner run are dropped after it. Hypothesis' plugin loads its own there;
# cryptography, loaded again, raises exceptions of its former self.
import hypothesis.internal.observability
import native  # noqa: F401
import pytest

# An example that takes long says something of the machine: two tenths of a second are a pause of it.
hypothesis.settings.register_profile(
    "patient", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("patient")

pytest_plugins = ["pytester"]


_NUMBERS = itertools.count()

# With CI or BUILD_NUMBER set, pytest does not shorten the lines of its summary.
_UNSET = {"BUILD_NUMBER", "CI", "FORCE_COLOR", "PYTEST_ADDOPTS", "PY_COLORS"}


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let nothing look into the cache of the person running; whatever starts sooner than a test too."""
    folder = tmp_path_factory.getbasetemp() / f"caches-{os.getpid()}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def fixed_surroundings(monkeypatch: pytest.MonkeyPatch, own_cache: Path) -> None:
    for name in list(os.environ):
        if name.startswith("REQFLO_") or name in _UNSET:
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    # Each test has a cache of its own, made when it is first written.
    monkeypatch.setenv("XDG_CACHE_HOME", str(own_cache / str(next(_NUMBERS))))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite the expected messages and pages"
    )
