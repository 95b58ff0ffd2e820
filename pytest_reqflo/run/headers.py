"""Headers, authentication and cookies of a request become what is sent. Pure.

A value cannot end its line: what a header or cookie cannot carry is refused, with its name.
"""

from __future__ import annotations

import base64
import functools
import importlib.metadata
import re
from collections.abc import Mapping
from dataclasses import field
from typing import assert_never

from pytest_reqflo.artifact.header_names import find_header_fault
from pytest_reqflo.artifact.model import BasicAuth, BearerAuth, RequestSpec
from pytest_reqflo.evidence.redact import SensitiveNames
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import LiteralValue, PathExpression, Value
from pytest_reqflo.plan.model import Service
from pytest_reqflo.run.body import BodyBytes
from pytest_reqflo.run.problems import WireProblem
from pytest_reqflo.run.reading import expressions_in
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.run.texts import plain, text_of, texts_of
from pytest_reqflo.secret import Secret

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BAD_IN_HEADER = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_BAD_IN_COOKIE = re.compile("[\x00-\x20\x7f;,]")
CREDENTIAL_HEADERS = frozenset(
    {*SensitiveNames().headers, "x-auth-token", "x-csrf-token", "x-xsrf-token", "api-key"}
)
"""Lower-case names of headers that tell who asks: they do not follow a server to another origin."""


@dataclass(frozen=True, slots=True)
class Header:
    """One header; *is_hidden* when its value came from a secret or a sensitive value."""

    name: str
    value: str | Secret = field(repr=False)
    is_hidden: bool = False


def render_headers(
    spec: RequestSpec, own: Service | None, scope: RunScope, site: str, body: BodyBytes | None
) -> list[Header]:
    """Return all headers: those of the step, then what it leaves open of auth, service and body.

    Raises: WireProblem, ValueMissing.
    """
    headers = _given_headers(spec.headers, scope, f"{site}/headers")
    taken = {header.name.lower() for header in headers}
    if spec.auth is not None and "authorization" not in taken:
        headers.append(render_auth(spec.auth, scope, f"{site}/auth"))
        taken.add("authorization")
    taken.update([name.lower() for name in spec.removed_headers])
    if own is not None and own.headers:
        closed = taken.union([name.lower() for name in spec.headers])
        left = {name: value for name, value in own.headers.items() if name.lower() not in closed}
        added = _given_headers(left, scope, f"{site}/service/headers")
        headers += added
        taken.update([header.name.lower() for header in added])
    headers += [header for name, header in default_headers() if name not in taken]
    if body is None:
        return headers
    if body.content_type and "content-type" not in taken:
        headers.append(Header("Content-Type", body.content_type))
    return [_completed(header, body) for header in headers] if body.boundary else headers


@functools.cache
def default_headers() -> tuple[tuple[str, Header], ...]:
    """Return the headers of every request that does not say otherwise, by lower-case name."""
    return ("user-agent", Header("User-Agent", user_agent())), ("accept", Header("Accept", "*/*"))


def _given_headers(headers: Mapping[str, Value], scope: RunScope, site: str) -> list[Header]:
    found: list[Header] = []
    for name, value in headers.items():
        if fault := find_header_fault(name):
            raise WireProblem(f"header `{name}` {fault}")
        if type(value) is LiteralValue and type(value.value) is str:
            found.append(Header(name, check_value(value.value, name)))
            continue
        is_hidden = _is_hidden(value, scope)
        found += [
            Header(name, check_value(text, name), is_hidden or isinstance(text, Secret))
            for text in texts_of(value, scope, f"{site}/{name}", f"header `{name}`")
        ]
    return found


def _is_hidden(value: Value, scope: RunScope) -> bool:
    if type(value) is PathExpression:
        return bool(scope.hidden_name(value))
    return any(scope.hidden_name(expression) for expression in expressions_in(value))


def check_value(text: str | Secret, name: str) -> str | Secret:
    """Return *text* as the value of the header *name*. Raises: WireProblem."""
    bare = plain(text)
    stripped = bare.strip(" \t")
    if _BAD_IN_HEADER.search(stripped):
        what = "a line break" if re.search("[\r\n]", stripped) else "a control character"
        raise WireProblem(f"the value of header `{name}` holds {what}")
    if not stripped.isascii():
        _check_latin(stripped, name)
    return Secret(text.name, stripped) if isinstance(text, Secret) else stripped


def _check_latin(text: str, name: str) -> None:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        raise WireProblem(
            f"the value of header `{name}` holds a character that headers cannot carry",
            hint="only the characters of Latin-1 can; write `| urlencode` or `| base64`",
        ) from None


def _completed(header: Header, body: BodyBytes) -> Header:
    """Tell the boundary in a multipart content type that the author wrote without one."""
    if header.name.lower() != "content-type":
        return header
    bare = plain(header.value)
    if not bare.lower().startswith("multipart/") or "boundary=" in bare.lower():
        return header
    return Header(header.name, f"{bare}; boundary={body.boundary}", header.is_hidden)


def has_header(headers: list[Header], name: str) -> bool:
    """Say whether *headers* hold the lower-case *name*."""
    return any(header.name.lower() == name for header in headers)


def render_auth(auth: BasicAuth | BearerAuth, scope: RunScope, site: str) -> Header:
    """Return the header of *auth*. Raises: WireProblem, ValueMissing."""
    match auth:
        case BasicAuth(username=username, password=password):
            user = text_of(username, scope, f"{site}/username", "the user name")
            if ":" in plain(user):
                raise WireProblem("the user name of basic authentication holds a colon")
            word = text_of(password, scope, f"{site}/password", "the password")
            value = _hide(Secret.join([user, ":", word]), auth, scope)
        case BearerAuth(token=token):
            text = text_of(token, scope, f"{site}/bearer", "the bearer token")
            value = check_value(Secret.join(["Bearer ", text]), "Authorization")
        case _:
            assert_never(auth)
    return Header("Authorization", value, is_hidden=True)


def _hide(credentials: str | Secret, auth: BasicAuth, scope: RunScope) -> str | Secret:
    """Encode *credentials*; in base64 a secret inside them would no longer be found."""
    names = [scope.hidden_name(expression) for expression in expressions_in(auth)]
    hidden_as = next(filter(None, names), "")
    if hidden_as and isinstance(credentials, str):
        credentials = Secret(hidden_as, credentials)
    if not isinstance(credentials, Secret):
        return _basic(credentials)
    encoded = credentials.map(_basic)
    scope.derived.append(encoded.map(lambda text: text.removeprefix("Basic ")))
    return encoded


def _basic(text: str) -> str:
    try:
        return f"Basic {base64.b64encode(text.encode()).decode()}"
    except UnicodeEncodeError:
        raise WireProblem("the credentials hold half of a surrogate pair") from None


def render_cookies(spec: RequestSpec, scope: RunScope, site: str) -> tuple[tuple[str, str], ...]:
    """Return names and values of the cookies of this request only.

    Raises: WireProblem, ValueMissing.
    """
    if not spec.cookies:
        return ()
    cookies = []
    for name, value in spec.cookies.items():
        if not _TOKEN.fullmatch(name):
            raise WireProblem(f"`{name}` cannot be the name of a cookie")
        for text in texts_of(value, scope, f"{site}/cookies/{name}", f"cookie `{name}`"):
            bare = plain(text)
            if _BAD_IN_COOKIE.search(bare) or not bare.isascii():
                raise WireProblem(
                    f"the value of cookie `{name}` holds a character that cookies cannot carry",
                    hint="write `| urlencode` when the server reads it so",
                )
            cookies.append((name, bare))
    return tuple(cookies)


@functools.cache
def user_agent() -> str:
    """Return what requests say of who sends them."""
    try:
        return f"pytest-reqflo/{importlib.metadata.version('pytest-reqflo')}"
    except importlib.metadata.PackageNotFoundError:
        return "pytest-reqflo"
