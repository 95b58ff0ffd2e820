"""Providers that other packages offer: found by name, loaded when asked, and not trusted to behave.

Whatever such a provider raises may hold a value: only its type is ever shown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import TypeVar

from pytest_reqflo.engine.secrets.provider import (
    ENTRY_POINTS,
    ProviderProblem,
    ProviderSettings,
    SecretProvider,
)
from pytest_reqflo.secret import Secret

T = TypeVar("T")


def offered_names() -> tuple[str, ...]:
    """Return the names of the providers that installed packages offer; nothing of them is loaded."""
    return tuple(sorted({point.name for point in entry_points(group=ENTRY_POINTS)}))


def make_offered(name: str, settings: ProviderSettings) -> SecretProvider:
    """Return the provider that a package offers as *name*. Raises: ProviderProblem."""
    points = tuple(entry_points(group=ENTRY_POINTS, name=name))
    if len({point.value for point in points}) > 1:
        owners = ", ".join(sorted({point.dist.name for point in points if point.dist}))
        raise ProviderProblem(f"several packages offer it: {owners}", "uninstall all but one")
    return OfferedSecrets(name, _make(points[0], settings))


def _make(point: EntryPoint, settings: ProviderSettings) -> SecretProvider:
    problem: ProviderProblem
    try:
        made: SecretProvider = point.load()(settings)
    except (Exception, SystemExit) as error:  # noqa: BLE001  # it is code of others
        problem = ProviderProblem(f"it raised {type(error).__name__} when it was made")
    else:
        return made
    raise problem


class OfferedSecrets:
    """A provider of another package, held to the protocol."""

    def __init__(self, name: str, provider: SecretProvider) -> None:
        self._name = name
        self._provider = provider

    @property
    def name(self) -> str:
        """What it calls itself, else the name that the environment gives it."""
        with contextlib.suppress(Exception):
            if isinstance(self._provider.name, str):
                return self._provider.name
        return f"provider `{self._name}`"

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that it finds. Raises: ProviderProblem when it misbehaves."""
        wanted = tuple(names)
        problem: ProviderProblem
        try:
            found = dict(self._provider.get_many(wanted))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # it is code of others
            problem = ProviderProblem(f"it raised {type(error).__name__} when it was asked")
        else:
            _check_found(found, wanted)
            return found
        raise problem

    def close(self) -> None:
        """Close it; at the end there is nobody left to tell of a failure."""
        with contextlib.suppress(Exception):
            self._provider.close()


def _check_found(found: Mapping[str, object], wanted: tuple[str, ...]) -> None:
    # Neither a key nor a type name of its own is quoted: both may hold what was looked up.
    if not set(found) <= set(wanted):
        raise ProviderProblem("it returned names that it was not asked for")
    for name, secret in found.items():
        if not isinstance(secret, Secret) or secret.name != name:
            raise ProviderProblem(f"it returned no `Secret` of this name for `{name}`")
