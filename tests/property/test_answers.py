"""Any answer to any check: a result that can be written, with codes that we explain."""

from __future__ import annotations

import json

from any_answers import BODIES, CHECKS, HEADERS, OUTPUTS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journeys import attempt, plan, request, response, step
from servers import ScriptedServer

from pytest_reqflo.engine.http import HttpTransport
from pytest_reqflo.engine.local import LocalEngine
from pytest_reqflo.errors import CODES
from pytest_reqflo.plan.model import EnvironmentSnapshot, Service
from pytest_reqflo.report.page import render_page
from pytest_reqflo.report.safe import to_report
from pytest_reqflo.result import JourneyResult, TryResult
from pytest_reqflo.values import printable


def _hold(result: TryResult) -> None:
    codes = {problem.code for problem in (*result.problems, *result.warnings)}
    assert codes <= set(CODES)
    assert all(check.passed or check.message for check in result.checks)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(100, 999), HEADERS, BODIES, CHECKS)
def test_any_answer_gives_a_result_that_can_be_kept(status, headers, body, checks) -> None:
    spec = step("a", "/", assertions=tuple(checks), outputs=OUTPUTS)
    tried = attempt(spec, response(body, status, headers))
    _hold(tried.result)
    from pytest_reqflo.codec import to_json

    document = to_json(tried.result)
    json.dumps(document, allow_nan=False)
    plain = json.dumps(to_report(document), ensure_ascii=False)
    plain.encode()
    assert printable(plain) == plain


class _NoSecrets:
    asked = ()

    def get_many(self, names):
        return {}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.one_of(
            st.sampled_from([
                b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 302 Found\r\nLocation: ", b"HTTP/1.0 ", b"HTTP/2 200\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"\r\n", b"\r\n\r\n",
                b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n0\r\n\r\n", b"Content-Encoding: gzip\r\n", b"Set-Cookie: a=b; Expires=", b"{}",
                b"Content-Type: application/json\r\n", b": ", b"\0", b"::error::x\r\n", b"999999999999",
            ]),
            st.binary(max_size=30),
        ),
        max_size=8,
    ).map(b"".join)
)  # fmt: skip
def test_any_bytes_of_a_server_give_a_result_and_a_page(content) -> None:
    def handle(received, connection):
        connection.send(content)
        connection.close()

    with ScriptedServer(handle) as server:
        spec = step("a", request=request("/", follow_redirects=2), outputs=OUTPUTS)
        environment = EnvironmentSnapshot(
            name="t", services={"shop": Service(base_url=server.url, timeout_s=2)}
        )
        engine = LocalEngine(transport=HttpTransport(), secrets=_NoSecrets())
        try:
            ran = plan(spec, environment=environment)
            object.__setattr__(ran, "allowed_origins", (server.url,))
            run = engine.run(ran, {})
        finally:
            engine.close()
    assert run.pending is None
    _check_result(run.result)


def _check_result(result: JourneyResult) -> None:
    for each in result.steps:
        for tried in each.tries:
            _hold(tried)
        assert {problem.code for problem in each.problems} <= set(CODES)
    page = render_page(result, None, shown="x")
    assert printable(page.text) == page.text
    json.dumps(result.to_json(), allow_nan=False)
