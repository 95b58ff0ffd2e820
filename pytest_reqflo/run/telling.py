"""What is sensitive in a plan or stands in telling places of an answer becomes known. Pure.

A place hides a value where it stands; the same value may stand elsewhere in the same answer, or come
back in the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pytest_reqflo.evidence.redact import Redactor, SensitiveNames, mask_name
from pytest_reqflo.lang.expression import LiteralValue, Value
from pytest_reqflo.plan.model import PlainNames, Plan
from pytest_reqflo.run.answer import Answer
from pytest_reqflo.run.cookies import parse_set_cookie
from pytest_reqflo.run.effects import Hop
from pytest_reqflo.values import Json

_TELLING_LENGTH = 8
"""Characters from which a cookie, header or field is taken for a credential; shorter ones are words."""

_MAX_SPELLINGS = 50_000
"""Spellings of a run from which what is handed out is hidden where it stands only.

A server may hand out a hundred thousand tokens: to look for all of them would never end.
"""


def register_plan(plan: Plan, redactor: Redactor) -> None:
    """Make *redactor* know the values of the person running and the sensitive ones of the run."""
    for name, value in plan.environment.me.items():
        redactor.add_value(name, value)
    if type(plan.names) is PlainNames:
        return
    for resolved in plan.names.values():
        if resolved.sensitive and isinstance(resolved.value, LiteralValue):
            redactor.add_value(resolved.name, resolved.value.value)


def register_positional(plan: Plan, answers: Iterable[Answer], redactor: Redactor) -> None:
    """Make *redactor* know what stands in telling places of *answers*."""
    written: frozenset[str] | None = None
    names = redactor.names
    for answer in answers:
        body, problem, _ = answer.parsed
        headers = _may_tell(answer, names)
        for name, value in _find_texts(answer, headers, names) if headers or problem else ():
            if is_telling_text(value) and not _is_full(redactor):
                written = _written_cookies(plan) if written is None else written
                if value not in written:
                    redactor.add_value(name, value)
        if not problem:
            register_keys(body, redactor)


def answers_of(hops: Iterable[Hop]) -> Iterator[Answer]:
    """Yield the answer of each of *hops* that got one."""
    for hop in hops:
        if hop.response is not None:
            yield Answer((hop,), hop.response, as_text=False)


def _is_full(redactor: Redactor) -> bool:
    return redactor.size > _MAX_SPELLINGS


def is_telling_text(value: Json) -> bool:
    """Say whether *value* is long enough to be a credential."""
    return isinstance(value, str) and len(value) >= _TELLING_LENGTH


def register_keys(value: Json, redactor: Redactor) -> None:
    """Make *redactor* know what stands under telling keys of *value*."""
    waiting: list[Json] = [value] if type(value) in _STRUCTURES else []
    while waiting:
        item = waiting.pop()
        if type(item) is list:
            waiting += [child for child in item if type(child) in _STRUCTURES]
            continue
        telling = redactor.telling_among(tuple(item))
        if not telling:
            waiting += [child for child in item.values() if type(child) in _STRUCTURES]
            continue
        for key, child in item.items():
            if key in telling:
                if _is_full(redactor):
                    return
                redactor.add_value(key, child)
            elif type(child) in _STRUCTURES:
                waiting.append(child)


_STRUCTURES = frozenset({list, dict})
"""What holds keys, in JSON that was read; texts and numbers are passed over at once."""


def _may_tell(answer: Answer, names: SensitiveNames) -> list[tuple[str, str]]:
    """Return lower-case name and value of each header that may hold a cookie, credential or field."""
    telling = names.headers
    return [
        (name.lower(), value)
        for name, value in answer.response.headers
        if "=" in value or name.lower() in telling
    ]


def _find_texts(
    answer: Answer, headers: Iterable[tuple[str, str]], names: SensitiveNames
) -> Iterator[tuple[str, str]]:
    """Yield the names and texts of cookies, credential headers, and fields of a body without keys."""
    for name, value in headers:
        cookie = parse_set_cookie(value) if name == "set-cookie" else None
        if cookie:
            yield cookie.name, cookie.value
            continue
        for place in (*names.find_credentials(name, value), *names.find_form(value)):
            yield mask_name(place.mask), value[place.start : place.end]
    if answer.json_problem:
        text = answer.text
        for place in (*names.find_json(text), *names.find_form(text)):
            yield mask_name(place.mask), text[place.start : place.end]


def _written_cookies(plan: Plan) -> frozenset[str]:
    """Return the values of cookies that the author wrote: they stand in the file for all to read."""
    written: list[Value | None] = []
    for step in (*plan.artifact.steps, *plan.artifact.finally_steps):
        polled = (*step.poll.until, *step.poll.stop_on) if step.poll else ()
        written += step.request.cookies.values()
        written += [spec.expected for spec in (*step.assertions, *polled) if spec.type == "cookie"]
    literals = (value.value for value in written if isinstance(value, LiteralValue))
    return frozenset(text for text in literals if isinstance(text, str))
