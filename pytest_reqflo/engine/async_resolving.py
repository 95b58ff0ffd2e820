"""Host names become addresses for the tasks of one loop. Loads asyncio, which a blocking run does without."""

from __future__ import annotations

import asyncio
import contextlib

from pytest_reqflo.engine.operation import Operation
from pytest_reqflo.engine.resolving import (
    RESOLVING,
    Address,
    Answer,
    ask_host,
    expect_answer,
    literal_address,
)


class AsyncResolver:
    """Resolves for the tasks of one loop; those that ask for the same name at once share a thread."""

    def __init__(self) -> None:
        self._asked: dict[tuple[str, int], asyncio.Future[Answer]] = {}

    async def resolve(self, host: str, port: int, operation: Operation) -> list[Address]:
        """Return the addresses of *host*. Raises: TransportFailed."""
        literal = literal_address(host, port)
        if literal is not None:
            return [literal]
        try:
            async with asyncio.timeout(operation.remaining_s(RESOLVING)):
                # One that is cancelled leaves the answer to the others.
                answer = await asyncio.shield(self._answer(host, port))
        except TimeoutError:
            raise operation.too_late(RESOLVING) from None
        return expect_answer(answer, host)

    def _answer(self, host: str, port: int) -> asyncio.Future[Answer]:
        key = (host, port)
        if key not in self._asked:
            self._asked[key] = asyncio.get_running_loop().create_future()
            self._start(key)
        return self._asked[key]

    def _start(self, key: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()

        def settle(answer: Answer) -> None:
            asked = self._asked.pop(key)
            if not asked.done():
                asked.set_result(answer)

        def hand_over(answer: Answer) -> None:
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(settle, answer)

        ask_host(*key, hand_over)
