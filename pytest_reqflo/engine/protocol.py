"""What every engine offers: a plan in, its result out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import JourneyResult
from pytest_reqflo.run.effects import RunStart
from pytest_reqflo.values import Digest


@dataclass(frozen=True, slots=True)
class LocalRun:
    """The record of a run, and what interrupted it; the caller raises *pending* when it is done."""

    result: JourneyResult
    pending: BaseException | None = None


class Engine(Protocol):
    """Runs plans."""

    def run(
        self, plan: Plan, blobs: Mapping[Digest, bytes], *, start: RunStart | None = None
    ) -> LocalRun:
        """Run *plan* to its end and return its result; *blobs* are the files of its artifact."""

    def close(self) -> None:
        """Let go of connections."""


class Cause:
    """Why a run is cancelled: set before its task is, and raised by whoever waited for the run."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
