"""What a source gives to the JSON that the page asks for. Pure; everything comes redacted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from pytest_reqflo.artifact.codec import to_bytes
from pytest_reqflo.artifact.difference import diff_artifacts
from pytest_reqflo.artifact.model import Artifact, StepSpec
from pytest_reqflo.engine.durable.progress import NOT_REACHED
from pytest_reqflo.plan.expressions import shown_text
from pytest_reqflo.report.html.detail import run_detail
from pytest_reqflo.report.html.summary import Status, Told, journey_line
from pytest_reqflo.report.html.words import filled, plain
from pytest_reqflo.values import Json
from pytest_reqflo.web.asking import show_key
from pytest_reqflo.web.lines import iso_time
from pytest_reqflo.web.source import (
    RunPage,
    SeenJourney,
    SeenRun,
    SeenSchedule,
    SeenVersion,
    SeenWorker,
    UnderWay,
)

_MAX_CONTENT = 512 * 1024


def page_view(page: RunPage) -> Json:
    """Return part of the list of runs; *next* is where it goes on, None at its end."""
    return {
        "runs": [run.line for run in page.runs],
        "next": show_key(page.stopped_at) if page.stopped_at else None,
    }


def run_view(seen: SeenRun) -> Json:
    """Return a run with everything that its page shows."""
    told = Told(
        test=seen.line.get("test", ""),
        status=cast("Status", seen.line["status"]),
        sections=(("log", seen.log),) if seen.log else (),
    )
    detail = run_detail(seen.document, told, is_whole=True)
    if not seen.is_over:
        detail["steps"] = list(_open_steps(detail.get("steps", ()), seen.under_way))
    return {
        "run": seen.line,
        "journey": journey_line(seen.document),
        "detail": detail,
        "is_over": seen.is_over,
    }


def _open_steps(steps: Sequence[Json], at: UnderWay | None) -> Iterable[Json]:
    for number, step in enumerate(steps):
        if at is not None and number == at.step:
            yield {**_without_reason(step), "outcome": "running", "attempt": at.attempt}
        elif step.get("reason") == NOT_REACHED:
            yield {**_without_reason(step), "outcome": "waiting"}
        else:
            yield step


def _without_reason(step: Json) -> dict[str, Json]:
    return {key: value for key, value in step.items() if key != "reason"}


def journeys_view(journeys: Iterable[SeenJourney]) -> Json:
    """Return the journeys with their latest runs."""
    return {"journeys": [_journey(each) for each in journeys]}


def _journey(each: SeenJourney) -> Json:
    return filled({
        "id": plain(each.id),
        "name": plain(each.name or each.id),
        "runs": sum(each.outcomes.values()),
        "outcomes": dict(each.outcomes),
        "last_at": iso_time(each.last_at),
        "is_failures_alone": each.is_failures_alone and bool(each.outcomes),
        "environments": [plain(name) for name in each.environments if name],
        "recent": [[plain(run_id), status] for _, run_id, status in each.recent],
    })  # fmt: skip


def versions_view(journey_id: str, versions: Iterable[SeenVersion]) -> Json:
    """Return the versions of a journey, the newest first."""
    return {"id": plain(journey_id), "versions": [_version(each) for each in versions]}


def _version(each: SeenVersion) -> Json:
    return filled({
        "artifact": each.artifact,
        "version": f"v{each.number}" if each.number else "",
        "name": plain(each.name),
        "label": plain(each.label),
        "owner": plain(each.owner),
        "file": plain(each.file),
        "seen_at": iso_time(each.seen_at),
    })  # fmt: skip


# --- artifacts -----------------------------------------------------------------------------------


def artifact_view(artifact_id: str, artifact: Artifact) -> Json:
    """Return what an artifact does, and its canonical JSON."""
    content = to_bytes(artifact).decode()
    return filled({
        "artifact": artifact_id,
        "journey": plain(artifact.journey_id),
        "steps": [_step(each) for each in artifact.steps],
        "finally": [_step(each) for each in artifact.finally_steps],
        "inputs": [[plain(each.name), each.type] for each in artifact.inputs],
        "variables": [[plain(each.name), each.source] for each in artifact.variables],
        "secrets": [plain(name) for name in artifact.secrets],
        "content": plain(content[:_MAX_CONTENT], _MAX_CONTENT * 2),
        "is_cut": len(content) > _MAX_CONTENT,
    })  # fmt: skip


def _step(step: StepSpec) -> Json:
    return filled({
        "id": plain(step.id),
        "name": plain(step.name) if step.name != step.id else "",
        "method": plain(step.request.method),
        "url": plain(shown_text(step.request.url)),
        "template": plain(step.template),
        "assertions": len(step.assertions),
        "is_polling": step.poll is not None,
    })  # fmt: skip


def difference_view(before: Artifact, after: Artifact) -> Json:
    """Return the lines in which two artifacts differ in meaning."""
    return {"lines": [plain(line) for line in diff_artifacts(before, after)]}


# --- schedules and workers -----------------------------------------------------------------------


def schedules_view(schedules: Sequence[SeenSchedule] | None) -> Json:
    """Return the schedules, None where there are never any."""
    return {"schedules": None if schedules is None else [_schedule(each) for each in schedules]}


def _schedule(each: SeenSchedule) -> Json:
    return filled({
        "name": plain(each.name),
        "cron": plain(each.cron),
        "timezone": plain(each.timezone),
        "status": "paused" if each.is_paused else "active",
        "last_at": plain(each.last_at),
        "next_at": plain(each.next_at),
        "journey": plain(each.journey),
        "artifact": each.artifact,
        "environment": plain(each.environment),
        "case": plain(each.case),
    })  # fmt: skip


def workers_view(workers: Sequence[SeenWorker] | None) -> Json:
    """Return the workers, None where there are never any."""
    return {"workers": None if workers is None else [_worker(each) for each in workers]}


def _worker(each: SeenWorker) -> Json:
    is_live = each.state == "live" and each.expires_in_s > 0
    return {
        "id": plain(each.id),
        "host": plain(each.host),
        "pid": each.pid,
        "version": plain(each.version),
        "state": "live" if is_live else "gone",
        # Whole seconds only where they say something: the text of an answer changes with them.
        "expired_s": 0 if is_live else max(0, -round(each.expires_in_s)),
    }
