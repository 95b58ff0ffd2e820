"""Secrets from a folder with one file for each, as container platforms mount them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from pytest_reqflo.engine.secrets.provider import ProviderProblem
from pytest_reqflo.secret import Secret, find_name_fault

DEFAULT_DIR = Path("/run/secrets")
"""Where Docker mounts the secrets of a service."""

MAX_BYTES = 64 * 1024
"""More than any key or certificate chain needs."""


class DirSecrets:
    """Finds a secret in the file that has its name."""

    def __init__(self, folder: Path, *, shown: str = "") -> None:
        self._folder = folder
        self._shown = shown or str(folder)
        self.name = f"folder {self._shown}"

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that have a file which is not empty.

        Raises: ProviderProblem for a file that lies elsewhere, is none, is too large or no text.
        """
        found = ((name, self._read(name)) for name in names if not find_name_fault(name))
        return {name: Secret(name, text) for name, text in found if text}

    def close(self) -> None:
        """Hold nothing."""

    def _read(self, name: str) -> str:
        """Return the text of file *name* without its last newline, empty when there is none."""
        try:
            # Kubernetes mounts each file as a link into a folder beside it, which is legal here.
            folder = Path(os.path.realpath(self._folder))
            path = Path(os.path.realpath(folder / name))
            if not path.is_relative_to(folder):
                raise self._problem(name, "leads out of the folder")
            content = self._read_bytes(path, name)
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise self._problem(name, f"cannot be read: {error.strerror}") from None
        return self._decode(content, name)

    def _read_bytes(self, path: Path, name: str) -> bytes:
        # Nothing is a link by now; a pipe would wait for a writer.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise self._problem(name, "is no regular file")
            with open(handle, "rb", closefd=False) as file:
                content = file.read(MAX_BYTES + 1)
        finally:
            os.close(handle)
        if len(content) > MAX_BYTES:
            raise self._problem(name, f"is larger than {MAX_BYTES // 1024} KiB")
        return content

    def _decode(self, content: bytes, name: str) -> str:
        try:
            return without_newline(content.decode("utf-8"))
        except UnicodeDecodeError:
            # The error quotes the bytes, and would be the context of another raised here.
            pass
        raise self._problem(name, "is not UTF-8")

    def _problem(self, name: str, what: str) -> ProviderProblem:
        return ProviderProblem(f"file `{name}` in {self._shown} {what}")


def without_newline(text: str) -> str:
    """Return *text* without the one newline that editors and programs put at the end."""
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
