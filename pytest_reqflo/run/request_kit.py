"""What the requests of a step have in common in one environment, worked out once. Pure.

Only what no value of a run can change: which service is meant, a URL without expressions, headers
that are there in any case. What is wrong with any of it is told by whoever renders the request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from pytest_reqflo.artifact.header_names import find_header_fault
from pytest_reqflo.artifact.model import BasicAuth, BearerAuth, MultipartBody, RequestSpec, StepSpec
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import Expression, LiteralValue, TextValue, Value
from pytest_reqflo.lang.render import render_parts
from pytest_reqflo.noted import Noted, NotedBeside
from pytest_reqflo.plan.environments import find_service, service_origin
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service
from pytest_reqflo.run.body import content_type_of
from pytest_reqflo.run.effects import OriginTls
from pytest_reqflo.run.headers import (
    Header,
    check_value,
    default_headers,
    render_auth,
)
from pytest_reqflo.run.hidden import has_own_authority
from pytest_reqflo.run.problems import WireProblem
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.run.texts import plain
from pytest_reqflo.run.url import join_base
from pytest_reqflo.secret import Secret


@dataclass(frozen=True, slots=True)
class OpenHeader:
    """A header that is one text in any case, and has *expressions*; *place* is where it stands."""

    name: str
    value: TextValue
    place: str
    expressions: tuple[Expression, ...]


HeaderSlot: TypeAlias = Header | OpenHeader | BasicAuth | BearerAuth


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestKit:
    """What is known of the requests of a step before any value is.

    Shape: *url* is the whole URL, empty where values are part of it. Where a request *is_at_home*
        it goes to *service*, and *own* is that when it has an origin. *slots* are its headers in
        their order, None where their number depends on values; *closed* are those headers ready for
        the wire, None where any has expressions, and *secret_headers* those of them that the
        environment calls sensitive; *tls* is how certificates are checked at all services.
    """

    service: Service | None
    url: str
    is_at_home: bool
    own: Service | None
    has_own_authority: bool
    slots: tuple[HeaderSlot, ...] | None
    closed: tuple[tuple[str, str], ...] | None
    secret_headers: frozenset[str]
    tls: tuple[OriginTls, ...]


def find_kit(step: StepSpec, environment: EnvironmentSnapshot) -> RequestKit:
    """Return what the requests of *step* have in common in *environment*."""
    return _KITS.of(step, environment)


def _make_kit(step: StepSpec, environment: EnvironmentSnapshot) -> RequestKit:
    spec = step.request
    found = find_service(environment, spec.service)
    service = found[1] if found else None
    base_url = service.base_url.rstrip("/") if service else ""
    is_at_home = bool(base_url) and _head_of(spec.url).startswith("/")
    own = service if is_at_home and service and service_origin(service) else None
    slots = _find_slots(spec, own) if is_at_home else None
    headers = [slot for slot in slots or () if type(slot) is Header]
    telling = environment.sensitive.headers
    return RequestKit(
        service=service,
        url=_url_of(spec, base_url) if is_at_home else "",
        is_at_home=is_at_home,
        own=own,
        has_own_authority=has_own_authority(spec.url),
        slots=slots,
        closed=tuple([(each.name, plain(each.value)) for each in headers])
        if slots is not None and len(headers) == len(slots)
        else None,
        secret_headers=frozenset(
            [name for each in headers if (name := each.name.lower()) in telling]
        ),
        tls=_TLS.of(environment),
    )


def _read_tls(environment: EnvironmentSnapshot) -> tuple[OriginTls, ...]:
    return tuple(
        OriginTls(url=each.base_url, verify=each.verify_tls, ca_file=each.ca_file)
        for each in environment.services.values()
    )


_TLS = Noted(_read_tls)
"""How certificates are checked at the services of an environment."""

_KITS = NotedBeside(_make_kit)


def _head_of(url: Value) -> str:
    """Return how *url* begins, as far as it is written out."""
    first = url.value if isinstance(url, LiteralValue) else ""
    if isinstance(url, TextValue) and url.parts:
        first = url.parts[0]
    return first if isinstance(first, str) else ""


def _url_of(spec: RequestSpec, base_url: str) -> str:
    path = spec.url.value if isinstance(spec.url, LiteralValue) else "{"
    return "" if "{" in path or spec.query else plain(join_base(path, base_url))


# --- headers -------------------------------------------------------------------------------------


def _find_slots(spec: RequestSpec, own: Service | None) -> tuple[HeaderSlot, ...] | None:
    """Return the headers in the order of `headers.render_headers`, None where their number varies."""
    slots = _given(spec.headers, "headers")
    taken = {name.lower() for name in spec.headers}
    if spec.auth is not None and "authorization" not in taken:
        slots.append(spec.auth)
        taken.add("authorization")
    taken.update([name.lower() for name in spec.removed_headers])
    if own is not None and own.headers:
        left = {name: each for name, each in own.headers.items() if name.lower() not in taken}
        slots += _given(left, "service/headers")
        taken.update([name.lower() for name in left])
    slots += [header for name, header in default_headers() if name not in taken]
    content_type = content_type_of(spec.body)
    if content_type and "content-type" not in taken:
        slots.append(Header("Content-Type", content_type))
    fixed = tuple([slot for slot in slots if slot is not None])
    # The boundary of a multipart body is part of a header.
    is_open = len(fixed) < len(slots) or isinstance(spec.body, MultipartBody)
    return None if is_open else fixed


def _given(headers: Mapping[str, Value], place: str) -> list[HeaderSlot | None]:
    return [_slot_of(name, value, place) for name, value in headers.items()]


def _slot_of(name: str, value: Value, place: str) -> HeaderSlot | None:
    if find_header_fault(name):
        return None
    if isinstance(value, TextValue):
        inner = tuple([part for part in value.parts if not isinstance(part, str)])
        return OpenHeader(name, value, f"{place}/{name}", inner)
    if not isinstance(value, LiteralValue) or not isinstance(value.value, str):
        return None
    try:
        return Header(name, check_value(value.value, name))
    except WireProblem:
        return None


def fill_slots(slots: Iterable[HeaderSlot], scope: RunScope, site: str) -> list[Header]:
    """Return the headers of *slots*. Raises: WireProblem, ValueMissing."""
    return [slot if type(slot) is Header else _fill(slot, scope, site) for slot in slots]


def _fill(slot: HeaderSlot, scope: RunScope, site: str) -> Header:
    if isinstance(slot, Header):
        return slot
    if not isinstance(slot, OpenHeader):
        return render_auth(slot, scope, f"{site}/auth")
    text = render_parts(slot.value, scope, site=f"{site}/{slot.place}", encode=str)
    is_hidden = isinstance(text, Secret) or any(map(scope.hidden_name, slot.expressions))
    return Header(slot.name, check_value(text, slot.name), is_hidden)
