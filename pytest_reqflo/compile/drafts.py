"""`Draft`: a request while its layers are laid over one another. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from pytest_reqflo.artifact.model import BasicAuth, BearerAuth, BodySpec, RequestSpec
from pytest_reqflo.lang.expression import LiteralValue, Value


@dataclass(slots=True)
class Draft:
    """A request in the making; headers by lower-case name, with the spelling that came last."""

    method: str = ""
    url: Value | None = None
    service: str | None = None
    path_params: dict[str, Value] = field(default_factory=dict)
    query: dict[str, Value] = field(default_factory=dict)
    headers: dict[str, tuple[str, Value]] = field(default_factory=dict)
    cookies: dict[str, Value] = field(default_factory=dict)
    body: BodySpec | None = None
    auth: BasicAuth | BearerAuth | None = None
    timeout_s: float | None = None
    follow_redirects: int | None = None
    jar: str | None = "default"
    removed_headers: set[str] = field(default_factory=set)

    def set_header(self, name: str, value: Value) -> None:
        """Give the header *name* this value, whatever it was called and held before."""
        self.headers[name.lower()] = (name, value)
        self.removed_headers.discard(name.lower())

    def remove_header(self, name: str) -> None:
        """Take the header *name* away, also from what the service would add."""
        self.headers.pop(name.lower(), None)
        self.removed_headers.add(name.lower())

    def spec(self) -> RequestSpec:
        """Return the finished request."""
        return RequestSpec(
            method=self.method,
            url=self.url if self.url is not None else LiteralValue("/"),
            service=self.service,
            path_params=self.path_params,
            query=self.query,
            headers=dict(self.headers.values()),
            cookies=self.cookies,
            body=self.body,
            auth=self.auth,
            timeout_s=self.timeout_s,
            follow_redirects=self.follow_redirects,
            jar=self.jar,
            removed_headers=tuple(sorted(self.removed_headers)),
        )
