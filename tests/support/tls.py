"""Servers with certificates of an authority of one's own."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import trustme
from servers import Handler, ScriptedServer


def server_context(authority: trustme.CA, name: str = "127.0.0.1", **given: Any) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, **given).configure_cert(context)
    return context


def answering(authority: trustme.CA, handler: Handler, name: str = "127.0.0.1") -> ScriptedServer:
    return ScriptedServer(handler, tls=server_context(authority, name))


def ca_of(authority: trustme.CA, folder: Path) -> Path:
    """Write the authority of *authority* into *folder* and return the file."""
    path = folder / "environments" / "ca.pem"
    path.parent.mkdir(parents=True, exist_ok=True)
    authority.cert_pem.write_to_path(str(path))
    return path
