"""A result without what this process hides: a run knows its own secrets, not those of other runs.

Nor does a run know, while it records a step, what a later step will call sensitive.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pytest_reqflo.evidence.model import Body
from pytest_reqflo.host.hiding import Hide, Hiding
from pytest_reqflo.result import (
    CheckResult,
    Difference,
    JourneyResult,
    Problem,
    RunIdentity,
    StepResult,
    TryResult,
    ValueOrigin,
)
from pytest_reqflo.values import is_number

T = TypeVar("T")

_WORDS_OF_OURS: Mapping[type, frozenset[str]] = {
    Body: frozenset({"encoding", "sha256", "file"}),
    CheckResult: frozenset({"pointer", "type", "operator", "origin"}),
    Difference: frozenset({"change"}),
    JourneyResult: frozenset({
        "outcome", "started_at", "finished_at", "category", "fingerprint", "lines",
    }),
    Problem: frozenset({"code", "category", "pointer"}),
    RunIdentity: frozenset({"run_id", "journey_id", "artifact", "version"}),
    StepResult: frozenset({"id", "pointer", "outcome", "phase", "cause"}),
    TryResult: frozenset({"outcome", "started_at"}),
    ValueOrigin: frozenset({"kind_of_name", "layer"}),
}  # fmt: skip
"""Fields that hold words and names of ours or of the author, by which readers find their way."""


def hide_result(result: JourneyResult, hiding: Hiding) -> JourneyResult:
    """Return *result* without any value that *hiding* hides; the same object when it shows none."""
    if hiding.is_empty or not hiding.may_begin_in("\n".join(_texts(result))):
        return result
    return _hidden(result, hiding.text)


def _texts(value: Any) -> Iterator[str]:
    """Yield the texts and numbers in *value*."""
    if isinstance(value, str):
        yield value
    elif is_number(value):
        yield str(value)
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _texts(key)
            yield from _texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _texts(item)
    elif dataclasses.is_dataclass(value):
        for name in _open_fields(value):
            yield from _texts(getattr(value, name))


def _hidden(value: T, hide: Hide) -> T:
    shown: Any = value
    if isinstance(value, str):
        shown = hide(value)
    elif isinstance(value, Mapping):
        shown = {hide(key): _hidden_json(item, hide) for key, item in value.items()}
    elif isinstance(value, tuple):
        shown = tuple(_hidden(item, hide) for item in value)
    elif isinstance(value, list):
        shown = [_hidden_json(item, hide) for item in value]
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        changed = {name: _hidden_field(value, name, hide) for name in _open_fields(value)}
        shown = dataclasses.replace(value, **changed)
    return shown  # type: ignore[no-any-return]


def _hidden_field(owner: Any, name: str, hide: Hide) -> Any:
    value = getattr(owner, name)
    return _hidden_json(value, hide) if name in _JSON else _hidden(value, hide)


_JSON = frozenset({"expected", "actual", "value", "extra"})
"""Fields that hold values of any kind."""


def _hidden_json(value: Any, hide: Hide) -> Any:
    if is_number(value):
        # A hidden number stands in bodies as a text of digits, and would stand here as itself.
        text = str(value)
        shown = hide(text)
        return value if shown == text else shown
    if isinstance(value, Mapping):
        return {hide(str(key)): _hidden_json(item, hide) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_hidden_json(item, hide) for item in value)
    return hide(value) if isinstance(value, str) else value


def _open_fields(value: Any) -> Iterator[str]:
    fixed = _WORDS_OF_OURS.get(type(value), frozenset())
    return (each.name for each in dataclasses.fields(value) if each.name not in fixed)
