"""The local engine drives whole journeys: secrets first, interruptions last, `finally` in between."""

from __future__ import annotations

import pytest
from servers import ScriptedServer, json_reply, reply, routes

from pytest_reqflo.artifact.model import (
    Artifact,
    AssertionSpec,
    BearerAuth,
    RequestSpec,
    RetrySpec,
    StepSpec,
)
from pytest_reqflo.codec import to_json
from pytest_reqflo.engine.clock import SystemClock
from pytest_reqflo.engine.http import HttpTransport
from pytest_reqflo.engine.local import LocalEngine
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.engine.secrets.chain import make_secret_source
from pytest_reqflo.engine.secrets.provider import SecretsChoice
from pytest_reqflo.engine.transport import Deadline, ResponseStream, TransportRequest
from pytest_reqflo.lang.expression import LiteralValue, PathExpression
from pytest_reqflo.plan.model import EnvironmentSnapshot, Plan, Service
from pytest_reqflo.result import RunIdentity
from pytest_reqflo.run.effects import RunStart

START = RunStart(seed="00" * 16, started_at="2026-01-01T00:00:00.000000Z")


def step(name: str, method: str = "GET", **changes) -> StepSpec:
    auth = changes.pop("auth", None)
    request = RequestSpec(method=method, url=LiteralValue(f"/{name}"), auth=auth)
    return StepSpec(id=name, name=name, request=request, **changes)


def status(expected: int) -> AssertionSpec:
    return AssertionSpec(type="status_code", index=0, expected=LiteralValue(expected))


def make_plan(server: ScriptedServer, *steps: StepSpec, last=(), secrets=()) -> Plan:
    return Plan(
        artifact=Artifact(
            journey_id="orders",
            steps=steps,
            finally_steps=tuple(last),
            services=("default",),
            secrets=tuple(secrets),
        ),
        identity=RunIdentity(
            run_id="run-1", journey_id="orders", journey_name="Orders", artifact="artifact_0"
        ),
        environment=EnvironmentSnapshot(
            name="test", services={"default": Service(base_url=server.url)}
        ),
        names={},
        secret_names=tuple(secrets),
        allowed_origins=(server.url,),
    )


def run(plan: Plan, transport=None, clock=None, **process_env: str) -> LocalRun:
    engine = LocalEngine(
        transport=transport or HttpTransport(),
        secrets=make_secret_source(SecretsChoice(providers=("env",)), process_env),
        clock=clock,
    )
    try:
        return engine.run(plan, {}, start=START)
    finally:
        engine.close()


def lines(server: ScriptedServer) -> list[str]:
    return [request.line for request in server.requests]


def outcomes(result: LocalRun) -> dict[str, str]:
    return {step.id: step.outcome for step in result.result.steps}


def test_a_journey_runs_to_its_end():
    with ScriptedServer(lambda request, connection: json_reply({})) as server:
        done = run(make_plan(server, step("a"), step("b"), last=[step("clean", "DELETE")]))

    assert done.pending is None
    assert done.result.outcome == "passed"
    assert done.result.finished_at.endswith("Z")
    assert lines(server) == ["GET /a", "GET /b", "DELETE /clean"]


def test_missing_secrets_send_nothing():
    with ScriptedServer(lambda request, connection: reply()) as server:
        done = run(make_plan(server, step("a"), secrets=["KEY", "PIN"]), PIN="12")

    assert done.result.outcome == "error"
    assert [problem.code for problem in done.result.problems] == ["RF302", "RF305"]
    assert server.connections == 0


def test_a_secret_reaches_the_server_and_not_the_result():
    secret = BearerAuth(token=PathExpression(root="secrets", path=("KEY",)))

    def echo(request, connection):
        return json_reply({"echo": request.header("authorization")})

    with ScriptedServer(echo) as server:
        plan = make_plan(server, step("a", auth=secret), secrets=["KEY"])
        done = run(plan, KEY="hush-hush-1234")

    assert server.requests[0].header("authorization") == "Bearer hush-hush-1234"
    shown = str(to_json(done.result))
    assert "hush-hush" not in shown
    assert "[secret:KEY]" in shown


def test_a_failed_step_is_followed_by_finally():
    answers = {"GET /a": reply(500), "DELETE /clean": reply()}
    with ScriptedServer(routes(answers)) as server:
        plan = make_plan(
            server,
            step("a", assertions=(status(200),)),
            step("b"),
            last=[step("clean", "DELETE")],
        )
        done = run(plan)

    assert outcomes(done) == {"a": "failed", "b": "skipped", "clean": "passed"}
    assert done.result.category == "assertion"
    assert lines(server) == ["GET /a", "DELETE /clean"]


def test_retries_wait_and_send_again():
    class Waits(SystemClock):
        def __init__(self) -> None:
            self.durations: list[float] = []

        def wait(self, duration_s: float) -> None:
            self.durations.append(duration_s)

    clock = Waits()
    with ScriptedServer(lambda request, connection: reply(500)) as server:
        again = RetrySpec(count=2, delay_s=0.5, backoff=2.0)
        done = run(
            make_plan(server, step("a", assertions=(status(200),), retry=again)), clock=clock
        )

    assert done.result.outcome == "failed"
    assert clock.durations == [0.5, 1.0]
    assert lines(server) == ["GET /a"] * 3


class InterruptingTransport(HttpTransport):
    """Raises when certain paths are sent, as Ctrl-C does."""

    def __init__(self, error: BaseException, *paths: str) -> None:
        super().__init__()
        self._error = error
        self._paths = paths

    def open(self, request: TransportRequest, deadline: Deadline) -> ResponseStream:
        if request.target.path in self._paths:
            raise self._error
        return super().open(request, deadline)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), RuntimeError("a defect")])
def test_an_interruption_lets_finally_run_and_is_handed_back(error):
    with ScriptedServer(lambda request, connection: reply()) as server:
        plan = make_plan(server, step("a"), step("b"), step("c"), last=[step("clean", "DELETE")])
        done = run(plan, InterruptingTransport(error, "/b"))

    assert done.pending is error
    assert done.result.outcome == "interrupted"
    assert lines(server) == ["GET /a", "DELETE /clean"]
    assert outcomes(done)["b"] == "interrupted"


def test_a_second_interruption_ends_finally_too():
    error = KeyboardInterrupt()
    with ScriptedServer(lambda request, connection: reply()) as server:
        plan = make_plan(server, step("a"), last=[step("clean", "DELETE"), step("rest", "DELETE")])
        done = run(plan, InterruptingTransport(error, "/a", "/clean"))

    assert done.pending is error
    assert done.result.outcome == "interrupted"
    assert "DELETE /clean" not in lines(server)


def test_an_interrupted_wait_ends_the_run():
    class Interrupting(SystemClock):
        def wait(self, duration_s: float) -> None:
            raise KeyboardInterrupt

    with ScriptedServer(lambda request, connection: reply(500)) as server:
        plan = make_plan(
            server,
            step("a", assertions=(status(200),), retry=RetrySpec(count=5, delay_s=60)),
            last=[step("clean", "DELETE")],
        )
        done = run(plan, clock=Interrupting())

    assert isinstance(done.pending, KeyboardInterrupt)
    assert lines(server) == ["GET /a", "DELETE /clean"]


def test_a_seed_and_a_start_are_made_when_none_is_given():
    with ScriptedServer(lambda request, connection: reply()) as server:
        engine = LocalEngine(
            transport=HttpTransport(),
            secrets=make_secret_source(SecretsChoice(providers=("env",)), {}),
        )
        plan = make_plan(server, step("a"))
        first, second = engine.run(plan, {}).result, engine.run(plan, {}).result
        engine.close()

    assert len(first.seed) == 32
    assert first.seed != second.seed
    assert server.connections == 1
