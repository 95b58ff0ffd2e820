"""A server that shows which requests were under way together: it holds answers until they meet.

    with MeetingServer({"/row/": 3, "/first": "/second"}) as server:
        ...

Each key is the beginning of a path. A number holds its answers until so many of them were under way
at the same time; a path holds them until a request of it has arrived. What is held in vain is
answered 408, so that a test fails instead of hanging. `TELLING` is a conftest.py that sends a request
for each report and each end of a session fixture, so that these have their place among the others.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from urllib.parse import parse_qs

from servers import Connection, ReceivedRequest, ScriptedServer, json_reply

PATIENCE_S = 60.0
"""It only bounds a hang: on a busy machine two workers may begin many seconds apart."""

TELLING = """
import urllib.request

def tell(url, path):
    with urllib.request.urlopen(url + path) as answer:
        answer.read()

def pytest_runtest_logreport(report):
    if report.when == "call" or report.outcome != "passed":
        name = report.nodeid.replace(".journey.yaml", "").replace("::", "/")
        tell("{url}", f"/told/{{name}}/{{report.when}}/{{report.outcome}}")
"""


class MeetingServer(ScriptedServer):
    """Answers 200, or N for ``/status/N``, when what the answer is held for has come.

    Shape: `moments` are ``(begun, path)`` and ``(ended, path)`` in order; *answer* may say more.
    """

    def __init__(self, holds: Mapping[str, int | str] | None = None) -> None:
        super().__init__(self._answer)
        self.holds: dict[str, int | str] = dict(holds or {})
        self.moments: list[tuple[str, str]] = []
        self._moved = threading.Condition()
        self._let_go: set[str] = set()

    def __exit__(self, *details: object) -> None:
        self.closing.set()
        with self._moved:
            self._moved.notify_all()
        super().__exit__(*details)

    @property
    def telling(self) -> str:
        """A conftest.py that tells this server of reports."""
        return TELLING.replace("{url}", self.url).replace("{{", "{").replace("}}", "}")

    # --- what was seen ---------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """Return method and target of each request, in the order of arrival."""
        return [each.line for each in self.requests]

    def paths(self, start: str = "/") -> list[str]:
        """Return the paths that begin with *start*, in the order of arrival."""
        return [each.path for each in self.requests if each.path.startswith(start)]

    def peak(self, start: str = "/") -> int:
        """Return how many requests of paths that begin with *start* were under way at once."""
        with self._moved:
            return self._peak(start)

    def overlap(self, one: str, other: str) -> bool:
        """Say whether a request of *one* and a request of *other* were under way together."""
        under_way = {one: 0, other: 0}
        for kind, path in self.moments:
            for start in under_way:
                if path.startswith(start):
                    under_way[start] += 1 if kind == "begun" else -1
            if all(under_way.values()):
                return True
        return False

    def stands_alone(self, start: str) -> bool:
        """Say whether nothing else moved from the first to the last moment of *start*."""
        mine = [path.startswith(start) for _, path in self.moments]
        first = mine.index(True)
        last = len(mine) - 1 - mine[::-1].index(True)
        return all(mine[first : last + 1])

    def comes_before(self, one: tuple[str, str], other: tuple[str, str]) -> bool:
        """Say whether moment *one* was, and was before *other*."""
        return self.moments.index(one) < self.moments.index(other)

    # --- holding ---------------------------------------------------------------------------------

    def let_go(self, start: str) -> None:
        """Answer what begins with *start* from now on."""
        with self._moved:
            self._let_go.add(start)
            self._moved.notify_all()

    def wait_until(self, path: str, *, count: int = 1, kind: str = "begun") -> None:
        """Return when *count* requests of paths that begin with *path* have begun, or ended."""
        with self._moved:
            is_there = self._moved.wait_for(lambda: self._count(kind, path) >= count, PATIENCE_S)
        assert is_there, f"no {count} {kind} of {path}: {self.moments}"

    def forget(self) -> None:
        """Begin anew, for another run with the same server."""
        with self._moved:
            self.requests.clear()
            self.moments.clear()
            self._let_go.clear()

    def _count(self, kind: str, start: str) -> int:
        return sum(each == kind and path.startswith(start) for each, path in self.moments)

    def _peak(self, start: str) -> int:
        most = under_way = 0
        for kind, path in self.moments:
            if path.startswith(start):
                under_way += 1 if kind == "begun" else -1
                most = max(most, under_way)
        return most

    def _note(self, kind: str, number: int, request: ReceivedRequest | None = None) -> None:
        super()._note(kind, number, request)
        if request is not None:
            self._move("begun", request.path)

    def _move(self, kind: str, path: str) -> None:
        with self._moved:
            self.moments.append((kind, path))
            self._moved.notify_all()

    def _answer(self, request: ReceivedRequest, connection: Connection) -> bytes:
        starts = [start for start in self.holds if request.path.startswith(start)]
        with self._moved:
            # Other requests are read by other threads meanwhile.
            is_met = all(
                self._moved.wait_for(lambda start=start: self._is_met(start), PATIENCE_S)
                for start in starts
            )
        self._move("ended", request.path)
        if not is_met:
            return json_reply({"held": request.path}, 408)
        return self.answer(request)

    def answer(self, request: ReceivedRequest) -> bytes:
        """Return the answer to a request that is held no longer."""
        name, _, rest = request.path.strip("/").partition("/")
        status = int(rest) if name == "status" else 200
        given = parse_qs(request.query)
        return json_reply(
            {"path": request.path, "query": given}, status, [("X-Path", request.path)]
        )

    def _is_met(self, start: str) -> bool:
        if start in self._let_go or self.closing.is_set():
            return True
        wanted = self.holds[start]
        if isinstance(wanted, int):
            return self._peak(start) >= wanted
        return self._count("begun", wanted) > 0
