"""`Replay` to the lines that people read, and to its JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from pytest_reqflo.codec import to_json
from pytest_reqflo.report.differences import render_differences
from pytest_reqflo.report.exchange import indent
from pytest_reqflo.report.place import find_span, place_lines
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.sentence import check_sentence
from pytest_reqflo.report.step_page import value_lines
from pytest_reqflo.run.replay_model import Replay, ReplayedCheck, ReplayedStep, Verdict
from pytest_reqflo.source import SourceMap
from pytest_reqflo.values import Json, canonical_json, shorten

_MAX_EXPECTED = 100

_COUNTED: tuple[tuple[Verdict, str], ...] = (
    ("passed", "passed"),
    ("failed", "failed"),
    ("undecidable", "undecidable"),
    ("skipped", "skipped"),
    ("no record", "without a record"),
)


def render_replay(replay: Replay, places: SourceMap | None, *, shown: str) -> str:
    """Return every verdict in a line, then what failed with its place in the file *shown*."""
    blocks = [
        [_heading(replay), *(f"note: {to_line(each)}" for each in replay.notices)],
        *(list(_step_lines(step)) for step in replay.steps),
        *(
            _failure(step, check, places, shown)
            for step in replay.steps
            for check in step.checks
            if check.verdict == "failed"
        ),
        _removed(replay),
        [summary_line(replay)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def summary_line(replay: Replay) -> str:
    """Return how many checks and outputs have which verdict, and how many verdicts changed."""
    counts = [(replay.count(verdict), word) for verdict, word in _COUNTED]
    soft = sum(check.verdict == "failed" and check.soft for check in replay.checks)
    counts[1] = (counts[1][0] - soft, "failed")
    counts.append((soft, "soft failures" if soft > 1 else "soft failure"))
    told = [f"{count} {word}" for count, word in counts if count] or ["no checks"]
    changed = sum(check.is_changed for check in replay.checks)
    return ", ".join(told) + (f"; {changed} not as recorded" if changed else "")


def replay_json(replay: Replay) -> Json:
    """Return *replay* as JSON, with its counts."""
    document = to_json(replay)
    counts = {verdict.replace(" ", "_"): replay.count(verdict) for verdict, _ in _COUNTED}
    return {"format": 1, "outcome": outcome_of(replay), "counts": counts, **document}


def outcome_of(replay: Replay) -> str:
    """Return ``failed`` when the run would have failed, ``undecided`` when it may have."""
    if replay.has_failed:
        return "failed"
    return "undecided" if replay.is_undecided else "passed"


def _heading(replay: Replay) -> str:
    identity = replay.recorded
    parts = (identity.environment, identity.case, identity.row, identity.version, identity.artifact)
    about = to_line(f"{identity.journey_name} ({', '.join(filter(None, parts))})")
    return f"replay of {to_line(identity.run_id)}, which {_ended(replay)}: {about}"


def _ended(replay: Replay) -> str:
    words = {
        "error": "ended with an error",
        "interrupted": "was interrupted",
        "skipped": "was skipped",
    }
    return words.get(replay.was, replay.was)


# --- steps ---------------------------------------------------------------------------------------


def _step_lines(step: ReplayedStep) -> Iterator[str]:
    yield _step_line(step)
    if step.hint:
        yield f"  hint: {to_line(step.hint)}"
    for notice in step.notices:
        yield f"  note: {to_line(notice)}"
    for check in step.checks:
        yield _check_line(check, step)


def _name(step: ReplayedStep) -> str:
    return f"{'finally step' if step.phase == 'finally' else 'step'} `{to_line(step.id)}`"


def _step_line(step: ReplayedStep) -> str:
    name = _name(step)
    if step.status is None:
        is_skipped = any(check.verdict == "skipped" for check in step.checks)
        return f"{name}: {'skipped' if is_skipped else 'no record'}: {to_line(step.gap)}"
    tries = f", the last of {step.tries} tries" if step.tries > 1 else ""
    return f"{name}: {to_line(step.method)} {to_line(step.url)} was answered {step.status}{tries}"


def _check_line(check: ReplayedCheck, step: ReplayedStep) -> str:
    words = [to_line(check.subject), check.operator, _expected(check)]
    what = " ".join(filter(None, words))
    word = "soft" if check.soft and check.verdict == "failed" else check.verdict
    # Why a step has no record is told once.
    reason = f": {to_line(check.reason)}" if check.reason and not step.gap else ""
    is_telling = check.is_changed or (check.verdict == "undecidable" and check.was)
    was = f" (was: {check.was})" if is_telling else ""
    return f"  {word:<11}  {what}{reason}{was}"


def _expected(check: ReplayedCheck) -> str:
    if check.expected is None:
        return ""
    return to_line(
        shorten(canonical_json(check.expected).decode("utf-8", "replace"), _MAX_EXPECTED)
    )


# --- failures ------------------------------------------------------------------------------------


def _failure(
    step: ReplayedStep, check: ReplayedCheck, places: SourceMap | None, shown: str
) -> list[str]:
    found = check.check
    sentence = check_sentence(found) if found else to_line(f"{check.subject}: {check.reason}")
    span = find_span(places, check.pointer, check.origin)
    word = "soft" if check.soft else "failed"
    head = f"{word}: {_name(step)}: {sentence}"
    lines = [head, *place_lines("RF501" if found else "RF506", places, span, shown)]
    if found is None:
        return lines
    table = indent(render_differences(found.differences)) if found.differences else []
    title = [f"differences of {to_line(found.subject)}"] if table else []
    return [*lines, *value_lines(found), *title, *table]


def _removed(replay: Replay) -> list[str]:
    if not replay.removed:
        return []
    return [
        f"steps of the record that the journey does not have: {', '.join(map(to_line, replay.removed))}"
    ]
