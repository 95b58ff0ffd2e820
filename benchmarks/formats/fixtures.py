"""A suite that supplies values to its journeys by fixtures, as many do."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(scope="session")
def reqflo_environment() -> dict[str, Any]:
    """Give a value that no file knows."""
    return {"values": {"region": "north"}}
