"""Whatever a server answers: a page that can be read, a report that arrives, a run that ends.

Every answer is met by two journeys: one asks something of it that cannot hold, one asks nothing.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable

import pytest
from channels import ARGUMENTS, hold_inert
from hostile import WORKERS, attack
from servers import Connection, ReceivedRequest, ScriptedServer, chunked, head, redirect_to, reply

JSON = [("Content-Type", "application/json")]
TEXT = [("Content-Type", "text/plain; charset=utf-8")]


def _json(text: str | bytes) -> bytes:
    return reply(200, text.encode() if isinstance(text, str) else text, JSON)


def _raw(status_line: str, body: bytes = b"x") -> bytes:
    return f"{status_line}\r\nContent-Length: {len(body)}\r\n\r\n".encode("latin-1") + body


def _header(line: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + line + b"\r\nContent-Length: 2\r\n\r\n{}"


def _endless(request: ReceivedRequest, connection: Connection) -> None:
    connection.send(head(200, TEXT))
    while not connection.closing.is_set():
        connection.send(b"::error::x\n" * 5_000)


def _drip(request: ReceivedRequest, connection: Connection) -> None:
    connection.send(b"HTTP/1.1 200 OK\r\nX: ")
    connection.drip(b"y")


def _cut(data: bytes) -> Callable[[ReceivedRequest, Connection], None]:
    def send(request: ReceivedRequest, connection: Connection) -> None:
        connection.send(data)
        connection.close()

    return send


EVIL = "\x00\x07\x1b[2J\x1b]0;x\x07\u202eevil\u2066\x9b31m\x7f\r::error::a\n::error::b\n##vso[task.complete]\n]]>\ufffe\uffff"
REDIRECTS = {
    "javascript": "javascript:alert(1)",
    "file": "file:///etc/passwd",
    "userinfo": "http://user:pass@127.0.0.1/",
    "other_origin": "http://example.invalid/",
    "port": "http://127.0.0.1:99999/",
    "port_text": "http://127.0.0.1:abc/",
    "no_host": "http:///x",
    "brackets": "http://[::1",
    "backslash": "\\\\example.invalid\\x",
    "scheme_relative": "//example.invalid/x",
    "control": "/\x01\x1b[31m",
    "empty": "",
    "self": "/redirect_self",
    "long": "/" + "x" * 60_000,
    "utf8": "/\u202e\u00fc",
    "percent": "/%0d%0aX:%20y/%zz",
    "at": "http://127.0.0.1:80@example.invalid/",
    "idna": "http://xn--a\u00df\u200d.\u3002invalid/",
    "data": "data:text/html,x",
    "blank": "   ",
}
ANSWERS: dict[str, bytes | Callable[[ReceivedRequest, Connection], None]] = {
    "surrogates": _json(r'{"a": "\ud800", "\udfff": ["\ud83d\ude00", "\udc00\ud800"]}'),
    "evil_json": _json(json.dumps({"a": EVIL, EVIL: EVIL})),
    "evil_text": reply(200, EVIL.encode(), TEXT),
    "binary": reply(200, bytes(range(256)) * 20),
    "big": reply(200, b"x" * 11_000_000, TEXT),
    "big_json": _json("[" + "1," * 100_000 + "1]"),
    "big_string": _json('{"a": "' + "\u202e" * 200_000 + '"}'),
    "deep_list": _json("[" * 100_000 + "]" * 100_000),
    "deep_map": _json('{"a":' * 190 + "1" + "}" * 190),
    "deeper_map": _json('{"a":' * 5_000 + "1" + "}" * 5_000),
    "nan": _json('{"a": NaN, "b": Infinity, "c": -Infinity}'),
    "duplicates": _json('{"a": 1, "a": 2}'),
    "huge_integer": _json('{"a": ' + "9" * 4_000 + "}"),
    "huger_integer": _json('{"a": ' + "9" * 100_000 + "}"),
    "huge_float": _json('{"a": 1e999, "b": -1e-999}'),
    "negative_zero": _json('{"a": -0.0, "b": -0}'),
    "not_utf8": reply(200, b'{"a": "\xff\xfe\xc3"}', [("Content-Type", "application/json; charset=utf-8")]),
    "odd_charset": reply(200, b"\x80abc", [("Content-Type", "text/plain; charset=\x1bnope")]),
    "codec_charset": reply(200, b"x" * 50, [("Content-Type", "text/plain; charset=zlib_codec")]),
    "idna_charset": reply(200, b"xn--a" * 50, [("Content-Type", "text/plain; charset=idna")]),
    "escape_charset": reply(200, b"\\xzz\\N{no", [("Content-Type", "text/plain; charset=unicode_escape")]),
    "utf7": reply(200, b"+2AA-", [("Content-Type", "text/plain; charset=utf-7")]),
    "utf16_surrogate": reply(200, b"\x00\xd8", [("Content-Type", "text/plain; charset=utf-16-le")]),
    "gzip_garbage": reply(200, b"not gzip at all", [("Content-Encoding", "gzip"), *JSON]),
    "gzip_cut": reply(200, gzip.compress(b"x" * 9_000)[:-9], [("Content-Encoding", "gzip")]),
    "gzip_bomb": reply(200, gzip.compress(b"\0" * 60_000_000, 9), [("Content-Encoding", "gzip")]),
    "gzip_twice": reply(200, gzip.compress(gzip.compress(b"{}")), [("Content-Encoding", "gzip, gzip")]),
    "gzip_many": reply(200, b"x", [("Content-Encoding", "gzip, " * 500 + "gzip")]),
    "gzip_trailer": reply(200, gzip.compress(b"{}") + b"more", [("Content-Encoding", "gzip"), *JSON]),
    "deflate_raw": reply(200, zlib.compress(b"{}")[2:-4], [("Content-Encoding", "deflate"), *JSON]),
    "deflate_garbage": reply(200, b"\xff" * 40, [("Content-Encoding", "deflate")]),
    "unknown_encoding": reply(200, b"\x00br", [("Content-Encoding", "br\x1b[31m")]),
    "too_short": _cut(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{}"),
    "too_long": _cut(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{} more than was said"),
    "negative_length": _cut(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"),
    "text_length": _cut(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n{}"),
    "huge_length": _cut(b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5_000 + b"\r\n\r\n{}"),
    "two_lengths": _cut(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"),
    "both_lengths": _cut(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"),
    "bad_chunk": _cut(head(200, [("Transfer-Encoding", "chunked")]) + b"zz\r\nx\r\n"),
    "huge_chunk": _cut(head(200, [("Transfer-Encoding", "chunked")]) + b"f" * 400 + b"\r\nx\r\n"),
    "many_chunks": chunked([b"x"] * 2_000),
    "latin1_header": _header("X-Name: caf\u00e9 \u00ff".encode("latin-1")),
    "utf8_header": _header("X-Name: \u202eevil \U0001f4a5".encode()),
    "control_header": _header(b"X-Name: a\x01\x1b[31mb"),
    "nul_header": _header(b"X-Name: a\x00b"),
    "folded_header": _header(b"X-Name: a\r\n ::error::b\r\n\t##vso[x]"),
    "no_colon": _header(b"X-Name"),
    "empty_name": _header(b": x"),
    "space_name": _header(b"X Name : x"),
    "command_header": _header(b"::error::x: ::error::y"),
    "long_header": _header(b"X-Name: " + b"y" * 200_000),
    "many_headers": _header(b"\r\n".join(b"X-%d: y" % number for number in range(3_000))),
    "content_type_garbage": _header(b"Content-Type: ;;;=\x80;charset=;charset=\"x"),
    "empty_json": reply(200, b"", JSON),
    "blank_json": reply(200, b" \n\t", JSON),
    "two_json": _json("{} {}"),
    "mark_json": _json(b"\xef\xbb\xbf{}"),
    "status_999": _raw("HTTP/1.1 999 Odd"),
    "status_000": _raw("HTTP/1.1 000 None"),
    "status_99": _raw("HTTP/1.1 99 Short"),
    "status_1000": _raw("HTTP/1.1 1000 Long"),
    "status_text": _raw("HTTP/1.1 OK 200"),
    "status_sign": _raw("HTTP/1.1 -20 OK"),
    "reason": _raw("HTTP/1.1 500 \x1b[31m::error::\xe9"),
    "version": _raw("HTTP/9.9 200 OK"),
    "http_0_9": _cut(b"just text\n"),
    "early_hints": b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 3 + reply(200, b"{}", JSON),
    "continue_forever": _cut(b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000),
    "switching": _cut(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n\x00\x01"),
    "no_content": _cut(b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"),
    "not_modified": reply(304, b""),
    "nothing": _cut(b""),
    "half_line": _cut(b"HTTP/1.1 20"),
    "half_headers": _cut(b"HTTP/1.1 200 OK\r\nX-Na"),
    "zeros": _cut(b"\0" * 70_000),
    "cookies": reply(200, b"{}", [("Set-Cookie", value) for value in (
        "", ";", "=", "=x", "a", "a=" + "b" * 9_000, "a=b; Domain=.com; Path=relative", "a=\xff\x80",
        "a=b; Expires=Never, 99-Foo-99999 99:99:99 GMT; Max-Age=" + "9" * 5_000, "a=b; Max-Age=--1",
        "__Host-a=b; Domain=x", "a\x01=\x1b[31m", "a=b; Domain=" + "." * 500, "::error::=1",
        "a=b; Expires=" + "Mon, " * 3_000,
    )]),
    "endless": _endless,
    "drip": _drip,
    **{f"redirect_{name}": redirect_to(place.encode().decode("latin-1")) for name, place in REDIRECTS.items()},
    "redirect_no_location": reply(302),
    "redirect_bytes": _cut(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:\xff\xfe/\r\nContent-Length: 0\r\n\r\n"),
}  # fmt: skip

STEP = """
    - id: {name}
      request: {{method: GET, url: "/{name}", timeout_s: 0.7, follow_redirects: true}}
      outputs: [{{name: all, path: body}}]
"""
CHECKS = """      assertions:
        - {type: status_code, expected: 418}
        - {type: json_path, path: $.a, operator: equals, expected: {"x": [1]}}
        - {type: json_path, path: "$..a", operator: contains, expected: 1}
        - {type: json_path, path: $.a, operator: greater_than, expected: 1e300}
        - {type: header, name: x-name, operator: matches, expected: "^z"}
        - {type: cookie, name: a, attribute: expires, operator: equals, expected: 1}
        - {type: body_contains, expected: "nowhere"}
        - {type: body_equals, expected: {"a": 1}}
        - {type: body_matches, expected: "(x+x+)+y"}
        - {type: json_schema, schema: {type: object, required: [zz], properties: {a: {type: "null"}}}}
        - {type: response_time, expected: 0}
    - id: after
      request: {method: GET, url: "/ok", headers: {x-all: "{{ steps.%s.outputs.all }}"}}
"""


def _handle(request: ReceivedRequest, connection: Connection) -> bytes | None:
    answer = ANSWERS.get(request.path.strip("/"), reply(200, b"{}", JSON))
    return answer if isinstance(answer, bytes) else answer(request, connection)


@pytest.mark.every_plugin
def test_no_answer_breaks_a_run_a_worker_or_a_report(project) -> None:
    for name in ANSWERS:
        step = STEP.format(name=name)
        project.write(
            f"asks/{name}.journey.yaml",
            f"journey:\n  name: {name}\n  settings: {{on_failure: continue}}\n  steps:{step}{CHECKS % name}",
        )
        project.write(f"takes/{name}.journey.yaml", f"journey:\n  name: t-{name}\n  steps:{step}")
    with ScriptedServer(_handle) as server:
        project.write(
            "environments/local.yaml",
            f'environment: {{name: local, services: {{default: {{base_url: "{server.url}"}}}}}}\n',
        )
        result = attack(
            project.path,
            *ARGUMENTS,
            *WORKERS,
            timeout_s=120,
        )
    assert result.code == pytest.ExitCode.TESTS_FAILED
    reasons = {name.rpartition("::")[0]: text for name, text in result.reasons.items()}
    asked = [text for name, text in reasons.items() if "asks" in name]
    taken = [text for name, text in reasons.items() if "takes" in name]
    assert len(asked) == len(taken) == len(ANSWERS)
    assert [text for text in asked if not text.startswith("step `")] == []
    assert [text for text in taken if text and not text.startswith("step `")] == []
    assert 45 < taken.count("") < len(ANSWERS) - 45
    results = json.loads((project.path / "out.json").read_text())["results"]
    assert len(results) == 2 * len(ANSWERS)
    hold_inert(project.path)
