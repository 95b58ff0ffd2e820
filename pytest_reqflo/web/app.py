"""Requests to answers: the document, and JSON of a source. A door to Starlette."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.requests import Request as WebRequest
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.errors import ReqfloError
from pytest_reqflo.values import Json, printable_line
from pytest_reqflo.web import views
from pytest_reqflo.web.asking import BadQuery, is_artifact_id, is_run_id, read_query
from pytest_reqflo.web.guard import SENTENCES, STATUS, Decision, Guard, Request, common_headers
from pytest_reqflo.web.shell import REFUSAL_POLICY, render_shell
from pytest_reqflo.web.source import RunSource

View: TypeAlias = Callable[[WebRequest], Json]


class NotThere(Exception):
    """What is asked for is not here; its text is a sentence."""


def make_app(source: RunSource, guard: Guard, about: Json) -> ASGIApp:
    """Return the server of *source*; *about* is what the head of the page says."""
    answers = Answers(source, about)
    views_by_path: dict[str, View] = {
        "/api/about": answers.about,
        "/api/runs": answers.runs,
        "/api/run": answers.run,
        "/api/journeys": answers.journeys,
        "/api/versions": answers.versions,
        "/api/artifact": answers.artifact,
        "/api/diff": answers.difference,
        "/api/schedules": answers.schedules,
        "/api/workers": answers.workers,
    }
    routes = [Route(path, _endpoint(view)) for path, view in views_by_path.items()]
    app = Starlette(routes=[Route("/", _document), *routes])
    app.router.redirect_slashes = False
    return Guarded(app, guard)


class Answers:
    """The JSON of each address."""

    def __init__(self, source: RunSource, about: Json) -> None:
        self._source = source
        self._about = about

    def about(self, _: WebRequest) -> Json:
        """Return what is shown, and which of the pages there are."""
        return {**self._about, "is_served": self._source.is_served()}

    def runs(self, request: WebRequest) -> Json:
        """Return part of the list of runs."""
        return views.page_view(self._source.runs(read_query(request.query_params)))

    def run(self, request: WebRequest) -> Json:
        """Return a run."""
        run_id = request.query_params.get("id", "")
        seen = self._source.run(run_id) if is_run_id(run_id) else None
        if seen is None:
            raise NotThere("There is no such run here.")
        return views.run_view(seen)

    def journeys(self, _: WebRequest) -> Json:
        """Return the journeys."""
        return views.journeys_view(self._source.journeys())

    def versions(self, request: WebRequest) -> Json:
        """Return the versions of a journey."""
        journey = read_query({"journey": request.query_params.get("journey", "")}).journey
        return views.versions_view(journey, self._source.versions(journey))

    def artifact(self, request: WebRequest) -> Json:
        """Return an artifact."""
        name = request.query_params.get("id", "")
        return views.artifact_view(name, self._artifact(name))

    def difference(self, request: WebRequest) -> Json:
        """Return the difference in meaning between two artifacts."""
        names = (request.query_params.get(name, "") for name in ("before", "after"))
        return views.difference_view(*map(self._artifact, names))

    def schedules(self, _: WebRequest) -> Json:
        """Return the schedules."""
        return views.schedules_view(self._source.schedules())

    def workers(self, _: WebRequest) -> Json:
        """Return the workers."""
        return views.workers_view(self._source.workers())

    def _artifact(self, name: str) -> Artifact:
        found = self._source.artifact(name) if is_artifact_id(name) else None
        if found is None:
            raise NotThere("There is no such artifact here.")
        return found


def _endpoint(view: View) -> Callable[[WebRequest], Response]:
    # No coroutine: Starlette calls it in a thread, where a database may take its time.
    def endpoint(request: WebRequest) -> Response:
        try:
            return _json_answer(request, view(request))
        except BadQuery as problem:
            return _problem(400, str(problem))
        except NotThere as problem:
            return _problem(404, str(problem))
        except ReqfloError as error:
            diagnostic = error.diagnostics[0]
            return _problem(503, diagnostic.title, code=diagnostic.code, hint=diagnostic.hint)

    return endpoint


def _json_answer(request: WebRequest, document: Json) -> Response:
    body = json.dumps(document, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag})
    return Response(body, media_type="application/json", headers={"etag": tag})


def _problem(status: int, title: str, *, code: str = "", hint: str = "") -> Response:
    problem = {"title": printable_line(title), "code": code, "hint": printable_line(hint)}
    body = json.dumps({"problem": problem}).encode("ascii")
    return Response(body, status_code=status, media_type="application/json")


def _document(_: WebRequest) -> Response:
    return HTMLResponse(render_shell().html)


# --- around all of it ----------------------------------------------------------------------------


class Guarded:
    """An app behind a guard: nothing reaches it that the guard does not let pass."""

    def __init__(self, app: ASGIApp, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        decision = self._guard.decide(_request_of(scope))
        # The document alone may run a script, and answers of other paths are no documents.
        is_page = decision == "pass" and scope["path"] == "/"
        policy = render_shell().policy if is_page else REFUSAL_POLICY
        app = self._app if decision == "pass" else self._answer(decision)
        await app(scope, receive, _adding(common_headers(policy), send))

    def _answer(self, decision: Decision) -> Response:
        if decision == "exchange":
            headers = {"set-cookie": self._guard.cookie}
            return RedirectResponse("/", status_code=303, headers=headers)
        headers = {"allow": "GET, HEAD"} if decision == "wrong method" else {}
        return PlainTextResponse(SENTENCES[decision] + "\n", STATUS[decision], headers)


def _request_of(scope: Scope) -> Request:
    return Request(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"],
        headers=tuple(scope["headers"]),
    )


def _adding(headers: tuple[tuple[bytes, bytes], ...], send: Send) -> Send:
    async def send_with(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
        await send(message)

    return send_with
