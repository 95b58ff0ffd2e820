"""Orders: place, list, delete, pay by an asynchronous job, and a checkout in one request."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from server.answers import Refused, json_object, require_customer, store_of
from server.catalogue import answer_page, read_page
from server.store import Store

SETTLING_S = 0.15
"""How long the card company takes; the answer depends on the card alone."""

REFUSED_CARD = "4000000000000002"


def show_order(order: sqlite3.Row) -> dict[str, Any]:
    return {
        "id": f"ord-{order['number']:06}",
        "customer_id": order["customer_id"],
        "sku": order["sku"],
        "quantity": order["quantity"],
        "total": order["total_cents"] / 100,
        "state": order["state"],
        "reference": order["reference"],
    }


def _place(db: sqlite3.Connection, customer_id: str, body: dict[str, Any], state: str) -> int:
    """Take the goods from stock and write the order; refuse with 409 or 422."""
    sku, quantity = body.get("sku"), body.get("quantity", 1)
    if isinstance(quantity, bool) or not isinstance(quantity, int) or quantity < 1:
        raise Refused(422, "bad_quantity", "quantity is a whole number from 1.", field="quantity")
    product = db.execute("select * from products where sku = ?", (sku,)).fetchone()
    if product is None:
        raise Refused(422, "unknown_product", f"There is no product {sku}.", field="sku")
    taken = db.execute(
        "update products set stock = stock - ? where sku = ? and stock >= ?",
        (quantity, sku, quantity),
    )
    if taken.rowcount == 0:
        raise Refused(409, "out_of_stock", f"{sku} is out of stock.", field="quantity")
    row = (customer_id, sku, quantity, quantity * product["price_cents"], state)
    number = db.execute(
        "insert into orders (customer_id, sku, quantity, total_cents, state, reference)"
        " values (?, ?, ?, ?, ?, ?)",
        (*row, body.get("reference")),
    ).lastrowid
    assert number is not None
    return number


def _order(db: sqlite3.Connection, number: int) -> sqlite3.Row:
    row = db.execute("select * from orders where number = ?", (number,)).fetchone()
    assert isinstance(row, sqlite3.Row)
    return row


def _own_order(request: Request, db: sqlite3.Connection) -> sqlite3.Row:
    """Return the order of the path if it is the caller's, or refuse with 401 or 404."""
    customer = require_customer(request, db)
    order_id = request.path_params["order_id"]
    number = order_id.removeprefix("ord-")
    row = db.execute(
        "select * from orders where number = ? and customer_id = ?",
        (int(number) if number.isdigit() else -1, customer["id"]),
    ).fetchone()
    if row is None:
        raise Refused(404, "unknown_order", f"There is no order {order_id}.")
    assert isinstance(row, sqlite3.Row)
    return row


async def create_order(request: Request) -> Response:
    """Place an order; a repeated Idempotency-Key gives the first order again with 200."""
    body = await json_object(request)
    key = request.headers.get("idempotency-key")
    with store_of(request).transaction() as db:
        customer = require_customer(request, db)
        known = db.execute("select * from orders where idempotency_key = ?", (key,)).fetchone()
        if known is not None:
            return JSONResponse({"order": show_order(known)})
        number = _place(db, customer["id"], body, "placed")
        db.execute("update orders set idempotency_key = ? where number = ?", (key, number))
        order = show_order(_order(db, number))
    return JSONResponse({"order": order}, 201, headers={"Location": f"/orders/{order['id']}"})


async def list_orders(request: Request) -> Response:
    """List the caller's orders in pages, or those with one reference."""
    offset, limit = read_page(request)
    reference = request.query_params.get("reference")
    where = "customer_id = ?" if reference is None else "customer_id = ? and reference = ?"
    with store_of(request).transaction() as db:
        customer = require_customer(request, db)
        args = [customer["id"]] if reference is None else [customer["id"], reference]
        (total,) = db.execute(f"select count(*) from orders where {where}", args).fetchone()
        rows = db.execute(
            f"select * from orders where {where} order by number limit ? offset ?",
            (*args, limit, offset),
        ).fetchall()
    return answer_page(request, [show_order(row) for row in rows], total)


async def get_order(request: Request) -> Response:
    with store_of(request).transaction() as db:
        return JSONResponse(show_order(_own_order(request, db)))


async def delete_order(request: Request) -> Response:
    """Forget the order and put its goods back."""
    with store_of(request).transaction() as db:
        order = _own_order(request, db)
        db.execute("delete from orders where number = ?", (order["number"],))
        db.execute(
            "update products set stock = stock + ? where sku = ?", (order["quantity"], order["sku"])
        )
    return Response(status_code=204)


async def pay_order(request: Request) -> Response:
    """Accept the payment at once; a job settles it a little later."""
    body = await json_object(request)
    store = store_of(request)
    with store.transaction() as db:
        order = _own_order(request, db)
        db.execute("update orders set state = 'settling' where number = ?", (order["number"],))
    state = "rejected" if body.get("card") == REFUSED_CARD else "paid"
    job = threading.Timer(SETTLING_S, _settle, (store, order["number"], state))
    job.daemon = True
    job.start()
    return JSONResponse({"state": "settling"}, 202, headers={"Retry-After": "1"})


def _settle(store: Store, number: int, state: str) -> None:
    with store.transaction() as db:
        db.execute("update orders set state = ? where number = ?", (state, number))


async def check_out(request: Request) -> Response:
    """Order and pay in one request, for a customer known by id."""
    body = await json_object(request)
    with store_of(request).transaction() as db:
        customer_id = body.get("customer_id")
        if not db.execute("select 1 from customers where id = ?", (customer_id,)).fetchone():
            raise Refused(
                422, "unknown_customer", f"There is no customer {customer_id}.", field="customer_id"
            )
        number = _place(db, str(customer_id), body, "paid")
        if body.get("card") == REFUSED_CARD:
            # Leaving the transaction by an exception takes the order back.
            raise Refused(402, "card_refused", "The card was refused.", field="card")
        order = show_order(_order(db, number))
    return JSONResponse({"order": order}, 201, headers={"Location": f"/orders/{order['id']}"})


async def find_by_reference(request: Request) -> Response:
    """Say which orders carry a reference, without login: the warehouse's view."""
    with store_of(request).transaction() as db:
        rows = db.execute(
            "select * from orders where reference = ?", (request.path_params["reference"],)
        ).fetchall()
    return JSONResponse({"orders": [show_order(row) for row in rows]})


ROUTES = [
    Route("/orders", create_order, methods=["POST"]),
    Route("/orders", list_orders),
    Route("/orders/{order_id}", get_order),
    Route("/orders/{order_id}", delete_order, methods=["DELETE"]),
    Route("/orders/{order_id}/payment", pay_order, methods=["POST"]),
    Route("/checkout", check_out, methods=["POST"]),
    Route("/warehouse/{reference}", find_by_reference),
]
