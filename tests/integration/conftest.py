"""What the tests of this folder share."""

from __future__ import annotations

import functools

import pytest
from sending import KINDS, make_sender


@pytest.fixture(params=KINDS)
def sender(request: pytest.FixtureRequest) -> functools.partial:
    """Give what makes a sender; a test that asks for it runs over every transport."""
    if request.param.startswith("fast"):
        pytest.importorskip("pyreqwest", reason="needs the extra [fast]")
    return functools.partial(make_sender, request.param)


@pytest.fixture(params=[kind for kind in KINDS if not kind.endswith("-async")])
def blocking_sender(request: pytest.FixtureRequest) -> functools.partial:
    """Give what makes a sender over a transport that keeps its caller waiting."""
    if request.param == "fast":
        pytest.importorskip("pyreqwest", reason="needs the extra [fast]")
    return functools.partial(make_sender, request.param)
