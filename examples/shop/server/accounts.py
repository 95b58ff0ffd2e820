"""The `accounts` service: login with a token, a session area with cookies, an admin area."""

from __future__ import annotations

import hmac
import secrets
import sqlite3

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from server.answers import Refused, basic_credentials, json_object, require_customer, store_of

# Example credentials of a server that lives for one test run; the journeys read the password
# from `secrets/local.env`, as they would read a real one from the process environment.
ADMIN = ("admin", "swordfish-local-only")


def _show(customer: sqlite3.Row) -> dict[str, str]:
    return {"id": customer["id"], "name": customer["name"], "tier": customer["tier"]}


def _check_password(db: sqlite3.Connection, username: object, password: object) -> sqlite3.Row:
    row = db.execute("select * from customers where username = ?", (str(username),)).fetchone()
    if row is None or not hmac.compare_digest(row["password"].encode(), str(password).encode()):
        raise Refused(401, "wrong_credentials", "User name or password is wrong.")
    assert isinstance(row, sqlite3.Row)
    return row


async def log_in(request: Request) -> Response:
    body = await json_object(request)
    with store_of(request).transaction() as db:
        customer = _check_password(db, body.get("username"), body.get("password"))
        token = secrets.token_urlsafe(24)
        db.execute("insert into tokens values (?, ?)", (token, customer["id"]))
    answer = {"access_token": token, "token_type": "Bearer", "expires_in": 3600}
    return JSONResponse({**answer, "customer": _show(customer)})


async def log_out(request: Request) -> Response:
    token = request.headers.get("authorization", "").partition(" ")[2]
    with store_of(request).transaction() as db:
        require_customer(request, db)
        db.execute("delete from tokens where token = ?", (token,))
    return Response(status_code=204)


async def show_me(request: Request) -> Response:
    with store_of(request).transaction() as db:
        return JSONResponse(_show(require_customer(request, db)))


async def open_session(request: Request) -> Response:
    """Log in with a form, as a browser does: two cookies and a redirect to the session."""
    form = await request.form()
    with store_of(request).transaction() as db:
        customer = _check_password(db, form.get("username"), form.get("password"))
        sid = secrets.token_hex(16)
        db.execute("insert into sessions values (?, ?)", (sid, customer["id"]))
    response = RedirectResponse("session", status_code=303)
    response.set_cookie("sid", sid, path="/", max_age=3600, httponly=True, samesite="lax")
    response.set_cookie("theme", str(form.get("theme", "light")), path="/session")
    return response


async def show_session(request: Request) -> Response:
    with store_of(request).transaction() as db:
        customer = db.execute(
            "select c.* from customers c join sessions s on s.customer_id = c.id where s.sid = ?",
            (request.cookies.get("sid", ""),),
        ).fetchone()
    if customer is None:
        raise Refused(401, "no_session", "There is no session.")
    return JSONResponse({"customer": _show(customer), "theme": request.cookies.get("theme")})


async def close_session(request: Request) -> Response:
    with store_of(request).transaction() as db:
        db.execute("delete from sessions where sid = ?", (request.cookies.get("sid", ""),))
    response = Response(status_code=204)
    response.delete_cookie("sid", path="/")
    return response


async def show_admin_report(request: Request) -> Response:
    """Answer a plain text report to the administrator only."""
    username, password = basic_credentials(request)
    if not hmac.compare_digest(f"{username}:{password}".encode(), ":".join(ADMIN).encode()):
        raise Refused(
            401, "not_admin", "Administrators only.",
            headers={"WWW-Authenticate": 'Basic realm="admin"'},
        )  # fmt: skip
    with store_of(request).transaction() as db:
        (count,) = db.execute("select count(*) from customers").fetchone()
    return PlainTextResponse(f"customers: {count}\nstatus: green\n")


ROUTES = [
    Route("/login", log_in, methods=["POST"]),
    Route("/logout", log_out, methods=["POST"]),
    Route("/me", show_me),
    Route("/session", open_session, methods=["POST"]),
    Route("/session", show_session),
    Route("/session", close_session, methods=["DELETE"]),
    Route("/admin/report", show_admin_report),
]
