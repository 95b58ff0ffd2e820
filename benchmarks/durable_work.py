"""What the benchmark of durable runs carries out: journeys of few steps, and rows of one of them."""

from __future__ import annotations

from collections.abc import Iterable

from pytest_reqflo.artifact.codec import artifact_digest
from pytest_reqflo.artifact.model import Artifact, InputDeclaration, RequestSpec, StepSpec
from pytest_reqflo.engine.durable.orders import Dispatch, order_of
from pytest_reqflo.engine.durable.records import RunOrder
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.lang.expression import LiteralValue, TextValue
from pytest_reqflo.lang.template import parse_text
from pytest_reqflo.plan.model import GivenValue, RunRequest
from pytest_reqflo.result import RunIdentity
from pytest_reqflo.values import Json

MASTER_KEY = "07" * 32
ENVIRONMENT = "bench"
BATCH = "bench"
KEYRING = Keyring(bytes.fromhex(MASTER_KEY))


def journey(steps: int, delay_ms: int) -> Artifact:
    """Return a journey of that many steps, each answered after *delay_ms*, with one input `row`."""
    return Artifact(
        journey_id="bench",
        inputs=(InputDeclaration(name="row"),),
        steps=tuple(_step(name, delay_ms) for name in "abcdefgh"[:steps]),
        services=("default",),
    )


def paths_of(row: str, artifact: Artifact, delay_ms: int) -> list[str]:
    """Return what a run of *row* asks the server for."""
    return [f"/{delay_ms}/{row}/{step.id}" for step in artifact.steps]


def delay_s_of(artifact: Artifact) -> float:
    """Return how long the server lets a step of *artifact* wait."""
    url = artifact.steps[0].request.url
    assert isinstance(url, TextValue)
    return int(str(url.parts[0]).split("/")[1]) / 1000


def environments(url: str) -> dict[str, Json]:
    """Return the one environment, whose server is at *url*."""
    return {ENVIRONMENT: {"services": {"default": {"base_url": url}}}}


def request_for(artifact: Artifact, row: str) -> RunRequest:
    """Return the request for the run of *row*, whose id is the same."""
    return RunRequest(
        artifact=artifact_digest(artifact),
        identity=RunIdentity(
            run_id=row, journey_id="bench", journey_name="Bench", artifact="artifact_0"
        ),
        environment=ENVIRONMENT,
        given=(GivenValue(name="row", layer="set", value=LiteralValue(row)),),
    )


def orders_for(artifact: Artifact, rows: Iterable[str]) -> list[RunOrder]:
    """Return the orders of these rows."""
    return [order_of(request_for(artifact, row), artifact, DISPATCH, _seal) for row in rows]


DISPATCH = Dispatch(batch_id=BATCH, trigger="command")


def _step(name: str, delay_ms: int) -> StepSpec:
    url = parse_text(f"/{delay_ms}/{{{{ inputs.row }}}}/{name}")
    return StepSpec(id=name, name=name, request=RequestSpec(method="GET", url=url))


def _seal(plain: bytes, context: str) -> str:
    return KEYRING.seal(plain, purpose="inputs", context=context)
