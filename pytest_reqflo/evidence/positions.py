"""Places whose values are masked whatever they hold: headers, JSON keys, form fields, URLs. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator

from pytest_reqflo.frozen import dataclass

_HEADERS = ("authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key")
_KEYS = (
    "password", "secret", "token", "access_token", "refresh_token", "id_token", "client_secret",
    "api_key",
)  # fmt: skip

_USERINFO = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://(?P<text>[^/\s?#\"'<>]*)@")
_SCHEME = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9-]*\s+)?(?P<text>\S.*)", re.DOTALL)
# Possessive: a server could make a header of blanks, in which each would begin another attempt.
_COOKIE_PAIR = re.compile(
    r"(?:^|;)\s*+(?:[^=;]*+=(?P<text>[^;]*+)|(?P<bare>[^=;\s][^=;]*+))",
)
_SET_COOKIE = re.compile(r"[^=;]*=(?P<text>[^;]*)|(?P<bare>[^=;]+)")
_WHOLE = re.compile(r"(?P<text>.*)", re.DOTALL)


def sensitive_mask(name: str) -> str:
    """Return what is shown in place of a sensitive value that is no secret."""
    return f"[sensitive:{name}]"


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a text, what stands there instead, and whether it is known by its value."""

    start: int
    end: int
    mask: str
    is_known: bool = False


@dataclass(frozen=True, slots=True, weakref_slot=True)
class SensitiveNames:
    """The names of headers, and of JSON keys and form fields, whose values are never shown.

    Shape: *headers* are lower-case; *keys* as their authors write them: case, ``-`` and ``_`` make
        no difference.
    """

    headers: tuple[str, ...] = _HEADERS
    keys: tuple[str, ...] = _KEYS

    def with_more(self, headers: Iterable[str], keys: Iterable[str]) -> SensitiveNames:
        """Return these names and the given ones."""
        lower = (name.lower() for name in headers)
        return SensitiveNames(
            tuple(dict.fromkeys((*self.headers, *lower))), tuple(dict.fromkeys((*self.keys, *keys)))
        )

    def is_header(self, name: str) -> bool:
        """Say whether the value of the header *name* is always masked."""
        return name.lower() in self.headers

    def is_key(self, name: str) -> bool:
        """Say whether the value of the JSON key or form field *name* is always masked."""
        return _folded(name) in _folded_keys(self.keys)

    def find_json(self, text: str) -> Iterator[Place]:
        """Yield the values of telling keys in the text of a JSON document, whole or cut."""
        if not self.may_hold_key(text):
            return
        for match in _json_pair(self.keys).finditer(text):
            group = "number" if match["text"] is None else "text"
            yield Place(*match.span(group), sensitive_mask(match["key"]))

    def may_hold_key(self, text: str) -> bool:
        """Say whether any telling key can stand in *text*; quickly no for most texts."""
        if not text.isascii():
            return True
        lower = text.lower()
        for word in _last_words(self.keys):  # noqa: SIM110  # a generator costs more than the search
            if word in lower:
                return True
        return False

    def find_form(self, text: str) -> Iterator[Place]:
        """Yield the values of telling fields in a query or form."""
        for match in _form_pair(self.keys).finditer(text):
            yield Place(*match.span("text"), sensitive_mask(match["key"]))

    def find_credentials(self, header: str, value: str) -> Iterator[Place]:
        """Yield what is masked in the *value* of the lower-case *header*."""
        if header not in self.headers:
            return
        for match in _credentials(header, value):
            group = "bare" if match.groupdict().get("bare") else "text"
            yield Place(*match.span(group), sensitive_mask(header))


def find_userinfo(text: str) -> Iterator[Place]:
    """Yield user names and passwords in the URLs of *text*."""
    if "@" not in text or "://" not in text:
        return
    for match in _USERINFO.finditer(text):
        yield Place(*match.span("text"), sensitive_mask("userinfo"))


def _credentials(header: str, value: str) -> Iterator[re.Match[str]]:
    match header:
        case "authorization" | "proxy-authorization":
            found = [_SCHEME.match(value)]
        case "cookie":
            found = [*_COOKIE_PAIR.finditer(value)]
        case "set-cookie":
            found = [_SET_COOKIE.match(value)]
        case _:
            found = [_WHOLE.match(value)]
    return filter(None, found)


def _folded(name: str) -> str:
    return name.replace("-", "").replace("_", "").lower()


@functools.lru_cache(maxsize=64)
def _folded_keys(keys: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(_folded, keys))


def _any_of(keys: tuple[str, ...]) -> str:
    return "|".join(re.sub("[-_]+", "[-_]?", re.escape(key).replace("\\-", "-")) for key in keys)


@functools.lru_cache(maxsize=64)
def _last_words(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return lower-case words of which one stands in each text that holds any of *keys*."""
    if not "".join(keys).isascii():
        return ("",)  # letters of other alphabets may match those of ASCII
    return tuple(dict.fromkeys(re.split("[-_]", key.lower())[-1] for key in keys))


# A value may end with the text: evidence is cut, and the head of a token is still a token.
@functools.lru_cache(maxsize=64)
def _json_pair(keys: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf'"(?P<key>{_any_of(keys)})"\s*:\s*'
        r'(?:"(?P<text>(?:[^"\\]|\\.)*+\\?)|(?P<number>-?[0-9][0-9.eE+-]*))',
        re.IGNORECASE | re.DOTALL,
    )


@functools.lru_cache(maxsize=64)
def _form_pair(keys: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(
        rf"(?:^|[?&;#])(?P<key>{_any_of(keys)})=(?P<text>[^&;#\s\"'<>\\]+)", re.IGNORECASE
    )
