"""TLS: certificates are checked, an authority of one's own can be named, checks can be turned off."""

from __future__ import annotations

import ssl

import pytest
import trustme
from servers import ScriptedServer, redirect_to, reply


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def ca_file(authority, tmp_path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def server_context(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def answering(authority: trustme.CA, name: str = "127.0.0.1") -> ScriptedServer:
    tls = server_context(authority, name)
    return ScriptedServer(lambda request, connection: reply(200, b"ok"), tls=tls)


def test_a_server_with_a_certificate_of_the_named_authority_is_trusted(
    default_sender, authority, ca_file
):
    with answering(authority) as server, default_sender() as send:
        first, second = send(server.url, ca_file=ca_file), send(server.url, ca_file=ca_file)

    assert (first.failure, second.failure) == (None, None)
    assert first.hops[0].times.tls_s is not None
    assert server.connections == 1


def test_the_fast_transport_refuses_to_trust_more_than_the_named_authority(
    fast_sender, authority, ca_file
):
    with answering(authority) as server, fast_sender() as send:
        sent = send(server.url, ca_file=ca_file)

    assert (sent.failure.code, sent.failure.category) == ("RF403", "tls")
    assert sent.failure.message == (
        "the fast transport cannot trust the authorities of `ca_file` and no others"
    )
    assert server.connections == 0


def test_an_unknown_certificate_is_RF403_and_no_request_arrives(sender, authority):
    with answering(authority) as server, sender() as send:
        sent = send(server.url, headers=(("Authorization", "Bearer t"),))

    assert (sent.failure.code, sent.failure.category) == ("RF403", "tls")
    assert "certificate was not accepted" in sent.failure.message
    assert server.requests == []


def test_a_certificate_for_another_name_is_RF403(default_sender, authority, ca_file):
    with answering(authority, "other.example") as server, default_sender() as send:
        sent = send(server.url, ca_file=ca_file)

    assert sent.failure.code == "RF403"


def test_checks_can_be_turned_off_and_stay_on_for_others(sender, authority):
    with answering(authority) as server, sender() as send:
        off = send(server.url, verify_tls=False)
        on = send(server.url)

    assert off.failure is None
    assert on.failure.code == "RF403"


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_unusable_authority_file_is_RF403(default_sender, authority, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with answering(authority) as server, default_sender() as send:
        sent = send(server.url, ca_file=str(path))

    assert sent.failure.code == "RF403"
    assert str(path) in sent.failure.message
    assert server.connections == 0


def test_tls_to_a_server_without_it_is_RF403(sender):
    with ScriptedServer(lambda request, connection: reply()) as server, sender() as send:
        sent = send(server.url.replace("http:", "https:"))

    assert sent.failure.code == "RF403"


def test_a_redirect_from_https_to_http_is_RF408(sender, authority):
    with ScriptedServer(lambda request, connection: reply()) as plain:
        tls = server_context(authority)
        with (
            ScriptedServer(lambda request, connection: redirect_to(plain.url), tls=tls) as server,
            sender() as send,
        ):
            sent = send(
                server.url,
                verify_tls=False,
                follow_redirects=5,
                allowed_origins=(server.url, plain.url),
            )

    assert sent.failure.code == "RF408"
    assert plain.connections == 0
