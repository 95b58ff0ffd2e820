"""Where the master key comes from: REQFLO_MASTER_KEY, else a private file of the person running.

    <config folder>/reqflo/master.key   mode 0600, in a folder of mode 0700

The file holds what the variable would hold. It never lies in a store, next to what it opens.
"""

from __future__ import annotations

import base64
import binascii
import errno
import os
import re
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.engine.durable.sealing import MASTER_KEY_BYTES, Keyring
from pytest_reqflo.errors import UsageProblem

VARIABLE = "REQFLO_MASTER_KEY"

_MAX_FILE_BYTES = 64 * 1024
_STORE_FOLDER = ".reqflo"
_HEX = re.compile(r"[0-9a-fA-F]{64}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{43}=?")


def new_master_key() -> str:
    """Return a fresh random master key as REQFLO_MASTER_KEY takes it: 64 hex digits."""
    return secrets.token_hex(MASTER_KEY_BYTES)


def parse_master_keys(text: str, *, where: str = VARIABLE) -> tuple[bytes, ...]:
    """Return the master keys that *text* holds, separated by commas; the first is active.

    Shape: each has exactly 32 bytes, as hex, base64 or base64url.
    Raises: UsageProblem (RF801) that says which key of *where* is unusable, and quotes nothing.
    """
    parts = text.split(",")
    keys = tuple(_parse_key(part.strip()) for part in parts)
    if None in keys:
        which = f"key {keys.index(None) + 1} of {len(keys)}"
        _refuse(
            f"{where}: {which} is not {MASTER_KEY_BYTES} bytes as hex, base64 or base64url",
            "separate several keys by commas, the active one first",
        )
    return tuple(key for key in keys if key is not None)


def load_keyring(
    variables: Mapping[str, str], config_folder: Path | None = None, *, create: bool
) -> Keyring:
    """Return the keyring of REQFLO_MASTER_KEY if that is set, else of the master key file.

    Shape: *config_folder* is XDG_CONFIG_HOME or ``~/.config`` unless given. With *create*, a file
        that is not there is made with a fresh key; of several creators one wins, for all.
    Raises: UsageProblem (RF801) when there is no key, one is unusable, or the file is not private.
    """
    found = find_keyring(variables, config_folder)
    if found is None and create:
        _write_new_key(_key_path(variables, config_folder))
        found = find_keyring(variables, config_folder)
    if found is None:
        path = _key_path(variables, config_folder)
        title = f"there is no master key: {VARIABLE} is not set and `{path}` does not exist"
        _refuse(title, f"set {VARIABLE} to the key that the records were made with")
    return found


def find_keyring(variables: Mapping[str, str], config_folder: Path | None = None) -> Keyring | None:
    """Return the keyring as `load_keyring` does, None when there is no key.

    Raises: UsageProblem (RF801) when a key is unusable, or the file is not private.
    """
    text = variables.get(VARIABLE, "").strip()
    if text:
        return Keyring(*parse_master_keys(text))
    path = _key_path(variables, config_folder)
    content = _find_file_text(path)
    return None if content is None else Keyring(*parse_master_keys(content, where=f"`{path}`"))


def _parse_key(text: str) -> bytes | None:
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    if not _BASE64.fullmatch(text):
        return None
    plain = text.rstrip("=").translate(str.maketrans("-_", "+/"))
    key = base64.b64decode(plain + "=")
    # The last character has room for bits that mean nothing; a slip there must not pass.
    return key if binascii.b2a_base64(key, newline=False).rstrip(b"=") == plain.encode() else None


def _key_path(variables: Mapping[str, str], config_folder: Path | None) -> Path:
    folder = config_folder or _default_config_folder(variables)
    path = folder.absolute() / "reqflo" / "master.key"
    if _STORE_FOLDER in {*path.parts, *os.path.realpath(path.parent).split(os.sep)}:
        title = f"the master key must not lie in a store: `{path}`"
        _refuse(title, f"set {VARIABLE}, or XDG_CONFIG_HOME to another folder")
    return path


def _default_config_folder(variables: Mapping[str, str]) -> Path:
    named = Path(variables.get("XDG_CONFIG_HOME", ""))
    if named.is_absolute():  # a relative one is to be ignored (XDG Base Directory Specification)
        return named
    try:
        return Path("~/.config").expanduser()
    except RuntimeError:  # a container whose user has neither HOME nor an entry in passwd
        _refuse("there is no home folder to keep a master key in", f"set {VARIABLE}")


def _find_file_text(path: Path) -> str | None:
    """Return what the key file holds, None when there is none. Raises: UsageProblem."""
    try:
        # Neither a symlink nor a pipe without a writer may lead or hold us.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            _refuse(f"`{path}` is a symbolic link", "put the file itself there")
        _refuse(f"`{path}` cannot be read: {error.strerror}", f"set {VARIABLE}")
    try:
        _check_private(path, os.fstat(descriptor))
        return os.read(descriptor, _MAX_FILE_BYTES).decode("utf-8", errors="replace").strip()
    finally:
        os.close(descriptor)


def _check_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        _refuse(f"`{path}` is not a regular file", "put the file itself there")
    if status.st_uid != os.geteuid():
        _refuse(f"`{path}` belongs to another user", f"chown it, or set {VARIABLE}")
    if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        _refuse(f"`{path}` is open to group or others", f"chmod 600 {path}")


def _write_new_key(path: Path) -> None:
    """Write a fresh key to *path* unless another creator was first. Raises: UsageProblem."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(new_master_key() + "\n")
                file.flush()
                os.fsync(descriptor)
            # It appears whole or not at all: whoever loses the race must not read half a key.
            os.link(aside, path)
        finally:
            aside.unlink(missing_ok=True)
    except FileExistsError:
        return
    except OSError as error:
        _refuse(f"no master key can be written to `{path}`: {error.strerror}", f"set {VARIABLE}")


def _refuse(title: str, hint: str) -> NoReturn:
    raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint)) from None
