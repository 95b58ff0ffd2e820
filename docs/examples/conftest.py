from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from demo_server import running_shop


@pytest.fixture(scope="session")
def shop():
    with running_shop() as base_url:
        yield base_url


@pytest.fixture(scope="session")
def reqflo_environment(shop):
    """Point the service `orders` of the chosen environment at the server just started."""
    return {"services": {"orders": {"base_url": shop}}}
