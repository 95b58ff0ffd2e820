"""A recorded request becomes a curl command with named placeholders for what is hidden. Pure.

It is made from the redacted record only, so it cannot show more than the record does.
"""

from __future__ import annotations

import functools
import re
import shlex

from pytest_reqflo.evidence.model import Body, RequestRecord

MAX_BODY = 4_096
"""Characters of a body that stand in the command; a longer one is named as a file."""

_MASK = re.compile(r"\[(?:secret|sensitive):([^\]\n]{1,200})\]")
_MASKED_BASIC = re.compile(rf"(?i:basic)\s+{_MASK.pattern}")
_UNSEEN = re.compile("[\x00-\x08\x0a-\x1f\x7f]")
_GLOBBED = frozenset("[]{}")
_LEFT_OUT = frozenset({"host", "content-length", "accept-encoding"})
_NAMELESS = re.compile(r"[^A-Za-z0-9_]")
_FILE = "body.bin"


def render_curl(request: RequestRecord, *, user: str = "") -> str:
    """Return the command that sends *request* again.

    Shape: *user* is ``name:password`` with masks, in place of the header `Authorization`. Each hidden part is a shell variable of its name, ``"$API_KEY"``; lines are joined with a
        backslash. A body that is too long or no text is read from ``body.bin``, as a last line says.
    """
    lines = [" ".join(["curl", *_options(request), quote_masked(request.url)])]
    sent = _sent_headers(request)
    if user:
        lines.append(f"-u {quote_masked(user)}")
        sent = [(name, value) for name, value in sent if name.lower() != "authorization"]
    lines += [f"-H {_header(name, value)}" for name, value in sent]
    note = _credentials_note(sent)
    if request.body is not None and request.body.size_bytes:
        if not any(name.lower() == "content-type" for name, _ in request.headers):
            lines.append("-H 'Content-Type:'")
        option, body_note = _body(request.body)
        lines.append(option)
        note += body_note
    return " \\\n  ".join(lines) + note


def quote_masked(text: str) -> str:
    """Return *text* as one shell word in which each mask is a variable in double quotes."""
    if "[se" not in text:
        return _quote(text)
    pieces = []
    position = 0
    for match in _MASK.finditer(text):
        literal = text[position : match.start()]
        pieces += [_quote(literal)] if literal else []
        pieces.append(f'"${_variable(match.group(1))}"')
        position = match.end()
    rest = text[position:]
    if rest or not pieces:
        pieces.append(_quote(rest))
    return "".join(pieces)


def _quote(text: str) -> str:
    """Return *text* quoted for a shell, on one line.

    Carriage returns do not survive in plain quotes, and a page indents each line: that would be sent.
    """
    if not _UNSEEN.search(text):
        return shlex.quote(text)
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    escaped = escaped.replace("\r", "\\r").replace("\n", "\\n")
    escaped = _UNSEEN.sub(lambda match: f"\\x{ord(match.group()):02x}", escaped)
    return f"$'{escaped}'"


def _credentials_note(headers: list[tuple[str, str]]) -> str:
    """Return what the variable in a basic `Authorization` stands for: it is no password."""
    for name, value in headers:
        match = _MASKED_BASIC.fullmatch(value) if name.lower() == "authorization" else None
        if match:
            return f'\n# "${_variable(match.group(1))}" stands for the base64 of user:password here'
    return ""


def _variable(name: str) -> str:
    word = _NAMELESS.sub("_", name)
    return f"_{word}" if word[0].isdigit() else word


def _options(request: RequestRecord) -> list[str]:
    options = []
    if request.method == "HEAD":
        options.append("--head")
    elif request.method != "GET" or request.body is not None:
        options += ["-X", shlex.quote(request.method)]
    path = request.url.partition("?")[0]
    if "/./" in path or "/../" in path or path.endswith(("/.", "/..")):
        options.append("--path-as-is")
    if not _GLOBBED.isdisjoint(request.url) and not _GLOBBED.isdisjoint(_MASK.sub("", request.url)):
        options.append("--globoff")
    return options


def _sent_headers(request: RequestRecord) -> list[tuple[str, str]]:
    return [(name, value) for name, value in request.headers if name.lower() not in _LEFT_OUT]


@functools.lru_cache(maxsize=256)
def _header(name: str, value: str) -> str:
    # curl reads `Name:` as an order to leave the header out; `Name;` sends it empty.
    return quote_masked(f"{name}: {value}" if value else f"{name};")


def _body(body: Body) -> tuple[str, str]:
    is_usable = body.encoding == "utf-8" and "\0" not in body.text and not body.is_shortened
    if is_usable and len(body.text) <= MAX_BODY:
        return f"--data-raw {quote_masked(body.text)}", ""
    what = "text" if body.encoding == "utf-8" else "no text"
    return (
        f"--data-binary @{_FILE}",
        f"\n# {_FILE} stands for the {body.size_bytes} bytes of the body ({what})",
    )
