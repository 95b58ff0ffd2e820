"""Secrets are written, replaced, deleted and sealed anew; nothing here gives one back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pytest_reqflo.diagnostic import Diagnostic, name_hint
from pytest_reqflo.engine.durable.sealing import Keyring, SealProblem
from pytest_reqflo.engine.durable.secret_rows import SealedSecret, SecretRow, SecretRows, Source
from pytest_reqflo.errors import EngineError
from pytest_reqflo.evidence.encodings import SHORTEST, is_hideable
from pytest_reqflo.plan.environments import find_origin
from pytest_reqflo.secret import Secret, find_name_fault


class SecretKeeper:
    """Writes the secrets of one database with the keys at hand."""

    def __init__(self, rows: SecretRows, keyring: Keyring) -> None:
        self._rows = rows
        self._keyring = keyring

    def set(self, secret: Secret, environment: str, origins: Iterable[str]) -> SecretRow:
        """Write a secret, new or in place of the one of its name.

        Raises: EngineError RF621 for a name, a value or an origin that no run could use.
        """
        if not is_hideable(secret.reveal()):
            title = f"the value for `{secret.name}` is too short or too common to be hidden"
            raise _refused(title, f"a secret needs {SHORTEST} characters")
        return self._write(secret, environment, "table", _checked_origins(origins))

    def bind(self, name: str, environment: str, origins: Iterable[str]) -> SecretRow:
        """Let a secret come from the providers that a worker is configured with. Raises: as `set`."""
        return self._write(Secret(name, ""), environment, "worker", _checked_origins(origins))

    def rotate(self, secret: Secret, environment: str) -> SecretRow:
        """Give a secret another value, for the same origins.

        Raises: EngineError RF621 when there is none.
        """
        return self.set(secret, environment, find_row(self._rows, environment, secret.name).origins)

    def rekey(self) -> tuple[SecretRow, ...]:
        """Seal all that is sealed with another key with the active one; return what was.

        Raises: EngineError RF614 when one cannot be read: before anything is written.
        """
        environments = dict.fromkeys(row.environment for row in self._rows.list())
        found = [each for name in environments for each in self._rows.find_sealed(name)]
        stale = [each for each in found if each.row.key_id != self._keyring.active_id]
        opened = [(each.row, unseal_secret(each, self._keyring)) for each in stale]
        return tuple(
            self._write(secret, row.environment, row.source, row.origins) for row, secret in opened
        )

    def _write(
        self, secret: Secret, environment: str, source: Source, origins: tuple[str, ...]
    ) -> SecretRow:
        if fault := find_name_fault(secret.name):
            raise _refused("this cannot be the name of a secret", fault)
        row = SecretRow(
            environment=environment,
            name=secret.name,
            version=self._rows.next_version(environment, secret.name),
            source=source,
            origins=origins,
            key_id=self._keyring.active_id,
        )
        plain = secret.reveal().encode("utf-8", errors="surrogatepass")
        sealed = self._keyring.seal(plain, purpose="secrets", context=row.context)
        if not self._rows.add(row, sealed):
            raise _refused(
                f"somebody else just wrote the secret `{secret.name}`", "look, then retry"
            )
        return row


def delete_secret(rows: SecretRows, environment: str, name: str) -> SecretRow:
    """Write that a secret is no more; needs no key. Raises: EngineError RF621 when there is none."""
    row = find_row(rows, environment, name)
    gone = replace(row, version=row.version + 1, source="deleted", key_id="")
    if not rows.add(gone, ""):
        raise _refused(f"somebody else just wrote the secret `{name}`", "look, then retry")
    return gone


def find_row(rows: SecretRows, environment: str, name: str) -> SecretRow:
    """Return the newest version of a secret. Raises: EngineError RF621 when there is none."""
    found = rows.find(environment, name)
    if found is None:
        known = [row.name for row in rows.list(environment)]
        title = f"there is no secret `{name}` for environment `{environment}`"
        hint = (
            name_hint(name, known, what="Secrets") if known else "`reqflo secrets set` writes one"
        )
        raise _refused(title, hint)
    return found


def unseal_secret(found: SealedSecret, keyring: Keyring) -> Secret:
    """Return the secret of a row, bound to its origins. Raises: EngineError RF614."""
    row = found.row
    try:
        plain = keyring.unseal(found.sealed, purpose="secrets", context=row.context)
    except SealProblem as problem:
        title = (
            f"the secret `{row.name}` of environment `{row.environment}` cannot be read: {problem}"
        )
        hint = "REQFLO_MASTER_KEY takes several keys, separated by commas, the active one first"
        raise EngineError(Diagnostic(code="RF614", title=title, hint=hint)) from None
    return Secret(row.name, plain.decode("utf-8", errors="surrogatepass"), frozenset(row.origins))


def _checked_origins(texts: Iterable[str]) -> tuple[str, ...]:
    origins = {text: find_origin(text) for text in texts}
    for text, origin in origins.items():
        if origin is None:
            raise _refused(f"`{text}` is no origin", "write https://api.example.com")
    return tuple(sorted(set(filter(None, origins.values()))))


def _refused(title: str, hint: str) -> EngineError:
    return EngineError(Diagnostic(code="RF621", title=title, hint=hint))
