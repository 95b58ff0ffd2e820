"""Where a worker finds the environment of a run, and the secrets that go with it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol

from pytest_reqflo.codec import from_json
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.secrets.chain import SecretSource, make_secret_source
from pytest_reqflo.engine.secrets.provider import SecretsChoice
from pytest_reqflo.errors import EngineError
from pytest_reqflo.plan.model import EnvironmentSnapshot
from pytest_reqflo.values import Json


class EnvironmentSource(Protocol):
    """The environments that a worker carries runs out in."""

    def snapshot(self, name: str) -> EnvironmentSnapshot:
        """Return the environment as it is now. Raises: EngineError when there is none."""

    def secrets(self, name: str) -> SecretSource:
        """Return where the runs in it get their secrets."""


class ConfiguredEnvironments:
    """Environments written in the configuration of the worker, as JSON; secrets of its process."""

    def __init__(self, documents: Mapping[str, Json]) -> None:
        self._documents = documents

    def snapshot(self, name: str) -> EnvironmentSnapshot:
        """Return the environment as it is configured. Raises: EngineError RF212."""
        if name not in self._documents:
            title = f"the worker does not know the environment `{name}`"
            known = ", ".join(sorted(self._documents)) or "none"
            raise EngineError(Diagnostic(code="RF212", title=title, notes=(f"it knows: {known}",)))
        return from_json(EnvironmentSnapshot, {"name": name, **self._documents[name]})

    def secrets(self, name: str) -> SecretSource:
        """Return the variables of this process."""
        return make_secret_source(SecretsChoice(providers=("env",), environment=name), os.environ)
