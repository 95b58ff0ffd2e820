"""An environment is chosen once, and again when something can have changed it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_reqflo.host.choices import Choices
from pytest_reqflo.syntax.library import load_library


def chosen_in(choices: Choices, library: Any, names: tuple[str, ...], patch: Any) -> int:
    """Return how often an environment was made, when it was asked for once per name of a test."""
    made: list[Any] = []
    for name in names:
        patch.setenv("PYTEST_CURRENT_TEST", name)
        choices.find(library, lambda: made.append(object()))  # type: ignore[arg-type,func-returns-value]
    return len(made)


def test_the_name_of_the_test_at_hand_changes_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pytest sets it at each phase of each test: all rows of a journey share one environment."""
    library = load_library(tmp_path)
    assert chosen_in(Choices(), library, ("a (call)", "b (call)", "c (call)"), monkeypatch) == 1


def test_another_variable_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hook may set a variable that an environment reads."""
    library, choices = load_library(tmp_path), Choices()
    chosen_in(choices, library, ("a",), monkeypatch)
    monkeypatch.setenv("API_HOST", "elsewhere")
    assert chosen_in(choices, library, ("b", "c"), monkeypatch) == 1
