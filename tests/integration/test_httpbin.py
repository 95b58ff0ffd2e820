"""Journeys against httpbin that must fail, and what they say.

The journeys that must pass lie in `httpbin/journeys`; both kinds use the same server fixture.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

SUITE = Path(__file__).with_name("httpbin")
PASSWORD = "s3cret-of-httpbin"

BROKEN: dict[str, tuple[str, list[str]]] = {
    "wrong_status": (
        "- {id: teapot, template: GET /status/418, assertions: [{type: status_code, expected: 200}]}",
        ["step `teapot`: expected status 200, got 418", "GET /status/418", "curl"],
    ),
    "too_slow": (
        "- {id: slow, request: {method: GET, url: /delay/5, timeout_s: 0.3}}",
        ["step `slow`: ", "0.3 s"],
    ),
    "too_slow_to_finish": (
        # The head comes at once, the body drips: the deadline bounds the whole exchange.
        "- {id: drips, request: {method: GET, url: /drip, timeout_s: 0.5,"
        " query: {duration: 8, numbytes: 80, delay: 0}}}",
        ["step `drips`: ", "0.5 s"],
    ),
    "too_many_redirects": (
        "- {id: hops, request: {method: GET, url: /redirect/4, follow_redirects: 2}}",
        ["step `hops`: ", "redirect", "2"],
    ),
    "endless_redirects": (
        "- {id: hops, request: {method: GET, url: /redirect/9, follow_redirects: true}}",
        ["step `hops`: ", "redirect", "5"],
    ),
    "foreign_origin": (
        "- {id: away, request: {method: GET, url: /redirect-to, follow_redirects: true,"
        ' query: {url: "http://foreign.invalid/"}}}',
        ["step `away`: ", "http://foreign.invalid"],
    ),
    "refused": (
        "- {id: login, request: {method: GET, url: /basic-auth/ada/other,"
        ' auth: {basic: {username: ada, password: "{{ secrets.HTTPBIN_PASSWORD }}"}}},'
        " assertions: [{type: status_code, expected: 200}]}",
        ["step `login`: expected status 200, got 401", "HTTPBIN_PASSWORD"],
    ),
    "secret_in_the_answer": (
        '- {id: bearer, request: {method: GET, url: /bearer, auth: {bearer: "{{ secrets.HTTPBIN_PASSWORD }}"}},'
        " assertions: [{type: json_path, path: $.token, expected: other}]}",
        ["step `bearer`: ", "[secret:HTTPBIN_PASSWORD]"],
    ),
    "other_json": (
        "- {id: slides, template: GET /json, assertions: [{type: json_path,"
        ' path: "$.slideshow.slides[0]", expected: {title: Wake up, type: all}}]}',
        ["step `slides`: ", "title", "Wake up to WonderWidgets!"],
    ),
    "compressed": (
        "- {id: gzip, template: GET /gzip, assertions: [{type: json_path, path: $.gzipped, expected: false}]}",
        ["step `gzip`: $.gzipped: expected false, got true", '"gzipped": true'],
    ),
    "retries_used_up": (
        "- {id: down, template: GET /status/503, retry: {count: 2, delay_s: 0.01},"
        " assertions: [{type: status_code, expected: 200}]}",
        ["step `down`: expected status 200, got 503", "tries: 3"],
    ),
    "never_ready": (
        "- {id: wait, template: GET /json, poll: {every_s: 0.5, timeout_s: 1.2,"
        " until: [{type: json_path, path: $.slideshow.author, expected: Me}]}}",
        ["step `wait`: ", "1.2 s"],
    ),
    "stopped_early": (
        "- {id: wait, template: GET /json, poll: {every_s: 0.05, timeout_s: 20,"
        " until: [{type: json_path, path: $.slideshow.author, expected: Me}],"
        " stop_on: [{type: json_path, path: $.slideshow.author, expected: Yours Truly}]}}",
        ["step `wait`: ", "stop_on"],
    ),
    "output_not_there": (
        "- {id: json, template: GET /json, outputs: [{name: id, path: body.slideshow.id}]}\n"
        '- {id: after, template: GET /get, values: {id: "{{ steps.json.outputs.id }}"}}',
        ["step `json`: ", "body.slideshow.id", "1 step skipped because of `json`: after"],
    ),
    "schema": (
        "- {id: uuid, template: GET /uuid, assertions: [{type: json_schema,"
        " schema: {type: object, required: [id], properties: {uuid: {type: integer}}}}]}",
        ["step `uuid`: ", "integer", "id"],
    ),
    "text_where_json_is_expected": (
        "- {id: xml, template: GET /xml, assertions: [{type: json_path, path: $.slideshow}]}",
        ["step `xml`: ", "JSON"],
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def output(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Give what pytest prints for all broken journeys, run in one session."""
    folder = tmp_path_factory.mktemp("httpbin")
    for name in ("environments", "files"):
        shutil.copytree(SUITE / name, folder / name)
    shutil.copy(SUITE / "conftest.py", folder)
    for name, (steps, _) in BROKEN.items():
        text = f"journey:\n  name: {name}\n  steps:\n{textwrap.indent(steps, '    ')}\n"
        (folder / f"{name}.journey.yaml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=150, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def page_of(name: str, output: str) -> str:
    """Return the failure section of one journey."""
    _, _, rest = output.partition(f"_ {name}")
    return rest.partition("\n____")[0]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_journey_says_what_went_wrong(name: str, output: str) -> None:
    page = page_of(name, output)
    assert [part for part in BROKEN[name][1] if part not in page] == [], page


def test_every_broken_journey_fails_and_none_breaks_the_session(output: str) -> None:
    assert f"{len(BROKEN)} failed" in output
    assert "INTERNALERROR" not in output
    assert "Traceback" not in output


def test_the_secret_is_nowhere(output: str) -> None:
    assert PASSWORD not in output
