"""The rows as a careful person writes them by hand: parametrize, httpx, one client."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

BASE, DELAY = "@BASE@", "@DELAY@"
with (Path(__file__).parent / "rows.csv").open() as file:
    ROWS = list(csv.DictReader(file))


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    """Give one client to all tests."""
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.mark.parametrize("row", ROWS, ids=[row["customer"] for row in ROWS])
def test_create(client: httpx.Client, row: dict[str, str]) -> None:
    """Create an order."""
    order = {"customer": row["customer"], "sku": row["sku"], "qty": int(row["qty"])}
    headers = {"authorization": "Bearer tok-1"}
    answer = client.post(f"{BASE}/orders{DELAY}", json=order, headers=headers)
    assert answer.status_code == 201
    assert answer.json()["customer"] == row["customer"]
    assert answer.json()["total"] == int(row["total"])
