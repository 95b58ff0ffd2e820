"""Start the example application for the journeys of this folder.

A journey asks for the server with `settings: {fixtures: [shop]}`; `reqflo_environment` tells every
journey where the server listens. Each pytest-xdist worker starts a server of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

APP = Path(__file__).with_name("app.py")


@pytest.fixture(scope="session")
def shop() -> Iterator[dict[str, str]]:
    """Give the base URLs of both services of a running application, by service."""
    command = [sys.executable, str(APP)]
    # Leaving the block closes the application's standard input, which ends it.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(
                "the example application did not start (its own error is in the captured stderr);"
                ' it needs: pip install "pytest-reqflo[example]"'
            )
        yield json.loads(line)


@pytest.fixture(scope="session")
def reqflo_environment(shop: dict[str, str]) -> dict[str, Any]:
    """Replace the base URLs of the chosen environment by those of the running application."""
    return {"services": {name: {"base_url": url} for name, url in shop.items()}}
