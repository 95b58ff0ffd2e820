"""Secrets from the keyring of the operating system; needs the extra ``[keyring]``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pytest_reqflo.engine.secrets.provider import ProviderProblem
from pytest_reqflo.secret import Secret

DEFAULT_SERVICE = "reqflo"


class KeyringSecrets:
    """Finds a secret as the password of the user of its name, in one service of the keyring."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.name = f"keyring service `{service}`"

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that the keyring has a password for, and not an empty one.

        Raises: ProviderProblem when the extra is not installed or the keyring cannot be read.
        """
        try:
            import keyring
        except ImportError:
            message = "the package `keyring` is not installed"
            hint = 'install it: pip install "pytest-reqflo[keyring]"'
            raise ProviderProblem(message, hint) from None
        problem: ProviderProblem
        try:
            found = {name: keyring.get_password(self._service, name) for name in names}
        except Exception as error:  # noqa: BLE001  # each backend has its own
            problem = ProviderProblem(f"the keyring raised {type(error).__name__}")
        else:
            return {name: Secret(name, text) for name, text in found.items() if text}
        raise problem

    def close(self) -> None:
        """Hold nothing."""
