"""T11, the surroundings: proxies are honoured and shown without user name, netrc is never read."""

from __future__ import annotations

import base64
import json
import socket
import threading

import pytest
import trustme
from field import Field, clear_proxies, field_fixture, problem_of  # noqa: F401
from hostile import attack
from servers import ScriptedServer, reply
from tls import answering, ca_of

PASSWORD = "canary-7Qm2xV9z"


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_is_used_and_shown_without_its_user(
    field: Field, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    with ScriptedServer(lambda request, connection: reply()) as proxy:
        monkeypatch.setenv(variable, f"http://ada:{PASSWORD}@127.0.0.1:{proxy.port}")
        field.environment('api: {base_url: "http://api.example"}')
        result = field.run("- {id: a, template: GET /a}")

    assert [request.line for request in proxy.requests] == ["GET http://api.example/a"]
    credentials = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
    assert proxy.requests[0].header("proxy-authorization") == f"Basic {credentials}"
    [exchange] = result.steps[0].tries[0].exchanges
    assert exchange.proxy == f"http://127.0.0.1:{proxy.port}"
    shown = json.dumps(result.to_json())
    assert PASSWORD not in shown
    assert credentials not in shown


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
def test_no_proxy_is_honoured(field: Field, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with (
        ScriptedServer(lambda request, connection: reply()) as proxy,
        ScriptedServer(lambda request, connection: reply()) as server,
    ):
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.setenv(variable, "other.example,127.0.0.1")
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run("- {id: a, template: GET /a}")

    assert (len(server.requests), proxy.connections) == (1, 0)
    assert result.steps[0].tries[0].exchanges[0].proxy == ""


def test_a_proxy_that_a_web_request_could_have_set_is_not_used(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under CGI the header `Proxy` of a stranger becomes HTTP_PROXY (httpoxy)."""
    with (
        ScriptedServer(lambda request, connection: reply()) as proxy,
        ScriptedServer(lambda request, connection: reply()) as server,
    ):
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("REQUEST_METHOD", "GET")
        field.environment(f'api: {{base_url: "{server.url}"}}')
        field.run("- {id: a, template: GET /a}")

    assert (len(server.requests), proxy.connections) == (1, 0)


class Tunnel:
    """A proxy that answers CONNECT and then passes bytes on, all of which it keeps."""

    def __init__(self, place: tuple[str, int]) -> None:
        self._place = place
        self.seen = b""

    def __call__(self, request, connection) -> None:
        with socket.create_connection(self._place) as far:
            connection.send(b"HTTP/1.1 200 Connected\r\n\r\n")
            near = connection._socket
            back = threading.Thread(target=self._pass, args=(far, near), daemon=True)
            back.start()
            self._pass(near, far)
            back.join(5)
        connection.close()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self.seen += data
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            return


@pytest.mark.parametrize("is_trusted", [True, False])
def test_tls_goes_through_a_proxy_end_to_end(
    field: Field, monkeypatch: pytest.MonkeyPatch, is_trusted: bool
) -> None:
    authority = trustme.CA()
    with answering(authority, lambda request, connection: reply(200, b"answer")) as server:
        tunnel = Tunnel(("127.0.0.1", server.port))
        with ScriptedServer(tunnel) as proxy:
            monkeypatch.setenv("https_proxy", f"http://ada:{PASSWORD}@127.0.0.1:{proxy.port}")
            ca_of(authority if is_trusted else trustme.CA(), field.path)
            field.environment(f'api: {{base_url: "{server.url}", tls: {{ca_file: ca.pem}}}}')
            result = field.run(
                '- {id: a, request: {method: GET, url: /path, auth: {bearer: "{{ secrets.KEY }}"}}}',
                secrets={"KEY": "canary-of-the-api"},
            )
            field.close()

    assert [request.line for request in proxy.requests] == [f"CONNECT 127.0.0.1:{server.port}"]
    assert b"canary-of-the-api" not in tunnel.seen
    assert b"/path" not in tunnel.seen
    if not is_trusted:
        assert problem_of(result).code == "RF403"
        assert server.requests == []
        return
    assert result.outcome == "passed"
    assert server.requests[0].header("authorization") == "Bearer canary-of-the-api"
    assert server.requests[0].header("proxy-authorization") is None
    assert result.steps[0].tries[0].exchanges[0].proxy == f"http://127.0.0.1:{proxy.port}"


@pytest.mark.parametrize("file", [".netrc", "_netrc", "elsewhere"])
def test_netrc_is_never_read(field: Field, monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    with ScriptedServer(lambda request, connection: reply()) as server:
        path = field.write(file, f"machine 127.0.0.1 login ada password {PASSWORD}\n")
        path.chmod(0o600)
        monkeypatch.setenv("HOME", str(field.path))
        if file == "elsewhere":
            monkeypatch.setenv("NETRC", str(path))
        field.environment(f'api: {{base_url: "{server.url}"}}')
        field.run("- {id: a, template: GET /a}")

    assert server.requests[0].header("authorization") is None


def test_the_header_and_the_failure_page_show_the_proxy(
    field: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ScriptedServer(lambda request, connection: reply(500)) as proxy:
        shown = f"http://127.0.0.1:{proxy.port}"
        monkeypatch.setenv("http_proxy", f"http://ada:{PASSWORD}@127.0.0.1:{proxy.port}")
        field.environment('api: {base_url: "http://api.example"}')
        check = "assertions: [{type: status_code, expected: 200}]"
        step = f"{{id: a, template: GET /a, {check}}}"
        field.write("t.journey.yaml", f"journey:\n  name: T\n  steps: [{step}]\n")
        field.write("pytest.ini", "[pytest]\n")
        run = attack(field.path, "--reqflo-output=out.json")

    lines = run.text.splitlines()
    assert f"reqflo: requests go by proxy {shown} (http_proxy)" in lines
    assert f"request as sent, by proxy {shown}" in lines
    assert PASSWORD not in run.text + (field.path / "out.json").read_text()
    assert PASSWORD not in (field.path / "junit.xml").read_text()


@pytest.mark.parametrize(
    "proxy", [f"socks5://ada:{PASSWORD}@127.0.0.1:1", f"http://ada:{PASSWORD}@[broken", "http://"]
)
def test_a_proxy_that_cannot_be_used_is_said_and_not_passed_by(
    field: Field, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    with ScriptedServer(lambda request, connection: reply()) as server:
        monkeypatch.setenv("http_proxy", proxy)
        field.environment(f'api: {{base_url: "{server.url}"}}')
        result = field.run("- {id: a, template: GET /a}")

    assert problem_of(result).code == "RF401"
    assert PASSWORD not in json.dumps(result.to_json())
    assert server.connections == 0
