"""What a run records, as steps of a workflow of dbos."""

from __future__ import annotations

import os
import secrets as randomness
from collections.abc import Callable, Mapping
from typing import TypeVar

import sqlalchemy as sa
from dbos import DBOS

from pytest_reqflo.engine.durable.checkpoints import FINISH, over
from pytest_reqflo.engine.durable.crashing import may_crash
from pytest_reqflo.engine.durable.sealing import SealProblem
from pytest_reqflo.errors import ReqfloError

PARK_S = 5.0
"""A wait of this length or longer is left to the queue: no thread sleeps through it."""


T = TypeVar("T")


class Leaving(BaseException):
    """Nothing of the run is carried on in this thread. No `Exception`: it is not an outcome."""


class Parked(Leaving):
    """The run goes on later, after the wait at *name*."""

    def __init__(self, name: str, duration_s: float) -> None:
        super().__init__(name)
        self.name = name
        self.duration_s = duration_s


class StoreLost(Leaving):
    """The database cannot be used; the run is continued when it can."""


class Defect(Leaving):
    """The run met a defect of ours; of what was raised the name is told, as the text may hold a value."""


class LeaseLost(Leaving):
    """Another process may carry the run on by now, so this one begins nothing."""


class StepRecorder:
    """Keeps what a run records as steps of its workflow.

    Shape: *earlier* is what was recorded before this workflow began, *waited* the wait that is
        over since; *may_begin* says whether this process may still send something new;
        *find_recorded* reads what this workflow has recorded.
    """

    def __init__(
        self,
        earlier: Mapping[str, str],
        waited: str,
        *,
        may_park: bool,
        may_begin: Callable[[], bool],
        find_recorded: Callable[[], Mapping[str, str]],
    ) -> None:
        self.execution = f"{os.getpid()}-{randomness.token_hex(8)}"
        self._earlier = earlier
        self._waited = waited
        self._may_park = may_park
        self._may_begin = may_begin
        self._find_recorded = find_recorded

    def record(self, name: str, act: Callable[[], str]) -> str:
        """Return what is kept under *name*, else what *act* returns, kept from now on."""
        if name in self._earlier:
            return self._earlier[name]
        if name == FINISH:
            # The result is written once, whoever comes first: it is its own record.
            return self._guarded(act)()
        kept = str(DBOS.run_step({"name": name}, self._guarded(act)))
        may_crash(f"recorded {name}")
        return kept

    def wait(self, name: str, duration_s: float) -> None:
        """Let time pass once. Raises: Parked when it is long and the run has a queue."""
        if name == self._waited or over(name) in self._earlier:
            return
        if self._may_park and duration_s >= PARK_S:
            raise Parked(name, duration_s)
        DBOS.sleep(duration_s)

    def is_left_over(self) -> bool:
        """Say whether another execution began this workflow, and its process ended before it did."""
        began = DBOS.run_step({"name": "execution"}, self._guarded(lambda: self.execution))
        # What follows a wait was begun by another execution on purpose.
        is_taken_over = not self._waited and "execution" in self._earlier
        is_left_over = is_taken_over or began != self.execution
        # What remains is short, and a workflow that follows a wait would not know why it ends.
        self._may_park = self._may_park and not is_left_over
        return is_left_over

    def give_up(self, end: Callable[[Mapping[str, str]], T]) -> T:
        """Return what *end* makes of all that is recorded; nothing of the run follows.

        That is itself no step: where it would stand, another step may be recorded already.
        """
        return self._guarded(lambda: end({**self._earlier, **self._find_recorded()}))()

    def _guarded(self, act: Callable[[], T]) -> Callable[[], T]:
        def begin() -> T:
            # Asked last: what comes before this may have hung for as long as a network does.
            if not self._may_begin():
                raise LeaseLost
            try:
                return act()
            except sa.exc.SQLAlchemyError as error:
                raise StoreLost from error
            except (ReqfloError, SealProblem):
                raise
            except Exception as error:
                # The engine would keep its text, where every reader of the database finds it.
                raise Defect(type(error).__name__) from error

        return begin
