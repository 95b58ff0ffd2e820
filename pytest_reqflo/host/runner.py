"""The engines of one pytest process, and the sources of their secrets."""

from __future__ import annotations

import queue
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pytest_reqflo.engine.local import LocalEngine
from pytest_reqflo.engine.protocol import LocalRun
from pytest_reqflo.engine.secrets.chain import SecretChain
from pytest_reqflo.engine.secrets.provider import SecretsChoice
from pytest_reqflo.engine.transports import TransportKind, make_transport
from pytest_reqflo.evidence.redact import Redactor
from pytest_reqflo.host.durable import DurableMeans
from pytest_reqflo.host.environment import make_source
from pytest_reqflo.host.hiding import Hiding
from pytest_reqflo.plan.model import EnvironmentSnapshot, Plan, RunRequest
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Digest

if TYPE_CHECKING:
    from pytest_reqflo.host.air import Air
    from pytest_reqflo.host.durable import DurableRuns
    from pytest_reqflo.host.flight import Flight
    from pytest_reqflo.host.subject import Subject


class Runner:
    """The engines of one process: one transport, one engine per choice of secret providers."""

    def __init__(self, hiding: Hiding, kind: TransportKind) -> None:
        self._hiding = hiding
        self._kind = kind
        self._transport = make_transport(kind)
        self._engines: dict[SecretsChoice, LocalEngine] = {}
        self._sources: list[SecretChain] = []
        self._air: Air | None = None

    def run(self, plan: Plan, blobs: Mapping[Digest, bytes], secrets: SecretsChoice) -> LocalRun:
        """Run *plan* with the secrets that *secrets* leads to."""
        redactor = Redactor(plan.environment.sensitive)
        self._hiding.begin_run(redactor)
        try:
            return self._engine_for(secrets).run(plan, blobs, redactor=redactor)
        finally:
            self._hiding.end_run(redactor)

    def start(
        self,
        flight: Flight,
        plan: Plan,
        blobs: Mapping[Digest, bytes],
        secrets: SecretsChoice,
        landed: queue.SimpleQueue[Flight],
    ) -> None:
        """Begin to run *plan* as *flight*, which is put into *landed* when it is over."""
        if self._air is None:
            from pytest_reqflo.host.air import Air

            self._air = Air(self._kind)
        redactor = Redactor(plan.environment.sensitive)
        self._hiding.begin_run(redactor)
        flight.may_ask = bool(plan.secret_names)
        engine = self._air.engine_for(self._engine_for(secrets).secrets)
        flight.begin(self._air.loop, engine, plan, blobs, redactor, landed)

    def end(self, flight: Flight) -> None:
        """Count the run of *flight* among those that are over and reported, or never will be."""
        if flight.redactor is not None:
            self._hiding.end_run(flight.redactor)
        flight.let_go()

    def run_durable(
        self,
        durable: DurableRuns,
        request: RunRequest,
        subject: Subject,
        environment: EnvironmentSnapshot,
        chosen: SecretsChoice,
        item_id: str,
    ) -> LocalRun:
        """Run *request* with a record of each step."""
        redactor = Redactor(environment.sensitive)
        self._hiding.begin_run(redactor)
        means = DurableMeans(
            environment=environment,
            secrets=self._engine_for(chosen).secrets,
            redactor=redactor,
            transport=self._transport,
        )
        try:
            return durable.run(
                request, subject.artifact, subject.blobs, means=means, item_id=item_id
            )
        finally:
            self._hiding.end_run(redactor)

    def know(self, names: Iterable[str], secrets: SecretsChoice) -> None:
        """Hide the secrets *names* from now on, where they can be found."""
        self._engine_for(secrets).secrets.get_many(names)

    def _engine_for(self, secrets: SecretsChoice) -> LocalEngine:
        engine = self._engines.get(secrets)
        if engine is None:
            source = make_source(secrets)
            noted = _NotedSecrets(source, self._hiding)
            engine = LocalEngine(transport=self._transport, secrets=noted)
            self._sources.append(source)
            self._engines[secrets] = engine
        return engine

    def close(self) -> None:
        """Close the connections and the providers of secrets."""
        if self._air is not None:
            self._air.close()
        self._transport.close()
        for source in self._sources:
            source.close()


class _NotedSecrets:
    """A source whose secrets are hidden in every report, from the moment they are read."""

    def __init__(self, source: SecretChain, hiding: Hiding) -> None:
        self._source = source
        self._hiding = hiding

    @property
    def asked(self) -> tuple[str, ...]:
        return self._source.asked

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        found = self._source.get_many(names)
        for secret in found.values():
            self._hiding.add_secret(secret)
        return found
