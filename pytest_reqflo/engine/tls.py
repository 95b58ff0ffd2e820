"""One TLS context per policy and process, and how failures of TLS are told."""

from __future__ import annotations

import ssl
from pathlib import Path

from pytest_reqflo.engine.transport import TransportFailed
from pytest_reqflo.reading import read_regular
from pytest_reqflo.run.effects import SendFailure

PEM_BEGINS = "-----BEGIN CERTIFICATE-----"
"""How the text of a PEM file of authorities begins; an environment from afar has no files."""

_MAX_CA_BYTES = 4 * 1024 * 1024

_CONTEXTS: dict[tuple[bool, str | None], ssl.SSLContext] = {}
"""Made on the first https request and shared: making one takes as long as fifteen requests."""


def context_for(verify: bool, ca_file: str | None) -> ssl.SSLContext:
    """Return the context of a policy. Raises: TransportFailed when its authorities are unusable."""
    key = (verify, ca_file)
    if key not in _CONTEXTS:
        _CONTEXTS[key] = _make_context(verify, ca_file)
    return _CONTEXTS[key]


def _make_context(verify: bool, ca_file: str | None) -> ssl.SSLContext:
    if not verify or ca_file is None:
        # Loaded by the first https request only.
        import httpx

        context = httpx.create_ssl_context(verify=verify)
    else:
        text = read_authorities(ca_file)
        try:
            context = ssl.create_default_context(cadata=text)
        except (OSError, ValueError) as error:
            raise authorities_unusable(ca_file, _why(error)) from None
    context.set_alpn_protocols(["http/1.1"])
    return context


def read_authorities(ca_file: str) -> str:
    """Return the PEM text that *ca_file* names or is. Raises: TransportFailed."""
    if ca_file.startswith(PEM_BEGINS):
        return ca_file
    try:
        return read_regular(Path(ca_file), max_bytes=_MAX_CA_BYTES).decode("ascii", "replace")
    except (OSError, ValueError) as error:
        raise authorities_unusable(ca_file, _why(error)) from None


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)


def authorities_unusable(ca_file: str, reason: str) -> TransportFailed:
    """Return the failure of a request whose authorities cannot be used."""
    where = "of the environment" if ca_file.startswith(PEM_BEGINS) else f"in {ca_file}"
    message = f"the authorities {where} cannot be used: {reason}"
    return TransportFailed(SendFailure(code="RF403", category="tls", message=message))


def tls_failure(host: str, reason: str) -> SendFailure:
    """Return the failure of a request to a server with which TLS does not work."""
    return SendFailure(
        code="RF403",
        category="tls",
        message=f"TLS with {host} failed: {reason}",
        hint="for a private authority set `tls: {ca_file: ...}` at the service in the environment",
    )


def tls_reason(error: Exception) -> str:
    """Return why TLS failed, as far as it is known."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate was not accepted, {error.verify_message}"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    return str(error) or "the connection was closed"
