from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from demo_server import running_shop


@pytest.fixture(scope="session")
def reqflo_environment():
    with running_shop() as base_url:
        yield {"services": {"shop": {"base_url": base_url}}}
