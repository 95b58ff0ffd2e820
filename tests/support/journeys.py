"""Small artifacts and plans, and drivers that answer effects from a script."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from pytest_reqflo.artifact.model import (
    Artifact,
    AssertionSpec,
    OutputSpec,
    RequestSpec,
    RunSettings,
    StepSpec,
)
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.lang.expression import LiteralValue, Value
from pytest_reqflo.lang.outputs import parse_output_path
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.plan.model import EnvironmentSnapshot, Plan, ResolvedValue, Service
from pytest_reqflo.result import JourneyResult, RunIdentity, TryResult, ValueOrigin
from pytest_reqflo.run.attempt import run_try
from pytest_reqflo.run.cookies import CookieJars
from pytest_reqflo.run.effects import (
    DoTry,
    Draw,
    Drawn,
    Finish,
    Finished,
    Hop,
    Interrupted,
    JourneyEffect,
    PhaseTimes,
    ReadSecrets,
    RunStart,
    SecretsRead,
    Send,
    Sent,
    TryDone,
    TryOutcome,
    Wait,
    Waited,
    WireResponse,
)
from pytest_reqflo.run.journey import run_journey
from pytest_reqflo.secret import Secret

START = RunStart(seed="00ff", started_at="2026-01-02T03:04:05.000000Z")
NOW = "2026-01-02T03:04:06.000000Z"
BASE = "http://shop.test"


def value(data: Any) -> Value:
    """Return what *data* means in a journey file."""
    parsed, problems = parse_value(data)
    assert not problems
    return parsed


def values(data: Mapping[str, Any]) -> dict[str, Value]:
    return {key: value(item) for key, item in data.items()}


def request(url: str = "/orders", method: str = "GET", **fields: Any) -> RequestSpec:
    for name in ("query", "headers", "path_params", "cookies"):
        if name in fields:
            fields[name] = values(fields[name])
    return RequestSpec(method=method, url=value(url), **fields)


def step(id: str, url: str = "/orders", **fields: Any) -> StepSpec:
    spec = fields.pop("request", None) or request(url)
    return StepSpec(id=id, name=id, request=spec, **fields)


def assertion(type: Any, expected: Any = None, *, index: int = 0, **fields: Any) -> AssertionSpec:
    wanted = None if expected is None else value(expected)
    looked_at = fields.pop("value", None)
    if looked_at is not None:
        fields["value"] = value(looked_at)
    return AssertionSpec(type=type, index=index, expected=wanted, **fields)


def output(name: str, path: str, **fields: Any) -> OutputSpec:
    parsed = parse_output_path(path)
    return OutputSpec(
        name=name, source=parsed.source, path=parsed.path, query=parsed.query, **fields
    )


def implicit(path: str) -> OutputSpec:
    return output(path, path, is_declared=False, required=False)


def resolved(name: str, data: Any, *, sensitive: bool = False, detail: str = "") -> ResolvedValue:
    origin = ValueOrigin(
        name=name, kind_of_name="input", layer="case", detail=detail, sensitive=sensitive
    )
    return ResolvedValue(name=name, value=value(data), origin=origin, sensitive=sensitive)


def plan(
    *steps: StepSpec,
    finally_steps: Iterable[StepSpec] = (),
    settings: RunSettings | None = None,
    names: Mapping[str, ResolvedValue] | None = None,
    **fields: Any,
) -> Plan:
    artifact = Artifact(
        journey_id="shop",
        steps=steps,
        finally_steps=tuple(finally_steps),
        settings=settings or RunSettings(),
    )
    environment = fields.pop("environment", None) or EnvironmentSnapshot(
        name="local", services={"shop": Service(base_url=BASE)}
    )
    identity = RunIdentity(
        run_id="run1", journey_id="shop", journey_name="Shop", artifact="artifact_1"
    )
    return Plan(
        artifact=artifact,
        identity=identity,
        environment=environment,
        names=names or {},
        allowed_origins=(BASE,),
        **fields,
    )


# --- the upper floor -----------------------------------------------------------------------------


def done(
    outcome: Any = "passed", *, number: int = 1, elapsed_s: float = 0.1, **fields: Any
) -> TryDone:
    """Return the outcome of a try; a failed one failed by an assertion unless told otherwise."""
    kinds = {"failed": "assertion", "error": "error"}
    fields.setdefault("error_kind", kinds.get(outcome))
    result = fields.pop("result", None) or TryResult(
        number=number, outcome=outcome, started_at=NOW, elapsed_s=elapsed_s
    )
    return TryDone(result=result, elapsed_s=elapsed_s, **fields)


def play(plan: Plan, script: Mapping[str, Any] | None = None) -> tuple[JourneyResult, list[str]]:
    """Run *plan* with the outcomes of *script*; return the result and the log of addresses.

    Shape: *script* maps an address to an outcome. What it leaves out passes: a try in 0.1 s, a
        wait in its own time.
    """
    flow = run_journey(plan, START)
    log: list[str] = []
    outcome: Any = None
    try:
        while True:
            effect = flow.send(outcome)
            log.append(describe(effect))
            outcome = answer(effect, script or {})
    except StopIteration as end:
        return end.value, log


def describe(effect: JourneyEffect) -> str:
    match effect:
        case DoTry():
            return f"try {effect.address}"
        case Wait():
            return f"wait {effect.address} {effect.duration_s:g}"
        case Finish():
            return f"finish {effect.result.outcome}"


def answer(effect: JourneyEffect, script: Mapping[str, Any]) -> Any:
    match effect:
        case DoTry():
            found = script.get(effect.address) or done()
            if isinstance(found, TryDone):
                return replace(found, result=replace(found.result, number=effect.number))
            return found
        case Wait():
            return script.get(effect.address) or Waited(elapsed_s=effect.duration_s)
        case Finish():
            return Finished(finished_at="2026-01-02T03:05:00.000000Z")


# --- the lower floor -----------------------------------------------------------------------------


def response(
    body: bytes | str = b"",
    status: int = 200,
    headers: Iterable[tuple[str, str]] = (),
    **fields: Any,
) -> WireResponse:
    content = body.encode() if isinstance(body, str) else body
    return WireResponse(status=status, headers=tuple(headers), body=content, **fields)


def do(spec: StepSpec, **fields: Any) -> DoTry:
    settings: dict[str, Any] = {
        "address": f"000:{spec.id}#1",
        "pointer": "/steps/0",
        "number": 1,
        "captured": {},
        "jars": CookieJars(),
    }
    return DoTry(step=spec, **{**settings, **fields})


class Tried:
    """What a try sent, and what came of it."""

    def __init__(self, send: Send | None, done: TryDone, effects: list[str]) -> None:
        self.send = send
        self.done = done
        self.effects = effects

    @property
    def result(self) -> TryResult:
        return self.done.result

    @property
    def request(self) -> Any:
        assert self.send is not None
        return self.send.request


Reply = WireResponse | Sent | Interrupted | Callable[[Send], TryOutcome]


def attempt(
    spec: StepSpec,
    reply: Reply | None = None,
    *,
    plan_: Plan | None = None,
    secrets: Mapping[str, str] | None = None,
    blobs: Mapping[Any, bytes] | None = None,
    redactor: Redactor | None = None,
    **fields: Any,
) -> Tried:
    """Run one try of *spec*, answered with *reply*."""
    chosen = plan_ or plan(spec)
    flow = run_try(chosen, START, do(spec, **fields), redactor or Redactor(), blobs or {})
    sent: Send | None = None
    effects: list[str] = []
    outcome: Any = None
    try:
        while True:
            effect = flow.send(outcome)
            effects.append(type(effect).__name__)
            match effect:
                case Draw():
                    outcome = Drawn(now=NOW)
                case ReadSecrets():
                    known = secrets or {}
                    outcome = SecretsRead(
                        secrets={
                            name: Secret(name, known[name])
                            for name in effect.names
                            if name in known
                        }
                    )
                case Send():
                    sent = effect
                    outcome = _reply(effect, reply)
    except StopIteration as end:
        return Tried(sent, end.value, effects)


def _reply(send: Send, reply: Reply | None) -> TryOutcome:
    if reply is None:
        reply = response()
    if isinstance(reply, WireResponse):
        return sent_back(send, reply)
    return reply(send) if callable(reply) else reply


def sent_back(send: Send, answer: WireResponse, times: PhaseTimes | None = None) -> Sent:
    hop = Hop(request=send.request, response=answer, times=times or PhaseTimes(total_s=0.25))
    return Sent(hops=(hop,), jars=send.jars, elapsed_s=0.25)


LITERAL = LiteralValue
