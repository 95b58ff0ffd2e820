"""The example application does what its journeys take for granted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

APP = Path(__file__).parents[2] / "examples" / "shop" / "app.py"


@pytest.fixture(scope="module")
def bases() -> Iterator[dict[str, str]]:
    with subprocess.Popen(
        [sys.executable, str(APP)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())


@pytest.fixture
def shop(bases: dict[str, str]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=bases["shop"]) as client:
        yield client


@pytest.fixture
def ada(bases: dict[str, str]) -> dict[str, str]:
    body = {"username": "ada", "password": "correct-horse-battery"}
    token = httpx.post(f"{bases['accounts']}/login", json=body).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def test_it_ends_when_its_standard_input_is_closed() -> None:
    with subprocess.Popen(
        [sys.executable, str(APP)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
    assert process.returncode == 0


def test_the_services_do_not_share_addresses(bases: dict[str, str]) -> None:
    assert httpx.get(f"{bases['shop']}/me").status_code == 404
    assert httpx.get(f"{bases['accounts']}/orders").status_code == 404


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer no"}, {"Authorization": "no"}])
def test_orders_need_a_token(shop: httpx.Client, header: dict[str, str]) -> None:
    answer = shop.get("/orders", headers=header)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "no_token")


def test_a_refused_card_leaves_neither_order_nor_gap_in_the_stock(shop: httpx.Client) -> None:
    before = shop.get("/products/sku-052").json()["stock"]
    body = {"customer_id": "c-001", "sku": "sku-052", "card": "4000000000000002", "reference": "x"}
    assert shop.post("/checkout", json=body).status_code == 402
    assert shop.get("/warehouse/x").json() == {"orders": []}
    assert shop.get("/products/sku-052").json()["stock"] == before


@pytest.mark.parametrize(
    "change",
    [{"quantity": 0}, {"quantity": "2"}, {"quantity": True}, {"sku": None}, {"customer_id": 7}],
)
def test_a_bad_checkout_is_answered_422(shop: httpx.Client, change: dict[str, object]) -> None:
    body = {"customer_id": "c-001", "sku": "sku-001", "card": "1"}
    assert shop.post("/checkout", json=body | change).status_code == 422


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_json_object_is_answered_400(shop: httpx.Client, body: bytes) -> None:
    assert shop.post("/checkout", content=body).status_code == 400


def test_five_of_a_kind_are_sold_five_times_at_most(
    shop: httpx.Client, ada: dict[str, str]
) -> None:
    def order(_: int) -> httpx.Response:
        return shop.post("/orders", json={"sku": "sku-last"}, headers=ada)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(order, range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 7
    for answer in answers:
        if answer.status_code == 201:
            shop.delete(answer.headers["location"], headers=ada)
    assert shop.get("/products/sku-last").json()["stock"] == 5


def test_a_repeated_key_gives_the_first_order_again(
    shop: httpx.Client, ada: dict[str, str]
) -> None:
    headers = ada | {"Idempotency-Key": "one"}
    first = shop.post("/orders", json={"sku": "sku-001"}, headers=headers)
    again = shop.post("/orders", json={"sku": "sku-001"}, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
