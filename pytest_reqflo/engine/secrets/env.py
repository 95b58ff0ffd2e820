"""Secrets from process variables of the same name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_reqflo.secret import Secret, is_own_setting


class EnvironmentSecrets:
    """Finds a secret in the process variable that has its name."""

    name = "environment variables"

    def __init__(self, process_env: Mapping[str, str]) -> None:
        self._process_env = process_env

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that are set and not empty."""
        return pick_secrets(names, self._process_env)

    def close(self) -> None:
        """Hold nothing."""


def pick_secrets(names: Iterable[str], values: Mapping[str, str]) -> Mapping[str, Secret]:
    """Return the secrets that *values* has under *names*; our own settings never."""
    return {
        name: Secret(name, values[name])
        for name in names
        if values.get(name) and not is_own_setting(name)
    }
