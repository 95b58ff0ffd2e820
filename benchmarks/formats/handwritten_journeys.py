"""The journeys as a careful person writes them by hand: pytest, httpx, one client."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

BASE, DELAY, AND_DELAY, COUNT = "@BASE@", "@DELAY@", "@AND_DELAY@", int("@COUNT@")


@pytest.fixture(scope="session")
def client() -> Iterator[httpx.Client]:
    """Give one client to all tests."""
    with httpx.Client(trust_env=False) as client:
        yield client


@pytest.mark.parametrize("i", range(COUNT))
def test_journey(client: httpx.Client, i: int) -> None:
    """Log in, create an order, get it, list orders."""
    customer, sku, qty = f"cust-{i}", f"SKU-{i % 97}", i % 9 + 1
    login = {"user": customer, "password": "secret"}
    answer = client.post(f"{BASE}/login{DELAY}", json=login)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    headers = {"authorization": f"Bearer {answer.json()['token']}"}
    order = {"customer": customer, "sku": sku, "qty": qty}
    answer = client.post(f"{BASE}/orders{DELAY}", json=order, headers=headers)
    assert answer.status_code == 201
    created = answer.json()
    assert created["customer"] == customer
    assert created["total"] == qty * 10
    answer = client.get(f"{BASE}/orders/{created['id']}{DELAY}", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["id"] == created["id"]
    assert answer.json()["items"][0]["sku"] == sku
    answer = client.get(f"{BASE}/orders?limit=5{AND_DELAY}", headers=headers)
    assert answer.status_code == 200
    assert answer.json()["count"] == 5
    assert answer.json()["orders"][0]["currency"] == "EUR"
