"""Two JSON values to the places where they differ. Pure."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping

from pytest_reqflo.result import Difference
from pytest_reqflo.values import Json, is_array, json_equal, json_type

MAX_DIFFERENCES = 20

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def differences(
    expected: Json, actual: Json, limit: int = MAX_DIFFERENCES
) -> tuple[Difference, ...]:
    """Return the first *limit* places where *actual* is not *expected*, in order of *expected*.

    Shape: items of arrays are compared by index; ``missing`` is in *expected* only, ``added`` in
        *actual* only, ``type`` is another JSON type, ``changed`` another value of the same type.
    """
    return tuple(itertools.islice(_walk(expected, actual, "$"), limit))


def _walk(expected: Json, actual: Json, path: str) -> Iterator[Difference]:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _walk_objects(expected, actual, path)
    elif is_array(expected) and is_array(actual):
        yield from _walk_arrays(expected, actual, path)
    elif not json_equal(expected, actual):
        is_same_type = value_kind(expected) == value_kind(actual)
        yield Difference(
            path=path,
            change="changed" if is_same_type else "type",
            expected=expected,
            actual=actual,
        )


def _walk_objects(
    expected: Mapping[str, Json], actual: Mapping[str, Json], path: str
) -> Iterator[Difference]:
    for key, item in expected.items():
        if key in actual:
            yield from _walk(item, actual[key], path + jsonpath_step(key))
        else:
            yield Difference(path=path + jsonpath_step(key), change="missing", expected=item)
    for key in actual:
        if key not in expected:
            yield Difference(path=path + jsonpath_step(key), change="added", actual=actual[key])


def _walk_arrays(expected: Json, actual: Json, path: str) -> Iterator[Difference]:
    shared = min(len(expected), len(actual))
    for index in range(shared):
        yield from _walk(expected[index], actual[index], f"{path}[{index}]")
    for index in range(shared, len(expected)):
        yield Difference(path=f"{path}[{index}]", change="missing", expected=expected[index])
    for index in range(shared, len(actual)):
        yield Difference(path=f"{path}[{index}]", change="added", actual=actual[index])


def value_kind(value: Json) -> str:
    """Return the JSON type of *value*, integers being numbers: what equality goes by."""
    kind = json_type(value)
    return "number" if kind == "integer" else kind


def jsonpath_step(key: str) -> str:
    """Return *key* as a step of a JSONPath: ``.name`` or ``['odd name']``."""
    if _PLAIN_NAME.fullmatch(key):
        return f".{key}"
    quoted = json.dumps(key, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"['{quoted}']"
