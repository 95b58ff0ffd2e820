"""What a run records of itself, as JSON and back. Pure but for the sealing that is handed in.

    000:begin        seed, start, the environment as it was (sealed)
    003:pay#2        the outcome of a try: its result (redacted), what later steps need (sealed)
    003:pay#2:intent the process that was about to send a request that must not be sent twice
    003:pay#3:wait:over   the seconds that passed

A document says with which format it was written; a reader accepts that format and no other.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Protocol

from pytest_reqflo.codec import from_json, to_json
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import EnvironmentSnapshot
from pytest_reqflo.result import Problem, TryResult
from pytest_reqflo.run.cookies import CookieJars
from pytest_reqflo.run.effects import Captured, Interrupted, RunStart, TryDone, Waited
from pytest_reqflo.values import Json, canonical_json, parse_json

EXECUTION_FORMAT = 1
"""Number of the order and shape of checkpoints; a change of either makes the next."""

APPLICATION_VERSION = f"reqflo-exec-{EXECUTION_FORMAT}"
"""What a worker says that it can carry out; runs of another version are left to others."""

BEGIN = "000:begin"
FINISH = "999:finish"
TRY_NAME = re.compile(r"(?P<index>\d{3,}):.+#(?P<number>\d+)")
"""Name of the outcome of a try: the number of its step from 0, the number of the try from 1."""


def over(address: str) -> str:
    """Return the name under which the end of the wait at *address* is kept."""
    return f"{address}:over"


def is_over(name: str) -> bool:
    """Say whether *name* is that of the end of a wait."""
    return name.endswith(":over")


class Sealer(Protocol):
    """Hides bytes from whoever reads the store; *context* ties them to their place."""

    def seal(self, plain: bytes, context: str) -> str:
        """Return *plain* unreadable."""

    def unseal(self, text: str, context: str) -> bytes:
        """Return what was sealed. Raises: SealProblem when that cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begin:
    """What differs from run to run, recorded before anything is sent."""

    start: RunStart
    environment: EnvironmentSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why the run could not begin, and when it was to."""

    at: str
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Live:
    """What later steps need of a try: values as they are."""

    captured: Mapping[str, Captured]
    jars: CookieJars


class CheckpointCodec:
    """The checkpoints of one run, sealed for it alone."""

    def __init__(self, sealer: Sealer, run_id: str) -> None:
        self._sealer = sealer
        self._run_id = run_id

    def begin_to_json(self, begin: Begin | Refused) -> Json:
        """Return the first checkpoint; values of the environment may be credentials."""
        if isinstance(begin, Refused):
            return {"format": EXECUTION_FORMAT, "refused": to_json(begin)}
        return {
            "format": EXECUTION_FORMAT,
            "start": to_json(begin.start),
            "environment": self._seal(to_json(begin.environment), BEGIN),
        }

    def begin_from_json(self, document: Json) -> Begin | Refused:
        """Return what `begin_to_json` wrote."""
        if "refused" in document:
            return from_json(Refused, document["refused"])
        environment = self._unseal(document["environment"], BEGIN)
        return Begin(
            start=from_json(RunStart, document["start"]),
            environment=from_json(EnvironmentSnapshot, environment),
        )

    def check(self, recorded: Mapping[str, str]) -> None:
        """Read all that is sealed in a record. Raises: SealProblem for what cannot be."""
        for name, text in recorded.items():
            if name == BEGIN:
                self.begin_from_json(from_text(text))
            elif TRY_NAME.fullmatch(name):
                self.outcome_from_json(name, from_text(text))

    def outcome_to_json(self, address: str, outcome: TryDone | Waited | Interrupted) -> Json:
        """Return the checkpoint of the effect at *address*."""
        match outcome:
            case Interrupted(reason=reason):
                return {"interrupted": reason}
            case Waited(elapsed_s=elapsed_s):
                return {"elapsed_s": elapsed_s}
            case TryDone():
                return self._try_to_json(address, outcome)

    def outcome_from_json(self, address: str, document: Json) -> TryDone | Waited | Interrupted:
        """Return what `outcome_to_json` wrote."""
        if "interrupted" in document:
            return Interrupted(reason=document["interrupted"])
        if "result" not in document:
            return Waited(elapsed_s=float(document["elapsed_s"]))
        live = from_json(_Live, self._unseal(document["live"], address))
        return TryDone(
            result=from_json(TryResult, document["result"]),
            captured=live.captured,
            jars=live.jars,
            elapsed_s=float(document["elapsed_s"]),
            error_kind=document["error_kind"],
            is_retryable=document["is_retryable"],
            poll=document["poll"],
        )

    def _try_to_json(self, address: str, done: TryDone) -> Json:
        live = to_json(_Live(captured=done.captured, jars=done.jars))
        return {
            "result": to_json(done.result),
            "live": self._seal(live, address),
            "elapsed_s": done.elapsed_s,
            "error_kind": done.error_kind,
            "is_retryable": done.is_retryable,
            "poll": done.poll,
        }

    def _seal(self, document: Json, address: str) -> str:
        return self._sealer.seal(canonical_json(document), f"{self._run_id}/{address}")

    def _unseal(self, text: str, address: str) -> Json:
        return parse_json(self._sealer.unseal(text, f"{self._run_id}/{address}"))


def to_text(document: Json) -> str:
    """Return *document* as ASCII: escapes carry what databases refuse, NUL and lone surrogates."""
    return json.dumps(document, separators=(",", ":"), allow_nan=False)


def from_text(text: str) -> Json:
    """Return the document of a text that `to_text` made."""
    return json.loads(text)
