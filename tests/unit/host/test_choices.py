"""An environment is chosen once, and again when something can have changed it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reqflo.host.choices import Choices
from pytest_reqflo.host.environment import choose_environment
from pytest_reqflo.syntax.library import Library, load_library

ENVIRONMENT = "environment: {name: local, values_from_env: {host: API_HOST}}\n"


@pytest.fixture
def library(tmp_path: Path) -> Library:
    folder = tmp_path / "environments"
    folder.mkdir()
    (folder / "local.yaml").write_text(ENVIRONMENT)
    return load_library(tmp_path)


def hosts_in(
    library: Library, variable: str, texts: tuple[str, ...], *, is_watched: bool = True
) -> tuple[list[object], int]:
    """Return the hosts that environments have while *variable* changes, and how many were made."""
    choices, made = Choices(), []
    choices.is_watched = is_watched

    def choose() -> object:
        made.append(choose_environment(library, None, library.root))
        return made[-1]

    found = []
    with pytest.MonkeyPatch.context() as patch:
        for text in texts:
            patch.setenv(variable, text)
            chosen = choices.find(library, choose)  # type: ignore[arg-type]
            found.append(chosen.snapshot.values.get("host"))
    return found, len(made)


def test_the_name_of_the_test_at_hand_changes_no_environment(library: Library) -> None:
    """pytest sets it at each phase of each test: all rows of a journey share one environment."""
    assert hosts_in(library, "PYTEST_CURRENT_TEST", ("a (call)", "b (call)"))[1] == 1


def test_a_variable_that_it_reads_is_seen(library: Library) -> None:
    """A hook may set it between two tests."""
    assert hosts_in(library, "API_HOST", ("one", "one", "two")) == (["one", "one", "two"], 2)


def test_a_value_of_the_person_running_is_seen(library: Library) -> None:
    assert hosts_in(library, "REQFLO_ME_TOKEN", ("one", "two", "two"))[1] == 2


@pytest.mark.parametrize("variable", ["API_HOST", "REQFLO_ME_TOKEN"])
def test_counting_finds_what_came_and_what_changed(library: Library, variable: str) -> None:
    """Where no hook of the suite runs in between, nobody puts one variable in place of another."""
    assert hosts_in(library, variable, ("one", "one", "two"), is_watched=False)[1] == 2
    test = "PYTEST_CURRENT_TEST"
    assert hosts_in(library, test, ("a (call)", "b (call)"), is_watched=False)[1] == 1
