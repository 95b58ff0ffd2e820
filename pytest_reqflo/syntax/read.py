"""Read the bytes of a file and make them text, within limits; each failure is a JourneyError."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from pytest_reqflo.diagnostic import Diagnostic, Label, label_at
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.reading import NotRegular, TooLarge, read_with_status
from pytest_reqflo.source import SourceText

MAX_SIZE_BYTES = 1024 * 1024
"""No larger file of YAML is read."""


def read_bytes(path: Path, shown: str, *, max_bytes: int, below: Path | None = None) -> bytes:
    """Return the content of the regular file *path*, shown to people as *shown*.

    Shape: with *below*, a real path, *path* is real too and must still be one when it is opened.
    Raises: JourneyError RF113 when there is none, RF114 when it cannot be read or is no regular
        file, RF102 when it is larger than *max_bytes*.
    """
    return read_file(path, shown, max_bytes=max_bytes, below=below)[0]


def read_file(
    path: Path, shown: str, *, max_bytes: int, below: Path | None = None
) -> tuple[bytes, os.stat_result]:
    """Return what `read_bytes` does, and the state of the file right before it was read.

    Raises: as `read_bytes`.
    """
    try:
        return read_with_status(path, max_bytes=max_bytes, below=below)
    except FileNotFoundError:
        refuse("RF113", f"`{shown}` does not exist")
    except NotRegular:
        refuse("RF114", f"`{shown}` is no regular file")
    except TooLarge:
        refuse("RF102", f"`{shown}` is larger than {max_bytes // 2**20} MiB")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        refuse("RF114", f"`{shown}` cannot be read: {reason}")


def decode_source(content: bytes, shown: str, *, code: str = "RF101") -> SourceText:
    """Return UTF-8 *content* as text without its byte order mark.

    Raises: JourneyError with *code*, at the first byte that is not UTF-8.
    """
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        refuse(code, f"`{shown}` is encoded as UTF-16", hint="save the file as UTF-8")
    try:
        return SourceText(shown, content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = SourceText(shown, content.decode("utf-8-sig", errors="replace"))
        head = content[: error.start]
        line = head.count(b"\n") + 1
        before = head[head.rfind(b"\n") + 1 :].decode("utf-8-sig", errors="replace")
        label = label_at(source, source.span(line, len(before) + 1))
        title = f"the file is not UTF-8: byte 0x{content[error.start]:02x} begins no character"
        refuse(code, title, label, hint="save the file as UTF-8")


def with_line_feeds(source: SourceText) -> SourceText:
    """Return *source* as YAML reads it: each line ends in a line feed alone."""
    text = source.text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return source if text == source.text else SourceText(source.file, text)


def refuse(code: str, title: str, *labels: Label, hint: str = "") -> NoReturn:
    """Raise the JourneyError that holds this one problem."""
    raise JourneyError(Diagnostic(code=code, title=title, labels=labels, hint=hint)) from None
