"""A transport without a wire: a handler such as `ScriptedServer` has answers in this process.

transport = ScriptedTransport(lambda request, connection: json_reply({"id": 1}))
perform_send(make_send("http://api.example/orders"), transport=transport, clock=SystemClock())
assert [request.line for request in transport.requests] == ["GET /orders"]
"""

from __future__ import annotations

import time
from typing import Any

from servers import Handler, ReceivedRequest

from pytest_reqflo.engine.dialogue import Dialogue
from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.transport import Deadline, TransportFailed, TransportRequest


class ScriptedTransport:
    """Answers from a handler; *requests* are those it got. A handler may raise TransportFailed."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.requests: list[ReceivedRequest] = []

    def open(self, request: TransportRequest, deadline: Deadline) -> ScriptedStream:
        operation = Operation(deadline, time.monotonic())
        operation.remaining_s("waiting for the answer")
        target = request.target.path
        dialogue = Dialogue()
        dialogue.request(request.method, target, request.headers, request.body)
        received = ReceivedRequest(1, request.method, target, request.headers, request.body or b"")
        self.requests.append(received)
        answer = self._handler(received, None) or b""
        try:
            return ScriptedStream(dialogue, answer, operation)
        except TransportFailed as failed:
            failed.times = operation.times()
            raise

    def shown_proxy(self, target: object) -> str:
        return ""

    def close(self) -> None:
        """Keep nothing."""


class ScriptedStream:
    def __init__(self, dialogue: Dialogue, answer: bytes, operation: Operation) -> None:
        self._dialogue, self._operation = dialogue, operation
        self._rest = [answer, b""]
        while (head := dialogue.find_head(operation)) is None:
            self._take()
        self.head = head

    @property
    def times(self) -> Any:
        return self._operation.times()

    def read(self) -> bytes:
        while (piece := self._dialogue.find_piece(self._operation)) is None:
            self._take()
        return piece

    def close(self) -> None:
        self._rest = []

    def _take(self) -> None:
        data = self._rest.pop(0)
        self._operation.note_bytes(data)
        self._dialogue.take(data, self._operation)


class AsyncScriptedTransport:
    """The same script for the tasks of a loop."""

    def __init__(self, handler: Handler) -> None:
        self._transport = ScriptedTransport(handler)

    @property
    def requests(self) -> list[ReceivedRequest]:
        return self._transport.requests

    async def open(self, request: TransportRequest, deadline: Deadline) -> AsyncScriptedStream:
        return AsyncScriptedStream(self._transport.open(request, deadline))

    def shown_proxy(self, target: object) -> str:
        return ""

    async def close(self) -> None:
        """Keep nothing."""


class AsyncScriptedStream:
    def __init__(self, stream: ScriptedStream) -> None:
        self._stream = stream
        self.head = stream.head

    @property
    def times(self) -> Any:
        return self._stream.times

    async def read(self) -> bytes:
        return self._stream.read()

    async def close(self) -> None:
        self._stream.close()
