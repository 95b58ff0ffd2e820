"""The schedules of a database: added, listed, paused, removed. A door to dbos."""

from __future__ import annotations

import contextlib
import logging
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

from croniter import CroniterError, croniter  # type: ignore[import-untyped]
from dbos import DBOSClient
from dbos import error as engine_error

from pytest_reqflo.artifact.model import Artifact
from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.queueing import engine_client
from pytest_reqflo.engine.durable.records import Records
from pytest_reqflo.engine.durable.timed import (
    SCHEDULED_WORKFLOW,
    TimedRun,
    timed_from_json,
    timed_to_json,
)
from pytest_reqflo.errors import EngineError, UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import Digest

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a schedule comes: a cron expression, on the clock of a time zone."""

    cron: str
    timezone: str

    def next_after(self, moment: datetime) -> datetime:
        """Return the first instant after *moment*. Raises: UsageProblem RF801."""
        zone = find_zone(self.timezone)
        try:
            # Six fields begin with seconds: so the engine reads them.
            instants = croniter(self.cron, moment.astimezone(zone), second_at_beginning=True)
            found: datetime = instants.get_next(datetime)
        except (CroniterError, ValueError, KeyError, AttributeError, OverflowError):
            title = f"--cron: `{self.cron}` is no cron expression, or never comes"
            hint = 'five fields: --cron "*/5 * * * *"; with six, the first one is seconds'
            raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint)) from None
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule; *last_at* is the last instant that a worker saw come, empty before."""

    name: str
    timing: Timing
    is_paused: bool
    last_at: str
    run: TimedRun


def find_zone(name: str) -> ZoneInfo:
    """Return a time zone. Raises: UsageProblem RF801."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        title = f"--timezone: `{name}` is no time zone"
        hint = "write it as the IANA database does: --timezone Europe/Berlin"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint)) from None


def check_name(name: str) -> None:
    """Raise UsageProblem RF801 for a name that no schedule can have."""
    if _NAME.fullmatch(name) is None:
        title = (
            "the name of a schedule has letters, digits, `.`, `_` and `-`, and begins with no sign"
        )
        raise UsageProblem(Diagnostic(code="RF801", title=title))


class Schedules:
    """The schedules of one Postgres."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, run: TimedRun, timing: Timing, artifact: Artifact, blobs: Mapping[Digest, bytes]
    ) -> None:
        """Keep the artifact and make the schedule. Raises: EngineError RF625 for a name in use."""
        if self._find(run.schedule) is not None:
            self._refuse_double(run.schedule)
        records = Records(self._database)
        with self._database.begin() as connection:
            records.put_artifact(connection, artifact, blobs)
        with self._client() as client:
            try:
                client.create_schedule(
                    schedule_name=run.schedule,
                    workflow_name=SCHEDULED_WORKFLOW,
                    schedule=timing.cron,
                    cron_timezone=timing.timezone,
                    context=timed_to_json(run),
                )
            except engine_error.DBOSException:  # another was faster
                self._refuse_double(run.schedule)

    def list(self) -> tuple[Schedule, ...]:
        """Return all, by name."""
        with self._client() as client:
            found = client.list_schedules(workflow_name=SCHEDULED_WORKFLOW)
        return tuple(sorted(map(_schedule_of, found), key=lambda each: each.name))

    def pause(self, name: str) -> None:
        """Let no instant dispatch a run until `resume`. Raises: EngineError RF625."""
        self._require(name)
        with self._client() as client:
            client.pause_schedule(name)

    def resume(self, name: str) -> None:
        """Let instants dispatch again; those in between are over. Raises: EngineError RF625."""
        self._require(name)
        with self._client() as client:
            client.resume_schedule(name)

    def remove(self, name: str) -> None:
        """Take a schedule away; its runs stay. Raises: EngineError RF625."""
        self._require(name)
        with self._client() as client:
            client.delete_schedule(name)

    def _find(self, name: str) -> Any:
        with self._client() as client:
            return client.get_schedule(name)

    def _require(self, name: str) -> None:
        found = self._find(name)
        if found is None or found["workflow_name"] != SCHEDULED_WORKFLOW:
            names = [each.name for each in self.list()]
            title = f"there is no schedule `{name}` in the database {self._database.shown}"
            hint = name_hint(name, names, what="Schedules") if names else ""
            raise EngineError(Diagnostic(code="RF625", title=title, hint=hint))

    def _refuse_double(self, name: str) -> NoReturn:
        title = f"there is a schedule `{name}` already in the database {self._database.shown}"
        hint = f"`reqflo schedule remove {name}` first, or give this one another name"
        raise EngineError(Diagnostic(code="RF625", title=title, hint=hint)) from None

    @contextlib.contextmanager
    def _client(self) -> Iterator[DBOSClient]:
        logging.getLogger("dbos").setLevel(logging.CRITICAL)
        client = engine_client(self._database)
        try:
            yield client
        finally:
            client.destroy()


def _schedule_of(found: Mapping[str, Any]) -> Schedule:
    return Schedule(
        name=found["schedule_name"],
        timing=Timing(cron=found["schedule"], timezone=found["cron_timezone"] or "UTC"),
        is_paused=found["status"] != "ACTIVE",
        last_at=_in_utc(found["last_fired_at"] or ""),
        run=timed_from_json(found["context"] if isinstance(found["context"], dict) else {}),
    )


def _in_utc(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat() if text else ""
