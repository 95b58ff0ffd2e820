"""Secrets from a program, such as the command line of a password manager; never through a shell.

The argument vector stands in the configuration of pytest: no journey and no environment can choose
what is run.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

from pytest_reqflo.engine.secrets.dir import MAX_BYTES, without_newline
from pytest_reqflo.engine.secrets.provider import ProviderProblem
from pytest_reqflo.secret import Secret, find_name_fault, is_own_setting

SETTING = "reqflo_secret_command"
PLACEHOLDER = "{name}"
TIMEOUT_S = 30.0

_EXAMPLE = f"{SETTING} = pass show {PLACEHOLDER}"


class CommandSecrets:
    """Finds a secret in what a program prints when it is given the secret's name."""

    def __init__(
        self,
        argv: tuple[str, ...],
        *,
        folder: Path,
        process_env: Mapping[str, str],
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._argv = argv
        self._folder = folder
        self._process_env = process_env
        self._timeout_s = timeout_s
        self._known: dict[str, str] = {}
        self._codes: set[int] = set()

    @property
    def name(self) -> str:
        """The program, and the exit codes of calls that found nothing."""
        program = os.path.basename(self._argv[0]) if self._argv else ""
        codes = ", ".join(map(str, sorted(self._codes)))
        return f"command `{program}`" + (f" (exit code {codes})" if codes else "")

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* for which the program exits with 0 and prints something.

        Each name is asked for once in a process.
        Raises: ProviderProblem when it cannot be run, takes too long or prints what is no secret.
        """
        self._check_setting()
        usable = [name for name in names if not find_name_fault(name)]
        for name in usable:
            if name not in self._known:
                self._known[name] = self._ask(name)
        return {name: Secret(name, self._known[name]) for name in usable if self._known[name]}

    def close(self) -> None:
        """Forget what was read."""
        self._known.clear()

    def _check_setting(self) -> None:
        if not self._argv:
            raise ProviderProblem(f"the setting {SETTING} is empty", f"write {_EXAMPLE}")
        if not any(PLACEHOLDER in argument for argument in self._argv[1:]):
            message = f"the setting {SETTING} has no `{PLACEHOLDER}` in its arguments"
            raise ProviderProblem(message, f"write {_EXAMPLE}")

    def _ask(self, name: str) -> str:
        """Return what the program prints for *name*, empty when it exits with another code than 0."""
        program, *arguments = self._argv
        argv = [program, *(argument.replace(PLACEHOLDER, name) for argument in arguments)]
        process = self._start(argv)
        deadline_s = time.monotonic() + self._timeout_s
        with _ended(process):
            content = self._read(process, name, deadline_s)
            try:
                code = process.wait(max(0.0, deadline_s - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise self._too_slow(name) from None
        if code != 0:
            self._codes.add(code)
            return ""
        return self._decode(content, name)

    def _start(self, argv: list[str]) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(  # noqa: S603  # no shell, and the vector is pytest's setting
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self._folder,
                env={
                    key: text for key, text in self._process_env.items() if not is_own_setting(key)
                },
                # All that it starts can be ended with it.
                process_group=0,
            )
        except (OSError, ValueError) as error:  # ValueError: NUL in an argument
            why = getattr(error, "strerror", None) or "it is no usable argument vector"
            message = f"`{os.path.basename(argv[0])}` cannot be run: {why}"
            raise ProviderProblem(message, f"see the setting {SETTING}") from None

    def _read(self, process: subprocess.Popen[bytes], name: str, deadline_s: float) -> bytes:
        pipe = process.stdout
        assert pipe is not None  # noqa: S101  # it was asked for
        content = b""
        while piece := self._read_piece(pipe, name, deadline_s):
            content += piece
            if len(content) > MAX_BYTES:
                raise self._problem(name, f"prints more than {MAX_BYTES // 1024} KiB")
        return content

    def _read_piece(self, pipe: IO[bytes], name: str, deadline_s: float) -> bytes:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            if not selector.select(max(0.0, deadline_s - time.monotonic())):
                raise self._too_slow(name)
        return os.read(pipe.fileno(), MAX_BYTES)

    def _decode(self, content: bytes, name: str) -> str:
        try:
            return without_newline(content.decode("utf-8"))
        except UnicodeDecodeError:
            # The error quotes the bytes, and would be the context of another raised here.
            pass
        raise self._problem(name, "prints what is not UTF-8")

    def _too_slow(self, name: str) -> ProviderProblem:
        return self._problem(name, f"does not end within {self._timeout_s:g} s")

    def _problem(self, name: str, what: str) -> ProviderProblem:
        return ProviderProblem(f"`{os.path.basename(self._argv[0])}` {what} for `{name}`")


@contextlib.contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Close the pipe at the end; where something goes wrong, end the program and what it started."""
    with process:
        try:
            yield
        except BaseException:
            # It was not waited for, so that its number is still its own.
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()  # a program may have left its group
            raise
