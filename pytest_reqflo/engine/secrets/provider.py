"""What a provider of secrets is, and what it is given: all that one who writes a provider needs.

A package offers a provider by an entry point of group ``reqflo.secrets``, whose object is a
`MakeProvider`. It is loaded by the first run that needs a secret which the providers before it in
the environment's list do not have; collection never loads it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Protocol, TypeAlias

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import Json

ENTRY_POINTS = "reqflo.secrets"
"""The group of entry points in which packages offer providers."""


class SecretProvider(Protocol):
    """One place where secrets are kept."""

    @property
    def name(self) -> str:
        """What a message calls it, such as ``vault at https://vault.example``; never a value."""

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that are found here, each as `Secret(name, text)`.

        Called once for each run of an item, by one thread at a time: keep what is slow to get. A
        name that is not here is left out. Whatever is raised ends the run, shown by its type only.
        """

    def close(self) -> None:
        """Give back what it holds; called once, when the tests are over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """What a provider is given when it is made.

    Shape: *environment* is the name of the environment and *folder* the folder of its file, from
        where paths in *options* count; *options* is what stands in that file under
        ``secrets.options.<provider>``; *process_env* are the variables of this process.
    """

    environment: str
    folder: Path
    process_env: Mapping[str, str] = field(repr=False)
    options: Mapping[str, Json] = field(default_factory=dict)


MakeProvider: TypeAlias = Callable[[ProviderSettings], SecretProvider]
"""What an entry point leads to: a class or a function that makes the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretsChoice:
    """Which providers an environment asks, in order, and what it says to each of them.

    Shape: *dotenv* None: there is no file; *command* is the argument vector of the pytest setting.
    """

    providers: tuple[str, ...] = ("env", "dotenv")
    environment: str = "default"
    folder: Path = Path()
    rootdir: Path = Path()
    dotenv: Path | None = None
    dir: Path | None = None
    keyring: str | None = None
    command: tuple[str, ...] = ()
    # A mapping has no hash; choices that are equal still have equal hashes.
    options: Mapping[str, Mapping[str, Json]] = field(default_factory=dict, hash=False)


class ProviderProblem(Exception):
    """One of our providers cannot be used: a sentence that holds no value, and a hint."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
