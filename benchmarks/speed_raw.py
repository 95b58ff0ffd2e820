"""The floor: the same journeys or rows as a plain loop around one client, without any framework.

python speed_raw.py CLIENT BASE COUNT STEPS [DELAY]    CLIENT: httpx or pyreqwest
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from typing import Any

Send = Callable[[str, str, Any, dict[str, str]], tuple[int, Any]]
"""Sends (method, path, JSON body or None, headers); returns status and parsed answer."""

Journey = Generator[tuple[str, str, Any, dict[str, str]], tuple[int, Any], None]


def with_httpx(base: str) -> Send:
    """Return a sender over one httpx client."""
    import httpx

    client = httpx.Client(base_url=base, trust_env=False)

    def send(method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        answer = client.request(method, path, json=body, headers=headers)
        return answer.status_code, answer.json()

    return send


def with_pyreqwest(base: str) -> Send:
    """Return a sender over one pyreqwest client."""
    from pyreqwest.client import SyncClientBuilder

    client = SyncClientBuilder().build()

    def send(method: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, Any]:
        request = client.request(method, base + path).headers(headers)
        answer = (request if body is None else request.body_json(body)).build().send()
        return answer.status, answer.json()

    return send


def journey(number: int, delay: str) -> Journey:
    """Yield the requests of one journey and check their answers."""
    customer, sku = f"cust-{number}", f"SKU-{number % 97}"
    login = {"user": customer, "password": "secret"}
    status, answer = yield "POST", f"/login{delay}", login, {}
    assert status == 200
    headers = {"authorization": f"Bearer {answer['token']}"}
    created = yield from row(number, delay, headers)
    status, answer = yield "GET", f"/orders/{created['id']}{delay}", None, headers
    assert status == 200
    assert answer["id"] == created["id"]
    assert answer["items"][0]["sku"] == sku
    status, answer = yield "GET", f"/orders?limit=5{delay.replace('?', '&')}", None, headers
    assert status == 200
    assert answer["count"] == 5
    assert answer["orders"][0]["currency"] == "EUR"


def row(number: int, delay: str, headers: dict[str, str]) -> Generator[Any, Any, Any]:
    """Yield the one request of a row, check its answer and return it."""
    customer, quantity = f"cust-{number}", number % 9 + 1
    order = {"customer": customer, "sku": f"SKU-{number % 97}", "qty": quantity}
    status, created = yield "POST", f"/orders{delay}", order, headers
    assert status == 201
    assert created["customer"] == customer
    assert created["total"] == quantity * 10
    return created


def carry_out(send: Send, exchange: Journey) -> None:
    """Send what *exchange* yields, one request after another."""
    answer = None
    try:
        while True:
            answer = send(*exchange.send(answer))  # type: ignore[arg-type]
    except StopIteration:
        return


def main(client: str, base: str, count: str, steps: str, delay: str = "") -> None:
    """Carry out all journeys, or all rows where there is one step."""
    send = {"httpx": with_httpx, "pyreqwest": with_pyreqwest}[client](base)
    for number in range(int(count)):
        is_row = steps == "1"
        headers = {"authorization": "Bearer tok-1"}
        carry_out(send, row(number, delay, headers) if is_row else journey(number, delay))


if __name__ == "__main__":
    main(*sys.argv[1:])
