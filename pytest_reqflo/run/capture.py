"""Outputs and an answer become captured values, live and as they may be shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from pytest_reqflo.artifact.model import OutputSpec, StepSpec
from pytest_reqflo.evidence.redact import (
    Redactor,
    SensitiveNames,
    sensitive_mask,
)
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.lang.expression import Segment, ValueMissing
from pytest_reqflo.lang.patterns import PatternProblem, PatternTimeout, compile_pattern, search
from pytest_reqflo.lang.pipes import to_text
from pytest_reqflo.lang.render import walk_path
from pytest_reqflo.lang.select import QueryProblem, SelectProblem, compile_query
from pytest_reqflo.lang.template import path_text
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.result import CapturedValue, Problem
from pytest_reqflo.run.answer import Answer
from pytest_reqflo.run.effects import Captured, CapturedValues
from pytest_reqflo.run.reading import read_step
from pytest_reqflo.run.record import record_value
from pytest_reqflo.run.subject import mask_leaves
from pytest_reqflo.run.telling import is_telling_text, register_keys
from pytest_reqflo.values import Json

_MAX_NAMES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Captures:
    """What one answer gave, as it may be shown, and the required outputs that are not there."""

    records: tuple[CapturedValue, ...] = ()
    problems: tuple[Problem, ...] = ()


def capture_live(step: StepSpec, answer: Answer, redactor: Redactor) -> dict[str, Captured]:
    """Return each output of *step* by its key, and make *redactor* know the sensitive ones."""
    if not step.outputs:
        return {}
    outputs = read_step(step).outputs
    live = {key: take_output(spec, answer, redactor) for key, spec in outputs}
    for key, spec in outputs:
        captured = live[key]
        if captured.sensitive and not captured.missing:
            _register(spec, captured.value, redactor)
    return {
        key: _with_known(captured, redactor) if not captured.missing else _clean(captured, redactor)
        for key, captured in live.items()
    }


def no_answer(step: StepSpec, reason: str) -> dict[str, Captured]:
    """Return each output of *step* as missing because of *reason*."""
    return {key: Captured(missing=reason) for key, _ in read_step(step).outputs}


def record_captures(
    step: StepSpec, live: Mapping[str, Captured], redactor: Redactor, pointer: str
) -> Captures:
    """Return the records of *live*, and RF506 for each required output that is missing."""
    if not step.outputs:
        return Captures()
    records = []
    problems = []
    number = 0
    for key, spec in read_step(step).outputs:
        captured = live[key]
        if not captured.missing:
            records.append(_record(spec, captured, redactor))
        elif spec.is_declared and spec.required:
            problems.append(_problem(spec, captured, f"{pointer}/outputs/{number}"))
        number += spec.is_declared
    return Captures(records=tuple(records), problems=tuple(problems))


def register_captured(plan: Plan, captured: CapturedValues, redactor: Redactor) -> None:
    """Make *redactor* know every sensitive value of earlier steps; a resumed run begins with none."""
    for step in (*plan.artifact.steps, *plan.artifact.finally_steps):
        kept = captured.get(step.id) if step.outputs else None
        if not kept:
            continue
        for key, spec in read_step(step).outputs:
            found = kept.get(key)
            if found is not None and found.sensitive and not found.missing:
                _register(spec, found.value, redactor)


def _register(spec: OutputSpec, value: Json, redactor: Redactor) -> None:
    if spec.sensitive or not isinstance(value, (dict, list)):
        redactor.add_value(spec.name, value)
    else:
        register_keys(value, redactor)


# --- taking --------------------------------------------------------------------------------------


def take_output(spec: OutputSpec, answer: Answer, redactor: Redactor) -> Captured:
    """Return the value of one output, or why it is not there."""
    is_part = False
    try:
        value = _take(spec, answer)
        if spec.pattern:
            value, is_part = _apply_pattern(spec.pattern, value, redactor)
    except ValueMissing as missing:
        return Captured(missing=str(missing), sensitive=spec.sensitive)
    return Captured(
        value=value, sensitive=is_part or spec.sensitive or _is_telling(spec, value, redactor.names)
    )


def _take(spec: OutputSpec, answer: Answer) -> Json:
    match spec.source:
        case "status":
            return answer.status
        case "url":
            return answer.url
        case "headers":
            return _take_named(answer.headers, spec.path, "header")
        case "headers_all":
            found = _take_named(answer.headers_all, spec.path[:1], "header")
            return walk_path(found, spec.path[1:], shown=path_text(("headers_all", spec.path[0])))
        case "cookies":
            values: dict[str, Json] = {name: item.value for name, item in answer.cookies.items()}
            return _take_named(values, spec.path, "cookie")
        case "body":
            return _take_body(spec.path, answer)
        case "json_path":
            return _take_query(spec.query, answer)
        case "request":
            return walk_path(answer.request_view, _folded_request(spec.path), shown="request")
        case _:
            assert_never(spec.source)


def _take_named(values: Mapping[str, Json], path: tuple[Segment, ...], what: str) -> Json:
    name = str(path[0]) if path else ""
    wanted = name.lower() if what == "header" else name
    if wanted not in values:
        shown = ", ".join(list(values)[:_MAX_NAMES]) + (", ..." if len(values) > _MAX_NAMES else "")
        there = f"it has {shown}" if values else "it has none"
        verb = "sets" if what == "cookie" else "has"
        raise ValueMissing(f"the answer {verb} no {what} `{name}`; {there}")
    return values[wanted]


def _take_body(path: tuple[Segment, ...], answer: Answer) -> Json:
    if path and answer.json_problem:
        place = path_text(("body", *path))
        raise ValueMissing(f"`{place}` does not exist; the body is not JSON: {answer.json_problem}")
    return walk_path(answer.body, path, shown="body")


def _take_query(text: str, answer: Answer) -> Json:
    if answer.json_problem:
        raise ValueMissing(f"`{text}` selects nothing; the body is not JSON: {answer.json_problem}")
    try:
        query = compile_query(text)
        found = query.select(answer.body)
    except (SelectProblem, QueryProblem) as problem:
        raise ValueMissing(str(problem)) from None
    if not query.is_singular:
        return list(found)
    if not found:
        # Walking the same way tells where it ends, and what is there instead.
        walk_path(answer.body, query.path or (), shown="body")
        raise ValueMissing(f"`{text}` selects nothing")
    return found[0]


def _folded_request(path: tuple[Segment, ...]) -> tuple[Segment, ...]:
    if len(path) > 1 and path[0] == "headers":
        return ("headers", str(path[1]).lower(), *path[2:])
    return path


def _apply_pattern(text: str, value: Json, redactor: Redactor) -> tuple[Json, bool]:
    """Return what *text* takes out of *value*, and whether that is a part of a hidden value."""
    subject = to_text(value)
    if not isinstance(subject, str):
        raise ValueMissing("a pattern cannot be applied to a secret")
    try:
        match = search(compile_pattern(text), subject)
    except (PatternTimeout, PatternProblem) as problem:
        raise ValueMissing(f"the pattern `{text}` cannot be applied: {problem}") from None
    if match is None:
        raise ValueMissing(f"the pattern `{text}` is not found in the value")
    groups: list[str | int] = [*match.groupdict()] or [1 if match.groups() else 0]
    spans = [match.span(group) for group in groups]
    is_part = any(
        place.start < end and start < place.end
        for place in redactor.find_hidden(subject)
        for start, end in spans
    )
    return dict(match.groupdict()) or match.group(groups[0]), is_part


# --- what may be shown ---------------------------------------------------------------------------


def _is_telling(spec: OutputSpec, value: Json, telling: SensitiveNames) -> bool:
    """Say whether the place of an output makes its value sensitive."""
    if spec.source == "cookies":
        return is_telling_text(value)
    names = [str(segment) for segment in spec.path]
    if spec.source in ("headers", "headers_all") and names:
        return telling.is_header(names[0])
    if spec.source == "request" and len(names) > 1 and names[0] == "headers":
        return telling.is_header(names[1])
    if spec.source == "json_path":
        names = [part.strip("'\"]") for part in spec.query.replace("[", ".").split(".")]
    return bool(names) and telling.is_key(names[-1])


def _with_known(captured: Captured, redactor: Redactor) -> Captured:
    """Count a value as sensitive when it holds anything that is hidden."""
    if captured.sensitive or redactor.json(captured.value) == captured.value:
        return captured
    return Captured(value=captured.value, sensitive=True)


def _clean(captured: Captured, redactor: Redactor) -> Captured:
    return Captured(missing=redactor.text(captured.missing), sensitive=captured.sensitive)


def _record(spec: OutputSpec, captured: Captured, redactor: Redactor) -> CapturedValue:
    is_whole = spec.sensitive or _is_telling(spec, captured.value, redactor.names)
    value = sensitive_mask(spec.name) if is_whole else record_value(captured.value, redactor)
    if captured.sensitive and value == captured.value:
        # Hidden because of where it stood, and too short to be known by its text.
        value = mask_leaves(value, spec.name)
    return CapturedValue(
        name=spec.name,
        path=redactor.text(spec.query or path_text((spec.source, *spec.path))),
        value=value,
        sensitive=captured.sensitive,
        is_declared=spec.is_declared,
    )


def _problem(spec: OutputSpec, captured: Captured, pointer: str) -> Problem:
    return Problem(
        code="RF506",
        category="capture",
        message=f"output `{spec.name}` could not be captured: {captured.missing}",
        pointer=pointer,
    )
