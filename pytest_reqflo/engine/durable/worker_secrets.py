"""The secrets of a run on a worker: bound in the database, from there or from the worker's own places.

Which places a worker has beside the database is said by its variables alone:

    REQFLO_WORKER_SECRETS           env, dir, command: asked in this order, none without it
    REQFLO_WORKER_SECRETS_DIR       folder with a file for each, as containers mount it
    REQFLO_WORKER_SECRETS_COMMAND   program and arguments, `{name}` in one of them
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.database import Database
from pytest_reqflo.engine.durable.pushed import PushedEnvironments
from pytest_reqflo.engine.durable.sealing import Keyring
from pytest_reqflo.engine.durable.secret_keeper import unseal_secret
from pytest_reqflo.engine.durable.secret_rows import SealedSecret, SecretRows
from pytest_reqflo.engine.secrets.chain import (
    ProviderUnusable,
    SecretChain,
    SecretSource,
    make_secret_source,
)
from pytest_reqflo.engine.secrets.provider import ProviderProblem, SecretsChoice
from pytest_reqflo.errors import EngineError, UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.plan.model import EnvironmentSnapshot
from pytest_reqflo.secret import Secret

VARIABLE = "REQFLO_WORKER_SECRETS"
TABLE = "table"

_OWN = ("env", "dir", "command")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlaces:
    """Where a worker finds secrets beside the database."""

    providers: tuple[str, ...] = ()
    dir: Path | None = None
    command: tuple[str, ...] = ()

    def choice(self, environment: str) -> SecretsChoice:
        """Return the places as providers."""
        return SecretsChoice(
            providers=self.providers,
            environment=environment,
            dir=self.dir if "dir" in self.providers else None,
            command=self.command,
        )


def read_own_places(variables: Mapping[str, str]) -> OwnPlaces:
    """Return what *variables* say of them. Raises: UsageProblem RF801."""
    named = [part.strip() for part in variables.get(VARIABLE, "").split(",") if part.strip()]
    for name in named:
        if name not in _OWN:
            title = f"{VARIABLE}: `{name}` is not one of {', '.join(_OWN)}"
            raise UsageProblem(Diagnostic(code="RF801", title=title))
    folder = variables.get(f"{VARIABLE}_DIR")
    try:
        command = tuple(shlex.split(variables.get(f"{VARIABLE}_COMMAND", "")))
    except ValueError:
        title = f"{VARIABLE}_COMMAND: a quote is opened and never closed"
        raise UsageProblem(Diagnostic(code="RF801", title=title)) from None
    return OwnPlaces(providers=tuple(named), dir=Path(folder) if folder else None, command=command)


class DatabaseEnvironments:
    """The environments that were pushed to a database, and the secrets that were bound there."""

    def __init__(self, database: Database, keyring: Keyring, variables: Mapping[str, str]) -> None:
        self._pushed = PushedEnvironments(database)
        self._rows = SecretRows(database)
        self._keyring = keyring
        self._places = read_own_places(variables)
        self._variables = variables

    def snapshot(self, name: str) -> EnvironmentSnapshot:
        """Return the newest version of an environment. Raises: EngineError RF618, RF619."""
        return self._pushed.snapshot(name)

    def secrets(self, name: str) -> SecretSource:
        """Return where the runs in an environment get their secrets: asked anew for each run."""
        chain = make_secret_source(self._places.choice(name), self._variables)
        return BoundSecrets(self._rows, self._keyring, name, chain)


class BoundSecrets:
    """The secrets that are bound to one environment; what is not bound is not there."""

    def __init__(
        self, rows: SecretRows, keyring: Keyring, environment: str, chain: SecretChain
    ) -> None:
        self._rows = rows
        self._keyring = keyring
        self._environment = environment
        self._chain = chain

    @property
    def asked(self) -> tuple[str, ...]:
        """The database, and the places of this worker that were asked."""
        return (f"the secrets of environment `{self._environment}`", *self._chain.asked)

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that are bound here and found.

        Raises: ProviderUnusable; the database's own errors, which say nothing of a run.
        """
        bound = self._rows.find_sealed(self._environment, names)
        opened = [(each, self._open(each)) for each in bound]
        own = [each.row.name for each, _ in opened if each.row.source == "worker"]
        found = self._chain.get_many(own)
        return {
            secret.name: secret
            for each, kept in opened
            if (secret := _with_value(each, kept, found)) is not None
        }

    def _open(self, found: SealedSecret) -> Secret:
        # One without a value is opened too: that shows its origins are those that were written.
        try:
            return unseal_secret(found, self._keyring)
        except EngineError as error:
            first = error.diagnostics[0]
            problem = ProviderProblem(first.title, first.hint)
        raise ProviderUnusable(TABLE, problem)


def _with_value(found: SealedSecret, kept: Secret, own: Mapping[str, Secret]) -> Secret | None:
    if found.row.source == "table":
        return kept
    given = own.get(kept.name)
    return given.bind(kept.bound_to) if given is not None else None
