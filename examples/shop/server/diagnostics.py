"""Endpoints for people who learn: the request as it came, an unreliable one, a health check."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.answers import store_of

ANY_METHOD = ["GET", "POST", "PUT", "PATCH", "DELETE"]


async def echo(request: Request) -> Response:
    """Answer what arrived: names and values as lists of pairs, so that repeats are seen."""
    body = (await request.body()).decode("utf-8", "replace")
    return JSONResponse(
        {
            "method": request.method,
            "path": request.url.path,
            "query": [list(pair) for pair in request.query_params.multi_items()],
            "headers": [
                [name.decode("latin-1"), value.decode("latin-1")]
                for name, value in request.headers.raw
            ],
            "cookies": request.cookies,
            "body": body,
            "json": _read_json(body),
        }
    )


def _read_json(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


async def flaky(request: Request) -> Response:
    """Fail the first `fail` requests of a key: with 503, or with a wrong answer (`how=wrong`)."""
    key = request.path_params["key"]
    with store_of(request).transaction() as db:
        (count,) = db.execute(
            "insert into attempts values (?, 1)"
            " on conflict (key) do update set count = count + 1 returning count",
            (key,),
        ).fetchone()
    is_early = count <= int(request.query_params.get("fail", "2"))
    if is_early and request.query_params.get("how") != "wrong":
        return PlainTextResponse("try again later\n", 503, headers={"Retry-After": "1"})
    return JSONResponse({"state": "warming up" if is_early else "ready", "attempts": count})


async def health(request: Request) -> Response:
    return PlainTextResponse("ok")


ROUTES = [
    Route("/echo", echo, methods=ANY_METHOD),
    Route("/flaky/{key}", flaky),
    Route("/health", health),
]
