"""Pieces of a body become the body, decoded and within its limit. No I/O."""

from __future__ import annotations

from pytest_reqflo.engine.inflate import InflateProblem, Inflater
from pytest_reqflo.engine.transport import ResponseHead
from pytest_reqflo.run.effects import SendFailure, WireResponse
from pytest_reqflo.values import shorten


class BodyReader:
    """Collects a body up to its limit; *is_complete* once its end was seen.

    Shape: *earlier_bytes* are those of the redirects before it, which count: all are kept until the
        exchange is recorded.
    """

    def __init__(self, head: ResponseHead, max_bytes: int, *, earlier_bytes: int = 0) -> None:
        self._head = head
        self._limit_bytes = max_bytes
        self._max_bytes = max_bytes - earlier_bytes
        self._encoding = _encoding_of(head)
        # Few answers are encoded.
        self._inflater = Inflater(self._encoding) if self._encoding else None
        self._plain = bytearray()
        self._wire_bytes = 0
        self.is_complete = False

    def take(self, data: bytes) -> SendFailure | None:
        """Add *data*, the end when it is empty; return why the body is refused, if it is."""
        self._wire_bytes += len(data)
        self.is_complete = not data
        if self._inflater is None:
            return self._keep(data)
        try:
            return self._inflate(self._inflater, data)
        except InflateProblem as problem:
            return _not_decoded(problem, self._encoding)

    def _inflate(self, inflater: Inflater, data: bytes) -> SendFailure | None:
        if not data:
            inflater.finish()
            return None
        failures = (self._keep(piece) for piece in inflater.feed(data))
        return next(filter(None, failures), None)

    def _keep(self, piece: bytes) -> SendFailure | None:
        if len(self._plain) + len(piece) <= self._max_bytes:
            self._plain += piece
            return None
        self._plain += piece[: self._max_bytes - len(self._plain)]
        return _too_large(self._limit_bytes)

    def response(self, url: str, *, is_cut: bool) -> WireResponse:
        """Return the answer as far as it was read."""
        return WireResponse(
            status=self._head.status,
            reason=self._head.reason,
            http_version=self._head.http_version,
            headers=self._head.headers,
            body=bytes(self._plain),
            url=url,
            wire_size_bytes=self._wire_bytes,
            is_cut=is_cut,
        )


def _encoding_of(head: ResponseHead) -> str:
    values = [value for name, value in head.headers if name.lower() == "content-encoding"]
    return ",".join(values)


def _too_large(max_bytes: int) -> SendFailure:
    return SendFailure(
        code="RF406",
        category="limit",
        message=f"the body of the answer is too large: more than {_shown_size(max_bytes)}",
    )


def _shown_size(size_bytes: int) -> str:
    if size_bytes % 1024**2 == 0:
        return f"{size_bytes // 1024**2} MiB"
    return f"{size_bytes} bytes"


def _not_decoded(problem: InflateProblem, encoding: str) -> SendFailure:
    message = f"the body of the answer ({shorten(encoding, 60)}) is unusable: {problem}"
    if problem.is_bomb:
        return SendFailure(code="RF406", category="limit", message=message)
    return SendFailure(code="RF404", category="protocol", message=message)
