"""What every endpoint shares: the form of an error, and who is calling."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse

from server.store import Store


class Refused(Exception):
    """A request the service refuses: answered as ``{"error": {"code", "message", ...}}``."""

    def __init__(
        self, status: int, code: str, message: str, *, headers: dict[str, str] | None = None,
        **details: Any,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status = status
        self.headers = headers
        self.body = {"error": {"code": code, "message": message, **details}}


async def answer_refused(request: Request, refused: Exception) -> JSONResponse:
    """Turn a `Refused` into its response."""
    assert isinstance(refused, Refused)
    return JSONResponse(refused.body, refused.status, headers=refused.headers)


def store_of(request: Request) -> Store:
    store = request.app.state.store
    assert isinstance(store, Store)
    return store


async def json_object(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body, or refuse with 400."""
    try:
        body = await request.json()
    except ValueError:
        raise Refused(400, "not_json", "The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Refused(400, "not_an_object", "The body is not a JSON object.")
    return body


def require_customer(request: Request, db: sqlite3.Connection) -> sqlite3.Row:
    """Return the customer whose bearer token came with the request, or refuse with 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    row = db.execute(
        "select c.* from customers c join tokens t on t.customer_id = c.id where t.token = ?",
        (token,),
    ).fetchone()
    if scheme.lower() != "bearer" or row is None:
        raise Refused(
            401, "no_token", "Log in first.", headers={"WWW-Authenticate": 'Bearer realm="shop"'}
        )
    assert isinstance(row, sqlite3.Row)
    return row


def basic_credentials(request: Request) -> tuple[str, str]:
    """Return user name and password of HTTP basic authentication; empty when there are none."""
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        username, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return username, password
