"""Several providers of secrets, asked in the order that the environment names them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from pytest_reqflo.engine.secrets.dotenv import DotenvSecrets
from pytest_reqflo.engine.secrets.env import EnvironmentSecrets
from pytest_reqflo.secret import Secret


class SecretProvider(Protocol):
    """One place where secrets are kept; *name* says which, for messages."""

    @property
    def name(self) -> str:
        """What a message calls it."""

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that are found here."""


class SecretSource(Protocol):
    """Where a run gets its secrets."""

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the providers, in order."""

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that any provider has."""


class SecretChain:
    """The first provider that has a secret gives it."""

    def __init__(self, providers: Iterable[SecretProvider]) -> None:
        self._providers = tuple(providers)

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the providers, in order."""
        return tuple(provider.name for provider in self._providers)

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that any provider has."""
        found: dict[str, Secret] = {}
        wanted = tuple(dict.fromkeys(names))
        for provider in self._providers:
            missing = [name for name in wanted if name not in found]
            found.update(provider.get_many(missing) if missing else {})
        return found


_MakeProvider = Callable[[Mapping[str, str], Path | None], SecretProvider | None]

PROVIDERS: dict[str, _MakeProvider] = {
    "env": lambda process_env, _: EnvironmentSecrets(process_env),
    "dotenv": lambda _, dotenv: DotenvSecrets(dotenv) if dotenv else None,
}
"""Every provider that an environment may name; one without its file is passed over."""


def make_secret_source(
    providers: tuple[str, ...], dotenv: Path | None, process_env: Mapping[str, str]
) -> SecretChain:
    """Return the providers of these names, in order. Raises: KeyError for a name that is none."""
    made = (PROVIDERS[name](process_env, dotenv) for name in providers)
    return SecretChain(provider for provider in made if provider is not None)
