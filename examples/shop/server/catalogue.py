"""The catalogue: products in pages with next links, one product with an entity tag."""

from __future__ import annotations

import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from server.answers import Refused, store_of


def show_product(product: sqlite3.Row) -> dict[str, Any]:
    return {
        "sku": product["sku"],
        "name": product["name"],
        "category": product["category"],
        "price": product["price_cents"] / 100,
        "in_stock": product["stock"] > 0,
        "stock": product["stock"],
    }


def read_page(request: Request) -> tuple[int, int]:
    """Return offset and limit from the query, or refuse with 422."""
    try:
        offset = int(request.query_params.get("offset", "0"))
        limit = int(request.query_params.get("limit", "20"))
    except ValueError:
        raise Refused(422, "bad_page", "offset and limit are whole numbers.") from None
    if offset < 0 or not 1 <= limit <= 100:
        raise Refused(422, "bad_page", "offset is from 0, limit from 1 to 100.")
    return offset, limit


def answer_page(request: Request, items: list[dict[str, Any]], total: int) -> Response:
    """Answer one page; `next` is the whole URL of the next one, null on the last."""
    offset, limit = read_page(request)
    following = None
    if offset + limit < total:
        following = str(request.url.include_query_params(offset=offset + limit, limit=limit))
    first = request.url.include_query_params(offset=0, limit=limit)
    response = JSONResponse({"items": items, "total": total, "next": following})
    response.headers.append("Link", f'<{first}>; rel="first"')
    if following:
        response.headers.append("Link", f'<{following}>; rel="next"')
    return response


async def list_products(request: Request) -> Response:
    offset, limit = read_page(request)
    categories = request.query_params.getlist("category")
    where, args = "sku <> 'sku-last'", []
    if categories:
        where += f" and category in ({', '.join('?' * len(categories))})"
        args = categories
    with store_of(request).transaction() as db:
        (total,) = db.execute(f"select count(*) from products where {where}", args).fetchone()
        rows = db.execute(
            f"select * from products where {where} order by sku limit ? offset ?",
            (*args, limit, offset),
        ).fetchall()
    return answer_page(request, [show_product(row) for row in rows], total)


async def get_product(request: Request) -> Response:
    sku = request.path_params["sku"]
    with store_of(request).transaction() as db:
        row = db.execute("select * from products where sku = ?", (sku,)).fetchone()
    if row is None:
        raise Refused(404, "unknown_product", f"There is no product {sku}.")
    tag = f'"{sku}-{row["price_cents"]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(show_product(row), headers={"ETag": tag})


async def moved(request: Request) -> Response:
    """Answer the old address of the catalogue: two hops, the first one relative."""
    if request.path_params["hop"] == 1:
        return RedirectResponse("2", status_code=301)
    return RedirectResponse(str(request.url_for("products")), status_code=302)


ROUTES = [
    Route("/products", list_products, name="products"),
    Route("/products/{sku}", get_product),
    Route("/old-catalogue/{hop:int}", moved),
]
