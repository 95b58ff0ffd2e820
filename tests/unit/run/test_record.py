"""Exchanges as they are kept, and the curl command made from them."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import sys

import journeys as make
import pytest

from pytest_reqflo.evidence.model import Body, Exchange, RequestRecord
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.report.exchange import render_curl as render_on_page
from pytest_reqflo.run.curl import render_curl
from pytest_reqflo.run.effects import Hop, PhaseTimes, WireRequest
from pytest_reqflo.run.record import MAX_BODY, record_seen, see_hop
from pytest_reqflo.secret import Secret

SECRET = "s3cr3t-canary-value"


def recorded(hop: Hop, redactor: Redactor):
    return record_seen(see_hop(hop, redactor), redactor)


def record(body: bytes, *, headers=(), redactor: Redactor | None = None, **fields):
    request = WireRequest(method="GET", url="http://shop.test/")
    answer = make.response(body, headers=headers, **fields)
    hop = Hop(request=request, response=answer, times=PhaseTimes(total_s=0.1))
    exchange = recorded(hop, redactor or Redactor())
    assert exchange.response is not None
    return exchange.response.body


def redactor_of(*secrets: str) -> Redactor:
    redactor = Redactor()
    for secret in secrets:
        redactor.add_secret(Secret("KEY", secret))
    return redactor


def test_a_long_body_is_kept_as_its_head_with_its_full_size() -> None:
    body = record(b"a" * 200_000)
    assert (len(body.text), body.size_bytes, body.is_shortened) == (MAX_BODY, 200_000, True)


@pytest.mark.parametrize("shift", range(-3, 40, 3))
def test_no_part_of_a_secret_is_left_where_a_body_is_cut(shift: int) -> None:
    for end in (MAX_BODY, MAX_BODY + 8 * 1024):
        start = end - len(SECRET) + shift
        text = "-" * start + SECRET + "-" * 50_000
        assert "s3cr3t" not in record(text.encode(), redactor=redactor_of(SECRET)).text


def test_masks_that_shorten_a_body_do_not_uncover_its_cut_end() -> None:
    long_secret = "x1y2" * 500
    start = MAX_BODY + 8 * 1024 - 10
    text = (long_secret * 40)[: start - 2] + "--" + SECRET + "-" * 50_000
    assert "s3cr" not in record(text.encode(), redactor=redactor_of(long_secret, SECRET)).text


def test_a_secret_that_is_longer_than_what_is_looked_at_is_hidden() -> None:
    long_secret = "".join(f"{number:04x}" for number in range(5_000))
    start = MAX_BODY - 4_000
    text = "-" * start + long_secret + "-" * 50_000
    shown = record(text.encode(), redactor=redactor_of(long_secret)).text
    assert shown.strip("-").removeprefix("[secret:KEY]") == ""


def test_bytes_that_are_no_text_are_kept_as_base64_without_secrets() -> None:
    content = b"\xff\xfe\x00" + SECRET.encode() + b"\xff"
    body = record(content, redactor=redactor_of(SECRET))
    assert body.encoding == "base64"
    assert base64.b64encode(content).decode() != body.text
    assert "[secret:KEY]" in body.text
    assert record(b"\xff\xfe").text == base64.b64encode(b"\xff\xfe").decode()


def test_a_charset_is_followed_and_a_redacted_body_has_no_digest() -> None:
    headers = [("content-type", "text/plain; charset=iso-8859-1")]
    assert record("grün".encode("latin-1"), headers=headers).text == "grün"
    assert record(b"plain").sha256 is not None
    assert record(SECRET.encode(), redactor=redactor_of(SECRET)).sha256 is None


# --- curl ----------------------------------------------------------------------------------------


def curl(
    url="http://shop.test/x", method="GET", headers=(), body: str | None = None, **fields
) -> str:
    kept = None if body is None else Body(text=body, size_bytes=len(body), **fields)
    return render_curl(RequestRecord(method=method, url=url, headers=tuple(headers), body=kept))


def run_in_shell(command: str, **variables: str) -> list[str]:
    """Return the words that a shell makes of *command*."""
    script = "import sys; print('\\0'.join(sys.argv[1:]), end='')"
    told = command.replace("curl", f"{shlex.quote(sys.executable)} -c {shlex.quote(script)}", 1)
    done = subprocess.run(
        ["/bin/sh", "-c", told], capture_output=True, env=variables, check=True, text=True
    )
    return done.stdout.split("\0")


def test_hidden_parts_become_variables_and_everything_else_is_quoted() -> None:
    command = curl(
        "http://shop.test/x?key=[secret:API_KEY]&q=a b;rm",
        "POST",
        [("Authorization", "Bearer [secret:TOKEN]"), ("x-evil", "`id` $HOME 'x'")],
        '{"pw":"[sensitive:pass-word]"}',
    )
    assert command == (
        "curl -X POST 'http://shop.test/x?key='\"$API_KEY\"'&q=a b;rm' \\\n"
        "  -H 'Authorization: Bearer '\"$TOKEN\" \\\n"
        "  -H 'x-evil: `id` $HOME '\"'\"'x'\"'\"'' \\\n"
        "  -H 'Content-Type:' \\\n"
        '  --data-raw \'{"pw":"\'"$pass_word"\'"}\''
    )
    words = run_in_shell(command, API_KEY="k 1", TOKEN="t", pass_word="p'w", HOME="/h")
    assert words == [
        "-X", "POST", "http://shop.test/x?key=k 1&q=a b;rm",
        "-H", "Authorization: Bearer t",
        "-H", "x-evil: `id` $HOME 'x'",
        "-H", "Content-Type:",
        "--data-raw", '{"pw":"p\'w"}',
    ]  # fmt: skip


def test_a_mask_with_an_odd_name_cannot_run_anything() -> None:
    assert curl("http://x/[secret:a$(id)`b`]") == 'curl http://x/"$a__id__b_"'
    assert curl("http://x/[secret:1a]") == 'curl http://x/"$_1a"'


def test_a_long_or_binary_body_is_named_as_a_file() -> None:
    long = curl(method="PUT", headers=[("content-type", "a/b")], body="x" * 5000)
    assert long == (
        "curl -X PUT http://shop.test/x \\\n"
        "  -H 'content-type: a/b' \\\n"
        "  --data-binary @body.bin\n"
        "# body.bin stands for the 5000 bytes of the body (text)"
    )
    binary = curl(method="PUT", headers=[("content-type", "a/b")], body="AAA=", encoding="base64")
    assert binary.endswith("# body.bin stands for the 4 bytes of the body (no text)")


def test_curl_is_told_what_it_would_change_by_itself() -> None:
    assert curl(method="HEAD") == "curl --head http://shop.test/x"
    assert curl("http://x/a/../b") == "curl --path-as-is http://x/a/../b"
    assert curl("http://x/a[1]") == "curl --globoff 'http://x/a[1]'"
    assert curl(headers=[("x-empty", ""), ("Host", "x"), ("Accept-Encoding", "gzip")]) == (
        "curl http://shop.test/x \\\n  -H 'x-empty;'"
    )


def basic_curl(credentials: str, *secrets: str) -> str:
    encoded = base64.b64encode(credentials.encode()).decode()
    redactor = redactor_of(*secrets, encoded)
    headers = (("Authorization", f"Basic {encoded}"),)
    request = WireRequest(method="GET", url="http://shop.test/", headers=headers)
    hop = Hop(request=request, response=None, times=PhaseTimes(total_s=0.1))
    return recorded(hop, redactor).curl


def test_curl_takes_basic_credentials_by_their_parts() -> None:
    start = "curl http://shop.test/ \\\n  -u "
    assert basic_curl(f"robot:{SECRET}", SECRET) == start + 'robot:"$KEY"'
    assert basic_curl(f"{SECRET}:", SECRET) == start + '"$KEY":'
    assert basic_curl(f"bob:{SECRET}", SECRET) == start + '"$username":"$KEY"'


def test_basic_credentials_that_nobody_hid_by_their_parts_stay_a_header_with_a_note() -> None:
    assert basic_curl("robot:unknown-word") == (
        "curl http://shop.test/ \\\n  -H 'Authorization: Basic '\"$KEY\"\n"
        '# "$KEY" stands for the base64 of user:password here'
    )


LONG = json.dumps({"lines": ["it's \\ one", "x" * 60] * 60}, indent=1)[:4096]


@pytest.mark.parametrize(
    "body", ["--b\r\nit's \\ [secret:KEY]\r\n--b--\r\n", '{\n  "a": "[secret:KEY]"\n}\n', LONG]
)
def test_lines_of_a_body_reach_the_server_also_from_a_page(body) -> None:
    assert len(LONG) == 4096
    command = curl(method="POST", headers=[("content-type", "multipart/form-data")], body=body)
    shown = "\n".join(
        render_on_page(Exchange(request=RequestRecord(method="POST", url=""), curl=command))[1:]
    )
    option = shown.rpartition("--data-raw ")[2]
    assert not {"\r", "\n"} & set(option)
    script = f"KEY=word; printf %s {option}"
    told = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    assert told.stdout.decode() == body.replace("[secret:KEY]", "word")
