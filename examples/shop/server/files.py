"""Files: upload several at once, send raw bytes, download, notes in plain text, exports."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from server.answers import Refused, json_object, store_of
from server.store import Store


def _keep(store: Store, name: str, content_type: str, content: bytes) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    with store.transaction() as db:
        db.execute(
            "insert or replace into files values (?, ?, ?, ?)",
            (sha256, name, content_type, content),
        )
    return {"name": name, "content_type": content_type, "size": len(content), "sha256": sha256}


async def upload(request: Request) -> Response:
    """Keep every file of a multipart form; answer names, sizes and digests in order."""
    files: list[dict[str, Any]] = []
    fields: list[dict[str, str]] = []
    async with request.form() as form:
        for field, value in form.multi_items():
            if isinstance(value, UploadFile):
                kept = _keep(
                    store_of(request),
                    value.filename or "",
                    value.content_type or "",
                    await value.read(),
                )
                files.append({"field": field, **kept})
            else:
                fields.append({"field": field, "value": value})
    return JSONResponse({"files": files, "fields": fields}, 201)


async def put_raw(request: Request) -> Response:
    """Keep the body as it is, whatever its content type."""
    kept = _keep(
        store_of(request),
        request.path_params["name"],
        request.headers.get("content-type", ""),
        await request.body(),
    )
    return JSONResponse(kept, 201)


async def download(request: Request) -> Response:
    with store_of(request).transaction() as db:
        row = db.execute(
            "select * from files where sha256 = ?", (request.path_params["sha256"],)
        ).fetchone()
    if row is None:
        raise Refused(404, "unknown_file", "There is no such file.")
    return Response(row["content"], media_type=row["content_type"] or "application/octet-stream")


async def put_note(request: Request) -> Response:
    text = (await request.body()).decode("utf-8")
    with store_of(request).transaction() as db:
        db.execute(
            "insert or replace into notes values (?, ?)", (request.path_params["name"], text)
        )
    return PlainTextResponse(text)


async def start_export(request: Request) -> Response:
    """Start an export; with ``{"format": "broken"}`` it will fail."""
    body = await json_object(request)
    with store_of(request).transaction() as db:
        number = db.execute(
            "insert into exports (polls, fails) values (0, ?)", (body.get("format") == "broken",)
        ).lastrowid
    return JSONResponse(
        {"id": number, "state": "queued"}, 202, headers={"Location": f"/exports/{number}"}
    )


async def get_export(request: Request) -> Response:
    """Answer the state, which moves with each look: queued, running, then done or failed."""
    with store_of(request).transaction() as db:
        row = db.execute(
            "update exports set polls = polls + 1 where number = ? returning *",
            (request.path_params["number"],),
        ).fetchone()
    if row is None:
        raise Refused(404, "unknown_export", "There is no such export.")
    last = "failed" if row["fails"] else "done"
    state = ["queued", "running", last][min(row["polls"], 3) - 1]
    link = f"/exports/{row['number']}/file" if state == "done" else None
    return JSONResponse({"id": row["number"], "state": state, "file": link})


async def get_export_file(request: Request) -> Response:
    """Answer the bytes 0 to 255: a body that is no text."""
    headers = {"Content-Disposition": 'attachment; filename="export.bin"'}
    return Response(bytes(range(256)), media_type="application/octet-stream", headers=headers)


async def delete_export(request: Request) -> Response:
    with store_of(request).transaction() as db:
        db.execute("delete from exports where number = ?", (request.path_params["number"],))
    return Response(status_code=204)


ROUTES = [
    Route("/files", upload, methods=["POST"]),
    Route("/files/{name}", put_raw, methods=["PUT"]),
    Route("/files/{sha256}", download),
    Route("/notes/{name}", put_note, methods=["PUT"]),
    Route("/exports", start_export, methods=["POST"]),
    Route("/exports/{number:int}", get_export),
    Route("/exports/{number:int}", delete_export, methods=["DELETE"]),
    Route("/exports/{number:int}/file", get_export_file),
]
