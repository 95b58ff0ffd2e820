"""Transports by name, and what is said when one is not installed."""

from __future__ import annotations

import importlib.util

import pytest

from pytest_reqflo.engine.transports import make_async_transport, make_transport, new_event_loop
from pytest_reqflo.errors import UsageProblem


@pytest.mark.parametrize("make", [make_transport, make_async_transport])
def test_a_missing_extra_is_a_usage_problem_with_the_way_to_get_it(make, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(UsageProblem) as raised:
        make("fast")

    [diagnostic] = raised.value.diagnostics
    assert (diagnostic.code, diagnostic.title) == (
        "RF610",
        "the fast transport needs pyreqwest, which is not installed",
    )
    assert diagnostic.hint == "pip install 'pytest-reqflo[fast]'"


def test_without_uvloop_the_loop_is_that_of_asyncio(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    loop = new_event_loop("fast")
    loop.close()

    assert type(loop).__module__.startswith("asyncio")
