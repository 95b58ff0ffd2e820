"""Several providers of secrets, asked in the order that the environment names them."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from pytest_reqflo.diagnostic import name_hint
from pytest_reqflo.engine.secrets.command import CommandSecrets
from pytest_reqflo.engine.secrets.dir import DEFAULT_DIR, DirSecrets
from pytest_reqflo.engine.secrets.dotenv import DotenvSecrets
from pytest_reqflo.engine.secrets.env import EnvironmentSecrets
from pytest_reqflo.engine.secrets.keyring import DEFAULT_SERVICE, KeyringSecrets
from pytest_reqflo.engine.secrets.offered import make_offered, offered_names
from pytest_reqflo.engine.secrets.provider import (
    ENTRY_POINTS,
    ProviderProblem,
    ProviderSettings,
    SecretProvider,
    SecretsChoice,
)
from pytest_reqflo.secret import Secret, find_name_fault

_MakeOwn = Callable[[SecretsChoice, Mapping[str, str]], SecretProvider | None]

PROVIDERS: Mapping[str, _MakeOwn] = {
    "env": lambda _, process_env: EnvironmentSecrets(process_env),
    "dotenv": lambda choice, _: DotenvSecrets(choice.dotenv) if choice.dotenv else None,
    "dir": lambda choice, _: DirSecrets(choice.dir or DEFAULT_DIR, shown=_shown_dir(choice)),
    "command": lambda choice, process_env: CommandSecrets(
        choice.command, folder=choice.rootdir, process_env=process_env
    ),
    "keyring": lambda choice, _: KeyringSecrets(choice.keyring or DEFAULT_SERVICE),
}
"""Every provider of ours; None: it has nothing to look in and is passed over."""


class SecretSource(Protocol):
    """Where a run gets its secrets."""

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the providers, in order."""

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that any provider has. Raises: ProviderUnusable."""


class ProviderUnusable(Exception):
    """A provider cannot be used: its name in the environment, why, and a hint; never a value."""

    def __init__(self, provider: str, problem: ProviderProblem) -> None:
        super().__init__(problem.message)
        self.provider = provider
        self.message = problem.message
        self.hint = problem.hint


class SecretChain:
    """The first provider that has a secret gives it; each is made when it is first needed."""

    def __init__(self, choice: SecretsChoice, process_env: Mapping[str, str]) -> None:
        self._choice = choice
        self._process_env = process_env
        self._made: dict[str, SecretProvider | None] = {}
        self._is_checked = False
        # Providers need not be safe to share between threads; engines are.
        self._lock = threading.Lock()

    @property
    def asked(self) -> tuple[str, ...]:
        """The names of the providers that were asked so far, in order."""
        return tuple(provider.name for provider in self._made.values() if provider is not None)

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that any provider has; what cannot be a name is never asked for.

        Raises: ProviderUnusable.
        """
        found: dict[str, Secret] = {}
        wanted = [name for name in dict.fromkeys(names) if not find_name_fault(name)]
        with self._lock:
            for key in self._choice.providers if wanted else ():
                missing = [name for name in wanted if name not in found]
                if missing:
                    found.update(self._ask(key, missing))
        return found

    def _ask(self, key: str, names: list[str]) -> Mapping[str, Secret]:
        try:
            if not self._is_checked:
                self._check_names()
            if key not in self._made:
                self._made[key] = self._make(key)
            provider = self._made[key]
            return provider.get_many(names) if provider is not None else {}
        except ProviderProblem as caught:
            problem = caught
        raise ProviderUnusable(key, problem)

    def _check_names(self) -> None:
        strangers = [key for key in self._choice.providers if key not in PROVIDERS]
        known = (*PROVIDERS, *(offered_names() if strangers else ()))
        for key in strangers:
            if key not in known:
                raise ProviderUnusable(key, _unknown_provider(key, known))
        for key in _set_up(self._choice):
            if key not in self._choice.providers:
                problem = ProviderProblem(
                    "it is set up, and `secrets.providers` does not name it",
                    f"write providers: [{', '.join((key, *self._choice.providers))}]",
                )
                raise ProviderUnusable(key, problem)
        self._is_checked = True

    def _make(self, key: str) -> SecretProvider | None:
        if make := PROVIDERS.get(key):
            return make(self._choice, self._process_env)
        settings = ProviderSettings(
            environment=self._choice.environment,
            folder=self._choice.folder,
            process_env=self._process_env,
            options=self._choice.options.get(key, {}),
        )
        return make_offered(key, settings)

    def close(self) -> None:
        """Close every provider that was made."""
        for provider in filter(None, self._made.values()):
            provider.close()
        self._made.clear()


def make_secret_source(choice: SecretsChoice, process_env: Mapping[str, str]) -> SecretChain:
    """Return the providers of *choice*; nothing is loaded or asked before a secret is needed."""
    return SecretChain(choice, process_env)


def _unknown_provider(name: str, known: Iterable[str]) -> ProviderProblem:
    origin = f"a package offers others as entry points of group {ENTRY_POINTS}"
    hint = "; ".join(filter(None, (name_hint(name, known, what="Providers"), origin)))
    return ProviderProblem("there is no such provider", hint)


def _set_up(choice: SecretsChoice) -> tuple[str, ...]:
    """Return the providers to which the environment says something."""
    own = {"dir": choice.dir, "keyring": choice.keyring}
    return (*(key for key, value in own.items() if value is not None), *choice.options)


def _shown_dir(choice: SecretsChoice) -> str:
    folder = choice.dir or DEFAULT_DIR
    return str(folder) if choice.dir is None else os.path.relpath(folder, choice.rootdir)
