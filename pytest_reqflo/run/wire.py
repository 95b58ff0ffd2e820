"""The request of a step and its values become a `Send`, ready for the wire. Pure.

Values never change the shape of a request: see the modules for URL, headers and body.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pytest_reqflo.artifact.model import RequestSpec, StepSpec
from pytest_reqflo.plan.environments import find_origin, service_origin
from pytest_reqflo.plan.model import Plan, Service
from pytest_reqflo.run.body import BodyBytes, render_body
from pytest_reqflo.run.effects import DoTry, Send, WireRequest
from pytest_reqflo.run.headers import (
    CREDENTIAL_HEADERS,
    Header,
    has_header,
    render_cookies,
    render_headers,
)
from pytest_reqflo.run.hidden import find_hidden_texts, find_home_origins, is_answer_led
from pytest_reqflo.run.problems import LinkRefused, SecretRefused
from pytest_reqflo.run.reading import expressions_in, read_step, secret_names_of
from pytest_reqflo.run.request_kit import RequestKit, fill_slots, find_kit
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
    kit = find_kit(do.step, plan.environment)
    url: str | Secret = kit.url or _render_url(plan, do, kit, scope)
    own = kit.own if kit.is_at_home else _service_at(plan, kit.service, url)
    body = render_body(spec.body, scope, blobs, site=site, seed=seed)
    headers, secret_headers = _render_head(plan, do, kit, own, scope, body)
    request = WireRequest(
        method=spec.method,
        url=plain(url),
        headers=headers,
        body=body.content if body else None,
        secret_headers=secret_headers,
    )
    if not kit.has_own_authority:
        _check_link(plan, spec, request, scope)
    if _hops_of(spec, own):
        request = _with_hidden(request, spec, own, scope)
    _check_bound(do.step, own, request.url, scope)
    cookies = render_cookies(spec, scope, site) if spec.cookies else ()
    return _make_send(plan, do, request, kit, own, cookies)


def _render_url(plan: Plan, do: DoTry, kit: RequestKit, scope: RunScope) -> str | Secret:
    spec = do.step.request
    base_url = kit.service.base_url if kit.service else ""
    page = find_page(plan, do.captured, spec.url)
    return render_url(spec, scope, do.step.id, base_url, page)


def _render_head(
    plan: Plan,
    do: DoTry,
    kit: RequestKit,
    own: Service | None,
    scope: RunScope,
    body: BodyBytes | None,
) -> tuple[tuple[tuple[str, str], ...], frozenset[str]]:
    """Return the headers, and the lower-case names of those whose values are hidden."""
    has_key = do.step.in_flight == "repeat_with_key"
    if kit.closed is not None and not has_key and not plan.trace:
        return kit.closed, kit.secret_headers
    if kit.slots is None:
        headers = render_headers(do.step.request, own, scope, do.step.id, body)
    else:
        headers = fill_slots(kit.slots, scope, do.step.id)
    if has_key and not has_header(headers, "idempotency-key"):
        key = f"{plan.identity.run_id}:{do.step.id}#{do.number}"
        headers.append(Header("Idempotency-Key", key))
    if plan.trace:
        headers += _trace_headers(plan, do.step.request, headers)
    pairs = tuple([(header.name, plain(header.value)) for header in headers])
    return pairs, _secret_headers(plan, headers)


def _trace_headers(plan: Plan, spec: RequestSpec, headers: list[Header]) -> Iterator[Header]:
    """Yield the headers of the trace, unless the step has one of its own or wants none."""
    taken = {name.lower() for name in spec.removed_headers}
    taken |= {header.name.lower() for header in headers}
    if "traceparent" not in taken:
        yield from (Header(name, value) for name, value in plan.trace if name not in taken)


def _hops_of(spec: RequestSpec, own: Service | None) -> int:
    if spec.follow_redirects is not None:
        return spec.follow_redirects
    return (own.follow_redirects if own else None) or 0


def _outside_body(spec: RequestSpec) -> tuple[object, ...]:
    return (spec.url, spec.path_params, spec.query, spec.headers, spec.auth, spec.cookies)


def _with_hidden(
    request: WireRequest, spec: RequestSpec, own: Service | None, scope: RunScope
) -> WireRequest:
    """Say what of *request* no redirect may take to another origin."""
    in_body = find_hidden_texts(spec.body, scope)
    elsewhere = find_hidden_texts((*_outside_body(spec), own and own.headers), scope)
    return replace(request, hidden_texts=(*in_body, *elsewhere), is_body_hidden=bool(in_body))


def _secret_headers(plan: Plan, headers: list[Header]) -> frozenset[str]:
    """Return the names of headers whose values are hidden, or that the environment calls sensitive."""
    named = [(header.name.lower(), header.is_hidden) for header in headers]
    sensitive = plan.environment.sensitive.headers
    return frozenset([name for name, is_hidden in named if is_hidden or name in sensitive])


def _check_link(plan: Plan, spec: RequestSpec, request: WireRequest, scope: RunScope) -> None:
    """Refuse to take secrets, or to give up TLS, where a link in an answer leads.

    Raises: LinkRefused.
    """
    if not is_answer_led(spec, plan):
        return
    origin = find_origin(request.url)
    if origin is None:
        return
    homes = find_home_origins(plan, spec)
    if origin in homes:
        return
    if origin.startswith("http:") and any(home.startswith("https:") for home in homes):
        raise LinkRefused(f"a link in an answer leads from https to {origin}, without TLS")
    kept = (spec.query, spec.path_params, spec.body)
    names = {name.lower() for name, _ in request.headers}
    has_own = names & CREDENTIAL_HEADERS or spec.cookies or request.secret_headers
    if has_own or find_hidden_texts(kept, scope):
        raise LinkRefused(
            f"a link in an answer leads to {origin}, another origin,"
            " and the request carries credentials or a secret",
            hint="name the service of that origin in the step when it may have them",
        )


def _check_bound(step: StepSpec, own: Service | None, url: str, scope: RunScope) -> None:
    """Refuse to send a secret to an origin that whoever keeps it did not name.

    Raises: SecretRefused.
    """
    if not scope.has_secrets:
        return
    needs = read_step(step).request + expressions_in(own and own.headers)
    names = secret_names_of(needs, scope.plan)
    origin = find_origin(url) if names else None
    for name in names:
        bound_to = scope.origins_of(name)
        if bound_to is not None and origin not in bound_to:
            allowed = ", ".join(sorted(bound_to)) or "no origin"
            raise SecretRefused(
                f"the secret `{name}` may not be sent to {origin}",
                hint=f"it is kept for {allowed}; `reqflo secrets set --origin` says for which",
            )


def _own_timeout_s(spec: RequestSpec, service: Service | None) -> float:
    """Return the deadline of an exchange, before any budget of the run."""
    return spec.timeout_s or (service.timeout_s if service else None) or DEFAULT_TIMEOUT_S


def _make_send(
    plan: Plan,
    do: DoTry,
    request: WireRequest,
    kit: RequestKit,
    own: Service | None,
    cookies: tuple[tuple[str, str], ...],
) -> Send:
    spec = do.step.request
    timeout_s = _own_timeout_s(spec, kit.service)
    return Send(
        request=request,
        jars=do.jars,
        jar=spec.jar,
        cookies=cookies,
        timeout_s=timeout_s if do.budget_s is None else min(timeout_s, do.budget_s),
        follow_redirects=_hops_of(spec, own),
        allowed_origins=plan.allowed_origins,
        allows_any_origin=plan.environment.allows_any_origin,
        verify_tls=own.verify_tls if own else True,
        ca_file=own.ca_file if own else None,
        tls=kit.tls,
    )


def _service_at(plan: Plan, named: Service | None, url: str | Secret) -> Service | None:
    """Return the service that *url* belongs to: its headers and TLS settings go nowhere else."""
    bare = plain(url)
    # Most URLs are a base URL and a path.
    if named and _is_below(bare, named.base_url):
        return named if service_origin(named) else None
    origin = find_origin(bare)
    services = [named] if named else []
    services += plan.environment.services.values()
    if origin is None:
        return None
    return next((each for each in services if service_origin(each) == origin), None)


def _is_below(url: str, base_url: str) -> bool:
    base = base_url.rstrip("/")
    return bool(base) and url.startswith(base) and url[len(base) : len(base) + 1] in ("/", "?", "#")
