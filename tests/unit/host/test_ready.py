"""Which items may count on fixtures that others have set up."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pytest_reqflo.host.ready import ReadyFixtures


def fixture(name: str, scope: str = "session") -> Any:
    return SimpleNamespace(argname=name, scope=scope)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("one", "one/deep", "two"):
        (tmp_path / folder).mkdir()
    for folder in (".", "one", "two"):
        (tmp_path / folder / "conftest.py").touch()
    return tmp_path


def item(path: Path, *names: str, **values: object) -> Any:
    funcargs = {**dict.fromkeys(names, object()), **values}
    return SimpleNamespace(path=path, fixturenames=[*names, *values], funcargs=funcargs)


def test_what_one_item_has_set_up_serves_those_that_see_the_same(root: Path) -> None:
    ready = ReadyFixtures(root)
    first = item(root / "one" / "a.yaml", "shop", reqflo_inputs={"n": 1})
    assert ready.values_for(first) is None
    for name in ("shop", "reqflo_inputs"):
        ready.note_fixture(fixture(name))
    assert ready.values_for(first) is None
    ready.note_item(first)
    for path in ("one/b.yaml", "one/deep/c.yaml"):
        same = item(root / path, "reqflo_inputs", "shop")
        assert ready.values_for(same) == {"reqflo_inputs": {"n": 1}}


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("two/a.yaml", ["shop"]),
        ("a.yaml", ["shop"]),
        ("one/a.yaml", ["shop", "other"]),
        ("one/a.yaml", []),
    ],
)
def test_another_folder_or_closure_waits_for_its_turn(root: Path, path: str, names) -> None:
    ready = ReadyFixtures(root)
    ready.note_fixture(fixture("shop"))
    ready.note_item(item(root / "one" / "z.yaml", "shop"))
    assert ready.values_for(item(root / path, *names)) is None


@pytest.mark.parametrize("scope", ["function", "class", "module", "package"])
def test_one_narrower_fixture_keeps_all_with_it_inline(root: Path, scope: str) -> None:
    ready = ReadyFixtures(root)
    ready.note_fixture(fixture("shop"))
    ready.note_fixture(fixture("fresh", scope))
    both = item(root / "a.yaml", "shop", "fresh")
    ready.note_item(both)
    assert ready.values_for(both) is None


def test_the_request_of_pytest_is_no_fixture_to_wait_for(root: Path) -> None:
    ready = ReadyFixtures(root)
    ready.note_fixture(fixture("shop"))
    mine = item(root / "a.yaml", "request", "shop")
    ready.note_item(mine)
    assert ready.values_for(mine) == {}


def test_a_fixture_that_nobody_was_seen_to_set_up_is_not_counted_on(root: Path) -> None:
    ready = ReadyFixtures(root)
    mine = item(root / "a.yaml", "shop")
    ready.note_item(mine)
    assert ready.values_for(mine) is None
