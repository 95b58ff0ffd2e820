"""Which headers a request may set. Pure.

Those that frame the message or belong to the connection are not an author's: set by hand they make
one request two, or are read differently by a proxy and the server behind it.
"""

from __future__ import annotations

import functools
import re

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OF_THE_CONNECTION = frozenset(
    {
        "connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "te",
        "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip


@functools.lru_cache(maxsize=1_024)
def find_header_fault(name: str) -> str | None:
    """Return why no request may set the header *name*, as the end of a sentence; None if it may.

    Source: RFC 9110, 5.6.2 (token) and 7.6.1; RFC 9112, 6.
    """
    if not _TOKEN.fullmatch(name):
        return "cannot be the name of a header"
    lower = name.lower()
    if lower in _OF_THE_CONNECTION or lower.startswith("proxy-"):
        return "cannot be set: it follows from the request or belongs to the connection"
    return None
