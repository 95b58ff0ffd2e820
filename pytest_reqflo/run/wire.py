"""The request of a step and its values become a `Send`, ready for the wire. Pure.

Values never change the shape of a request: see the modules for URL, headers and body.
"""

from __future__ import annotations

from collections.abc import Mapping

from pytest_reqflo.artifact.model import RequestSpec
from pytest_reqflo.plan.environments import find_origin, find_service
from pytest_reqflo.plan.model import Plan, Service
from pytest_reqflo.run.body import render_body
from pytest_reqflo.run.effects import DoTry, Send, WireRequest
from pytest_reqflo.run.headers import Header, has_header, render_cookies, render_headers
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.run.texts import plain
from pytest_reqflo.run.url import find_page, render_url
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Digest

DEFAULT_TIMEOUT_S = 30.0
"""Deadline of an exchange when neither step nor service sets one."""


def render_request(
    plan: Plan, do: DoTry, scope: RunScope, blobs: Mapping[Digest, bytes], *, seed: str
) -> Send:
    """Return what must be sent for this try.

    Raises: WireProblem, and ValueMissing when a value does not exist.
    """
    spec, site = do.step.request, do.step.id
    service = find_service(plan.environment, spec.service)
    base_url = service[1].base_url if service else ""
    url = render_url(spec, scope, site, base_url, find_page(plan, do.captured, spec.url))
    own = _service_at(plan, service[1] if service else None, url)
    body = render_body(spec.body, scope, blobs, site=site, seed=seed)
    headers = render_headers(spec, own, scope, site, body)
    if do.step.in_flight == "repeat_with_key" and not has_header(headers, "idempotency-key"):
        key = f"{plan.identity.run_id}:{do.step.id}#{do.number}"
        headers = [*headers, Header("Idempotency-Key", key)]
    request = WireRequest(
        method=spec.method,
        url=plain(url),
        headers=tuple((header.name, plain(header.value)) for header in headers),
        body=body.content if body else None,
        secret_headers=frozenset(header.name.lower() for header in headers if header.is_hidden),
    )
    return _make_send(plan, do, request, own, render_cookies(spec, scope, site))


def own_timeout_s(plan: Plan, spec: RequestSpec) -> float:
    """Return the deadline of an exchange, before any budget of the run."""
    service = find_service(plan.environment, spec.service)
    return spec.timeout_s or (service[1].timeout_s if service else None) or DEFAULT_TIMEOUT_S


def _make_send(
    plan: Plan,
    do: DoTry,
    request: WireRequest,
    own: Service | None,
    cookies: tuple[tuple[str, str], ...],
) -> Send:
    spec = do.step.request
    timeout_s = own_timeout_s(plan, spec)
    hops = spec.follow_redirects
    if hops is None:
        hops = (own.follow_redirects if own else None) or 0
    return Send(
        request=request,
        jars=do.jars,
        jar=spec.jar,
        cookies=cookies,
        timeout_s=timeout_s if do.budget_s is None else min(timeout_s, do.budget_s),
        follow_redirects=hops,
        allowed_origins=plan.allowed_origins,
        verify_tls=own.verify_tls if own else True,
        ca_file=own.ca_file if own else None,
    )


def _service_at(plan: Plan, named: Service | None, url: str | Secret) -> Service | None:
    """Return the service that *url* belongs to: its headers and TLS settings go nowhere else."""
    origin = find_origin(plain(url))
    services = [named] if named else []
    services += plan.environment.services.values()
    if origin is None:
        return None
    return next((each for each in services if find_origin(each.base_url) == origin), None)
