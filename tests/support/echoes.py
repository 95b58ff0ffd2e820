"""A server that gives back what it was sent, in every way that a careless or hostile one might.

`POST /echo/WAY` with ``{"value": TEXT}`` answers with TEXT in the manner of that way. `WAYS` names
all of them. What arrived is kept, so that a test can tell a secret that was hidden from one that was
never sent.
"""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
import zlib
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus, unquote

from servers import Connection, ReceivedRequest, ScriptedServer, reply

Way = Callable[[str, Connection], "bytes | None"]

EVIDENCE_CUT = 64 * 1024
"""Where the evidence of a body is cut."""

BODY_CUT = 10 * 1024 * 1024
"""Where a body is no longer read."""

_FOREIGN = "http://elsewhere.invalid"


class EchoServer(ScriptedServer):
    """The server, with the pairs of way and text that arrived, and what it handed out itself."""

    def __init__(self, issued: Iterable[str] = ()) -> None:
        super().__init__(self._handle)
        self.arrived: set[tuple[str, str]] = set()
        self.issued = tuple(issued)

    def _handle(self, request: ReceivedRequest, connection: Connection) -> bytes | None:
        kind, _, way = request.path.strip("/").partition("/")
        if kind == "login":
            return self._log_in()
        if kind == "positional":
            return self._show_unasked(way)
        if kind == "quiet":
            return reply(200, b'{"value": "fine"}', _JSON)
        if kind != "echo" or way not in WAYS:
            return reply(404, f"landed at {unquote(request.target)}".encode())
        text = _text_of(request)
        self.arrived.add((way, text))
        return WAYS[way](text, connection)

    def _log_in(self) -> bytes:
        """Hand out a token and a session that nobody has seen before."""
        token, session = self.issued[:2]
        body = {
            "key": token,
            "note": f"keep {token}",
            "also": base64.b64encode(token.encode()).decode(),
        }
        headers = [
            *_JSON,
            ("Set-Cookie", f"sid={quote(session, safe='')}; Path=/"),
            ("X-Key", quote(token)),
        ]
        return reply(200, json.dumps(body).encode(), headers)

    def _show_unasked(self, way: str) -> bytes:
        """Answer with credentials that no journey knows of, at places that tell what they are."""
        return UNASKED[way](self.issued[2 + list(UNASKED).index(way)])


def _text_of(request: ReceivedRequest) -> str:
    """Return what the client wants to have back: of the JSON, or of the cookie or header it names."""
    if request.query == "from=cookie":
        cookies = dict(pair.split("=", 1) for pair in (request.header("cookie") or "").split("; "))
        return unquote(cookies["sid"])
    if request.query == "from=authorization":
        return request.header("authorization") or ""
    if request.query == "from=body":
        return request.body.decode("utf-8", "replace")
    if request.query.startswith("value="):
        return unquote(request.query.removeprefix("value="))
    # A redirect may have turned the request into one without a body.
    return request.json()["value"] if request.body else ""


# --- pieces of answers -----------------------------------------------------------------------------

_JSON = [("Content-Type", "application/json")]
_TEXT = [("Content-Type", "text/plain; charset=utf-8")]


def _say(body: str | bytes, kind: str = "text/plain; charset=utf-8", status: int = 200) -> bytes:
    content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    return reply(status, content, [("Content-Type", kind)])


def _json(value: object, **options: bool) -> bytes:
    return _say(json.dumps(value, **options), "application/json")


def _headed(*lines: bytes, status: bytes = b"200 OK", body: bytes = b'{"value": 1}') -> bytes:
    """Return an answer with header lines as they are: Latin-1 does not hold every canary."""
    head = [b"HTTP/1.1 " + status, *lines, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def _header(name: str, text: str) -> list[bytes]:
    """Return one line per line of *text*: a line break would end the header."""
    lines = [line for line in text.splitlines() if line] or [""]
    return [f"{name}: {line}".encode() for line in lines]


def _flat(text: str) -> bytes:
    return max(text.splitlines(), key=len).encode()


def _cookie(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z0-9/+=._-]+", text) else quote(text, safe="")


def _token(text: str) -> str:
    """Return a header name that holds as much of *text* as a name may."""
    return max(re.findall(r"[A-Za-z0-9]+", text), key=len)


def _basic(text: str) -> str:
    return base64.b64encode(f"ada:{text}".encode()).decode()


def _lower(encoded: str) -> str:
    return re.sub("%..", lambda match: match.group().lower(), encoded)


def _shifted(text: str, shift: int, encode: Callable[[bytes], bytes]) -> str:
    return encode(b"ab"[:shift] + text.encode() + b"yz").decode()


def _broken(data: bytes, connection: Connection) -> None:
    connection.send(data)
    connection.close()


def _hang(text: str, connection: Connection) -> None:
    connection.send(
        _headed(*_header("X-Echo", text), body=b"").replace(
            b"Content-Length: 0", b"Content-Length: 9999"
        )
    )
    connection.send(text.encode())
    connection.closing.wait(60)


def _chunks(pieces: Iterable[bytes], *, extension: bytes = b"", trailer: bytes = b"") -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
    data = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    return head + data + b"0\r\n" + trailer + b"\r\n"


def _encoded(body: bytes, coding: str) -> bytes:
    return reply(200, body, [*_TEXT, ("Content-Encoding", coding)])


def _at(position: int, text: str, fill: bytes = b"-", total: int = 0) -> bytes:
    """Return a body in which the middle of *text* stands at *position*."""
    content = text.encode()
    before = fill * ((position - len(content) // 2) // len(fill))
    body = before + content
    return body + fill * max(0, (total - len(body)) // len(fill))


def _redirect(location: str, status: int = 302) -> bytes:
    line = b"Location: " + location.encode()
    return _headed(line, status=b"%d Found" % status, body=b"")


# --- the ways --------------------------------------------------------------------------------------


def _pure(make: Callable[[str], bytes]) -> Way:
    return lambda text, connection: make(text)


_BODIES: dict[str, Callable[[str], bytes]] = {
    "raw": _say,
    "json_value": lambda text: _json({"value": text}),
    "json_value_not_ascii": lambda text: _json({"value": text}, ensure_ascii=False),
    "json_key": lambda text: _json({text: {"value": text}}),
    "json_nested": lambda text: _json({"value": {"a": [{"b": {"c": f"x{text}x"}}]}}),
    "json_array": lambda text: _json([text, [text], {"value": [text]}]),
    "json_twice": lambda text: _json({"value": json.dumps({"inner": text})}),
    "json_broken": lambda text: _say(f'{{"value": {json.dumps(text)}, oops', "application/json"),
    "json_slashes": lambda text: _say(json.dumps({"value": text}).replace("/", "\\/"), "application/json"),
    "json_lines": lambda text: _say(f"{json.dumps([text])}\n{json.dumps([text])}\n", "application/x-ndjson"),
    "json_duplicate_keys": lambda text: _say(f'{{"value": {json.dumps(text)}, "value": 2}}', "application/json"),
    "json_of_telling_key": lambda text: _json({"token": text, "value": f"token={text}"}),
    "html": lambda text: _say(f"<p title='{html.escape(text)}'>{html.escape(text)}</p>", "text/html"),
    "html_decimal_quotes": lambda text: _say(html.escape(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;")),
    "html_apostrophe": lambda text: _say(html.escape(text).replace("&#x27;", "&apos;"), "text/html"),
    "html_without_quotes": lambda text: _say(html.escape(text, quote=False), "text/html"),
    "xml": lambda text: _say(f'<a b="{html.escape(text)}">{html.escape(text)}</a>', "application/xml"),
    "cdata": lambda text: _say(f"<a><![CDATA[{text}]]></a>", "application/xml"),
    "percent": lambda text: _say(quote(text, safe="")),
    "percent_lower": lambda text: _say(_lower(quote(text, safe=""))),
    "percent_path": lambda text: _say(quote(text)),
    "percent_twice": lambda text: _say(quote(quote(text, safe=""), safe="")),
    "plus": lambda text: _say(quote_plus(text)),
    "plus_lower": lambda text: _say(_lower(quote_plus(text))),
    "form": lambda text: _say(f"a=1&value={quote_plus(text)}&z=2", "application/x-www-form-urlencoded"),
    "url_in_body": lambda text: _say(f"see https://ada:{quote(text, safe='')}@shop.invalid/a?k={quote(text)}#x"),
    "hex": lambda text: _say(text.encode().hex()),
    "hex_upper": lambda text: _say(f"0x{text.encode().hex().upper()}"),
    **{
        f"base64_{shift}": (lambda text, shift=shift: _say(_shifted(text, shift, base64.b64encode)))
        for shift in range(3)
    },
    **{
        f"base64url_{shift}": (lambda text, shift=shift: _say(_shifted(text, shift, base64.urlsafe_b64encode)))
        for shift in range(3)
    },
    "base64_unpadded": lambda text: _json({"value": base64.b64encode(text.encode()).decode().rstrip("=")}),
    "basic_encoded": lambda text: _say(f"you sent Basic {_basic(text)}"),
    "basic_decoded": lambda text: _say(f"you are ada:{text}"),
    "python_repr": lambda text: _say(f"KeyError: {text!r}"),
    "python_bytes": lambda text: _say(f"body was {text.encode()!r}"),
    "error_500": lambda text: _say(f"Traceback ...\n  sign(key={text!r})\nKeyError: {text}", status=500),
    "error_401": lambda text: _headed(*_header('WWW-Authenticate: Bearer realm="x", error_description', text), status=b"401 Unauthorized"),
    "gzip": lambda text: _encoded(gzip.compress(text.encode()), "gzip"),
    "deflate": lambda text: _encoded(zlib.compress(text.encode()), "deflate"),
    "gzip_not_declared": lambda text: _say(gzip.compress(text.encode(), 0), "application/octet-stream"),
    "latin1": lambda text: _say(f"é{text}".encode("latin-1"), "text/plain; charset=latin-1"),
    "utf16": lambda text: _say(text.encode("utf-16"), "text/plain; charset=utf-16"),
    "utf16_not_declared": lambda text: _say(b"\xff\xfe" + text.encode("utf-16-le"), "text/plain"),
    "wrong_charset": lambda text: _say(text.encode(), "text/plain; charset=latin-1"),
    "binary": lambda text: _say(b"\x00\xff\xfe\x80" + text.encode() + b"\x00\xff", "application/octet-stream"),
    "event_stream": lambda text: _say(f"event: key\ndata: {json.dumps(text)}\n\n", "text/event-stream"),
    "at_evidence_cut": lambda text: _say(_at(EVIDENCE_CUT, text, total=EVIDENCE_CUT + 20_000)),
    "at_margin_end": lambda text: _say(_at(EVIDENCE_CUT + 8 * 1024, text, total=EVIDENCE_CUT + 20_000)),
    "all_over_the_cut": lambda text: _say(f"{text}\n" * (90_000 // len(text))),
    "at_sentence_cut": lambda text: _say(_at(120, text, total=400)),
    "at_value_cut": lambda text: _json({"value": _at(4_096, text, total=6_000).decode()}),
    "at_line_cut": lambda text: _json({"value": _at(500, text, total=900).decode()}),
    "at_binary_cut": lambda text: _say(_at(3_072, text, fill=b"\x00\xff", total=16_000), "application/octet-stream"),
}  # fmt: skip

_HEADS: dict[str, Callable[[str], bytes]] = {
    "header": lambda text: _headed(*_header("X-Echo", text)),
    "header_percent": lambda text: _headed(*_header("X-Echo", quote(text, safe=""))),
    "header_twice": lambda text: _headed(*_header("X-Echo", text), b"X-Echo: more", *_header("X-Echo", text)),
    "header_name": lambda text: _headed(f"X-{_token(text)}: 1".encode()),
    "header_at_line_cut": lambda text: _headed(*_header("X-Echo", "-" * 490 + text)),
    "set_cookie": lambda text: _headed(f"Set-Cookie: sid={_cookie(text)}; Path=/; HttpOnly".encode()),
    "set_cookie_name": lambda text: _headed(f"Set-Cookie: {_token(text)}=1; Path=/".encode()),
    "cookie_attribute": lambda text: _headed(f"Set-Cookie: lang=en; Path=/{quote(text, safe='')}".encode()),
    "cookie_of_nothing": lambda text: _headed(f"Set-Cookie: {_cookie(text)}".encode()),
    "reason": lambda text: _headed(status=b"418 " + _flat(text)),
    "location_kept": lambda text: _headed(f"Location: /orders/{quote(text, safe='')}".encode(), status=b"201 Created"),
    "redirect_followed": lambda text: _redirect(f"/landed/{quote(text, safe='')}?k={quote(text)}"),
    "redirect_raw": lambda text: _redirect("/landed?k=" + _flat(text).decode()),
    "redirect_refused": lambda text: _redirect(f"{_FOREIGN}/x/{quote(text, safe='')}?k={quote_plus(text)}"),
    "redirect_host": lambda text: _redirect(f"http://{_token(text)}.invalid/"),
    "redirect_userinfo": lambda text: _redirect(f"http://ada:{quote(text, safe='')}@127.0.0.1/"),
    "redirect_scheme": lambda text: _redirect(f"x-{_token(text)}:{_flat(text).decode()}"),
    "redirect_port": lambda text: _redirect(f"http://127.0.0.1:{_token(text)}/"),
    "redirect_to_itself": lambda text: _redirect(f"/echo/redirect_to_itself?value={quote(text, safe='')}", 307),
    "content_type": lambda text: _headed(b"Content-Type: text/plain; charset=" + _flat(text)),
    "content_encoding": lambda text: _headed(b"Content-Encoding: " + _flat(text)),
    "link": lambda text: _headed(f'Link: <https://x.invalid/?key={quote(text)}>; rel="next"'.encode()),
    "etag": lambda text: _headed(b'ETag: W/"' + _flat(text) + b'"'),
    "interim": lambda text: b"HTTP/1.1 103 Early Hints\r\nLink: " + _flat(text) + b"\r\n\r\n" + _headed(),
    "basic_challenge": lambda text: _headed(f'WWW-Authenticate: Basic realm="{quote(text)}"'.encode(), status=b"401 No"),
    "basic_header": lambda text: _headed(f"X-Was: Basic {_basic(text)}".encode()),
    "trailer": lambda text: _chunks([b"x"], trailer=b"X-Echo: " + _flat(text) + b"\r\n"),
    "chunk_extension": lambda text: _chunks([b"x"], extension=b";e=" + _token(text).encode()),
    "chunks": lambda text: _chunks(text.encode()[at : at + 3] for at in range(0, len(text.encode()), 3)),
}  # fmt: skip

_WIRES: dict[str, Way] = {
    "not_http": lambda text, connection: _broken(b"SSH-2.0-" + text.encode() + b"\r\n", connection),
    "bad_status": lambda text, connection: _broken(b"HTTP/1.1 " + _flat(text) + b" OK\r\n\r\n", connection),
    "bad_version": lambda text, connection: _broken(b"HTTP/" + _flat(text) + b" 200 OK\r\n\r\n", connection),
    "bad_header": lambda text, connection: _broken(b"HTTP/1.1 200 OK\r\n" + _flat(text) + b"\r\n\r\n", connection),
    "bad_header_name": lambda text, connection: _broken(b"HTTP/1.1 200 OK\r\n(" + _flat(text) + b"): 1\r\n\r\n", connection),
    "bad_length": lambda text, connection: _broken(b"HTTP/1.1 200 OK\r\nContent-Length: " + _flat(text) + b"\r\n\r\nx", connection),
    "bad_transfer": lambda text, connection: _broken(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: " + _flat(text) + b"\r\n\r\nx", connection),
    "bad_chunk": lambda text, connection: _broken(_chunks([]).partition(b"0\r\n")[0] + _flat(text) + b"\r\n", connection),
    "bad_gzip": lambda text, connection: _broken(_encoded(b"no gzip " + text.encode(), "gzip"), connection),
    "cut_after": lambda text, connection: _broken(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nkey: " + text.encode(), connection),
    "cut_inside": lambda text, connection: _broken(
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nkey: " + _flat(text)[: len(_flat(text)) // 2 + 2], connection
    ),
    "cut_inside_json": lambda text, connection: _broken(
        b'HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{"key": ' + json.dumps(text).encode()[: len(text) // 2 + 12], connection
    ),
}  # fmt: skip

SLOW_WAYS: dict[str, Way] = {
    "at_body_cut": _pure(lambda text: _say(_at(BODY_CUT, text, total=BODY_CUT + 4_000))),
    "early_in_a_huge_body": _pure(
        lambda text: _say(text.encode() + _at(BODY_CUT, text, total=BODY_CUT + 4_000))
    ),
    "hang": _hang,
}
"""Ways that cost a moment each; one canary is enough for them."""

QUICK_WAYS: dict[str, Way] = {
    name: _pure(make) for name, make in {**_BODIES, **_HEADS}.items()
} | _WIRES

WAYS: dict[str, Way] = QUICK_WAYS | SLOW_WAYS

_NAMES = (
    "header_name", "set_cookie_name", "redirect_host", "redirect_scheme", "redirect_port", "chunk_extension",
)  # fmt: skip


def fits(way: str, shape: str) -> bool:
    """Say whether *way* can give a secret of *shape* back: another would be no longer the same."""
    if way in _NAMES:
        return shape == "PLAIN"
    if way == "redirect_raw":
        return shape != "PUNCTUATED"  # `%` and `#` mean something else in a URL.
    return way != "latin1" or shape != "UNICODE"


UNASKED: dict[str, Callable[[str], bytes]] = {
    "access_token": lambda text: _json({"access_token": text, "expires_in": 1}),
    "nested_token": lambda text: _json({"data": [{"auth": {"refresh_token": text}}]}),
    "object_of_secrets": lambda text: _json({"client_secret": {"old": text, "new": [text]}}),
    "token_in_form": lambda text: _say(f"token={text}&type=bearer", "application/x-www-form-urlencoded"),
    "token_in_text": lambda text: _say(f'log: {{"api_key": "{text}"}} and ?access_token={text}'),
    "cut_token": lambda text: _say(f'{{"password": "{text}', "application/json"),
    "session_cookie": lambda text: _headed(f"Set-Cookie: session={text}; Path=/".encode(), body=json.dumps({"was": text}).encode()),
    "userinfo": lambda text: _say(f"postgres://app:{text}@db.invalid/shop"),
    "api_key_header": lambda text: _headed(f"X-Api-Key: {text}".encode()),
    "link_with_token": lambda text: _headed(f"Location: /next?access_token={text}".encode(), status=b"201 Created"),
}  # fmt: skip
"""Answers with a credential that no journey knows of, by the place that gives it away."""
