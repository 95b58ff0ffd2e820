"""The module through which pytest runs the files of gabbi beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gabbi import driver
from gabbi.driver import test_pytest  # noqa: F401

_FILES = Path(__file__).parent / "gabbits"
_PORT = int("@PORT@")


def pytest_generate_tests(metafunc: Any) -> None:
    """Make a test of each step of each file."""
    driver.py_test_generator(
        str(_FILES), host="127.0.0.1", port=_PORT, test_loader_name=__name__, metafunc=metafunc
    )
