"""The names of one run become values: inputs, variables, steps, environment, secrets. Pure.

A scope notes what it was asked for, so that the failure page can show the values in play.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping

from pytest_reqflo.evidence.redact import Redactor, mask_name
from pytest_reqflo.lang.expression import (
    CallExpression,
    Expression,
    LiteralValue,
    PathExpression,
    Rendered,
    Segment,
    ValueMissing,
)
from pytest_reqflo.lang.functions import call_function
from pytest_reqflo.lang.render import RenderProblem, render_value, walk_path
from pytest_reqflo.lang.template import path_text
from pytest_reqflo.plan.environments import find_me_name, find_service, service_entries
from pytest_reqflo.plan.model import Plan
from pytest_reqflo.run.effects import Captured, CapturedValues, RunStart
from pytest_reqflo.run.reading import expressions_in, folded
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Json, is_array

_MEASURING_PIPES = frozenset({"int", "number", "boolean", "length"})
"""Pipes whose result is no text; they take no secret."""


class RunScope:
    """What expressions of one step may read.

    Shape: *secrets* is None where none can be read (``when``). *now* is the first start of the step.
        *derived* collects secrets made from others in a way that only the request knows. With a
        *redactor*, what pipes make of a text that it would change is secret too. While it
        *is_noting*, the values that were asked for are kept in *noted*.
    """

    __slots__ = (
        "_captured",
        "_now",
        "_redactor",
        "_response",
        "_secrets",
        "_service",
        "_start",
        "derived",
        "is_noting",
        "noted",
        "plan",
    )  # fmt: skip

    def __init__(
        self,
        plan: Plan,
        start: RunStart,
        *,
        captured: CapturedValues,
        now: str,
        service: str | None = None,
        secrets: Mapping[str, Secret] | None = None,
        redactor: Redactor | None = None,
        is_noting: bool = True,
    ) -> None:
        self.plan = plan
        self.is_noting = is_noting
        self.noted: list[tuple[Expression, Rendered]] = []
        self.derived: list[Secret] = []
        self._start = start
        self._captured = captured
        self._now = now
        self._service = service
        self._secrets = secrets
        self._redactor = redactor
        self._response: Callable[[], Mapping[str, Json]] | None = None

    def set_response(self, response: Callable[[], Mapping[str, Json]]) -> None:
        """Let expressions read the root `response` from now on, asked for when it is used."""
        self._response = response

    def with_response(
        self, response: Callable[[], Mapping[str, Json]], *, is_noting: bool = True
    ) -> RunScope:
        """Return this scope with the root `response`, asked for when it is used."""
        scope = RunScope(
            self.plan,
            self._start,
            captured=self._captured,
            now=self._now,
            service=self._service,
            secrets=self._secrets,
            redactor=self._redactor,
            is_noting=is_noting,
        )
        scope.noted = self.noted
        scope.derived = self.derived
        scope._response = response
        return scope

    def unnoted(self) -> _Unnoted:
        """Look at values within, which does not count as using them."""
        return _Unnoted(self)

    def lookup(self, expression: PathExpression) -> Rendered:
        """Return what *expression* names, before its pipes.

        Raises: ValueMissing; RenderProblem for a secret where none can be read.
        """
        value = self._find(expression)
        if self.is_noting and expression.root != "response":
            self.noted.append((expression, value))
        return self._guarded(value) if expression.pipes and self._is_derived(expression) else value

    def call(self, expression: CallExpression, site: str) -> Json:
        """Return the value of a function for this call *site*, the same in every try."""
        value = call_function(
            expression.function, expression.args, seed=self._start.seed, site=site, now=self._now
        )
        if self.is_noting:
            self.noted.append((expression, value))
        return value

    def mark(self) -> int:
        """Return how many values were asked for."""
        return len(self.noted)

    def forget_since(self, mark: int) -> None:
        """Count what was asked for since *mark* as not asked for."""
        del self.noted[mark:]

    @property
    def has_secrets(self) -> bool:
        """Whether the step reads any secret."""
        return bool(self._secrets)

    def has_output(self, expression: PathExpression) -> bool:
        """Say whether *expression* names a whole output that is there: nothing of it is missing."""
        found = self._find_output(expression)
        return found is not None and not found[0].missing and not found[1]

    def origins_of(self, secret: str) -> frozenset[str] | None:
        """Return the origins that *secret* may be sent to, None: wherever requests may go."""
        found = (self._secrets or {}).get(secret)
        return found.bound_to if found is not None else None

    def hidden_name(self, expression: Expression) -> str:
        """Return the name under which the value is hidden, empty when it may be shown."""
        if type(expression) is not PathExpression or not expression.path:
            return ""
        name = str(expression.path[0])
        match expression.root:
            case "inputs" | "variables":
                resolved = self.plan.names.get(name)
                if resolved is not None and type(resolved.value) is LiteralValue:
                    return name if resolved.sensitive else ""
                return name if self._is_hidden(name) else ""
            case "me":
                return name
            case "steps":
                return self._hidden_output(expression)
            case _:
                return ""

    # --- each root -------------------------------------------------------------------------------

    def _find(self, expression: PathExpression) -> Rendered:
        match expression.root:
            case "inputs" | "variables":
                return self._named(expression)
            case "steps":
                return self._step_value(expression)
            case "secrets":
                return self._secret(expression)
            case "me":
                return self._me(expression)
            case "env":
                return walk_path(self._environment_values(), expression.path, shown="env")
            case "response" if self._response is not None:
                path = folded(expression.path)
                return walk_path(dict(self._response()), path, shown="response")
            case "case" | "row" | "run":
                return walk_path(
                    self._facts(expression.root), expression.path, shown=expression.root
                )
            case _:
                raise RenderProblem(f"`{expression.root}` is not known here")

    def _named(self, expression: PathExpression) -> Rendered:
        path = expression.path
        name = path[0] if path and type(path[0]) is str else _first(expression)
        resolved = self.plan.names.get(name)
        if resolved is None or not resolved.is_set:
            shown = f"{expression.root}.{name}"
            raise ValueMissing(f"`{shown}` has no value in this run", expression=shown)
        value = (
            resolved.value.value
            if type(resolved.value) is LiteralValue
            else render_value(resolved.value, self, site=f"variables/{name}")
        )
        if len(path) == 1:
            return value
        return walk_path(value, path[1:], shown=f"{expression.root}.{name}")

    def _step_value(self, expression: PathExpression) -> Rendered:
        step = _first(expression)
        found = self._find_output(expression)
        if found is None:
            text = path_key((expression.root, *expression.path))
            reason = "it has no such value" if step in self._captured else "it has not run"
            raise ValueMissing(f"`{text}` has no value: {reason}", step=step, expression=text)
        captured, rest, shown = found
        if captured.missing:
            reason = f"`{shown}` has no value: {captured.missing}"
            raise ValueMissing(reason, step=step, expression=shown)
        if not rest:
            return captured.value
        try:
            return walk_path(captured.value, rest, shown=shown)
        except ValueMissing as missing:
            raise ValueMissing(str(missing), step=step, expression=missing.expression) from None

    def _find_output(
        self, expression: PathExpression
    ) -> tuple[Captured, tuple[Segment, ...], str] | None:
        """Return the longest kept part of the path, what leads on from it, and its text."""
        step = str(expression.path[0])
        kept = self._captured.get(step)
        if not kept:
            return None
        for key, rest in _keys_along(expression.path):
            if key in kept:
                return kept[key], rest, f"steps.{step}.{key}"
        return None

    def _hidden_output(self, expression: PathExpression) -> str:
        found = self._find_output(expression)
        name = str(expression.path[-1])
        if found is None:
            return ""
        captured, rest, _ = found
        if captured.sensitive and not rest:
            is_leaf = not isinstance(captured.value, (Mapping, list, tuple))
            if is_leaf:
                return name
        return name if self.plan.environment.sensitive.is_key(name) else ""

    def _secret(self, expression: PathExpression) -> Secret:
        name = _first(expression)
        if self._secrets is None:
            raise RenderProblem(
                f"`secrets.{name}` cannot be read here; secrets are only known while a request is made"
            )
        if name not in self._secrets:
            raise ValueMissing(f"the secret `{name}` is missing", expression=f"secrets.{name}")
        return self._secrets[name]

    def _me(self, expression: PathExpression) -> str:
        name = _first(expression)
        known = self.plan.environment.me
        found = find_me_name(known, name)
        if found is None:
            raise ValueMissing(f"`me.{name}` has no value", expression=f"me.{name}")
        return known[found]

    def _environment_values(self) -> dict[str, Json]:
        environment = self.plan.environment
        service = find_service(environment, self._service)
        entries = service_entries(service[1]) if service else {}
        return {**entries, **environment.values}

    def _facts(self, root: str) -> dict[str, Json]:
        plan = self.plan
        match root:
            case "run":
                return {"id": plan.identity.run_id, "started_at": self._start.started_at}
            case "case":
                return {"name": plan.case} if plan.case else {}
            case _:
                is_row = plan.row_number is not None
                return {"number": plan.row_number, "key": plan.row_key} if is_row else {}

    # --- what may be shown -----------------------------------------------------------------------

    def _is_derived(self, expression: PathExpression) -> bool:
        """Say whether pipes make another text of what a server sent, in which nothing is known."""
        names = {pipe.name for pipe in expression.pipes}
        is_answer = expression.root in ("response", "steps")
        return bool(names) and is_answer and not names & _MEASURING_PIPES

    def _guarded(self, value: Rendered) -> Rendered:
        """Return *value* with each text that would be shown with a mask as a secret."""
        if self._redactor is None:
            return value
        if isinstance(value, str):
            shown = self._redactor.text(value)
            return value if shown == value else Secret(mask_name(shown), value)
        if isinstance(value, Mapping):
            return {key: self._guarded(item) for key, item in value.items()}
        return [self._guarded(item) for item in value] if is_array(value) else value

    def _is_hidden(self, name: str, seen: frozenset[str] = frozenset()) -> bool:
        resolved = self.plan.names.get(name)
        if resolved is None or name in seen:
            return False
        if resolved.sensitive:
            return True
        return any(
            self._is_hidden(str(found.path[0]), seen | {name})
            if found.root in ("inputs", "variables")
            else bool(self.hidden_name(found))
            for found in expressions_in(resolved.value)
            if isinstance(found, PathExpression) and found.path
        )


class _Unnoted:
    """While it is entered, its scope notes nothing."""

    __slots__ = ("_scope", "_was_noting")

    def __init__(self, scope: RunScope) -> None:
        self._scope = scope
        self._was_noting = scope.is_noting

    def __enter__(self) -> None:
        self._was_noting, self._scope.is_noting = self._scope.is_noting, False

    def __exit__(self, *_: object) -> None:
        self._scope.is_noting = self._was_noting


path_key = functools.lru_cache(maxsize=4_096)(path_text)
"""Paths are written in journeys: the same ones are looked up in every run."""


@functools.lru_cache(maxsize=4_096)
def _keys_along(path: tuple[Segment, ...]) -> tuple[tuple[str, tuple[Segment, ...]], ...]:
    """Return each key under which a value may be kept, the longest first, and what leads on."""
    below = folded(path[1:])
    return tuple((path_text(below[:end]), below[end:]) for end in range(len(below), 0, -1))


def revealed(value: Rendered) -> Json:
    """Return *value* with the text of its secrets, for the wire and for checks only."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: revealed(item) for key, item in value.items()}
    return [revealed(item) for item in value] if is_array(value) else value


def secrets_in(value: Rendered) -> Iterator[Secret]:
    """Yield every secret in *value*."""
    if isinstance(value, Secret):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from secrets_in(item)
    elif is_array(value):
        for item in value:
            yield from secrets_in(item)


def _first(expression: PathExpression) -> str:
    if not expression.path:
        raise RenderProblem(f"`{expression.root}` must be followed by a name")
    return str(expression.path[0])
