"""Bytes and JSON to the standard output. Writes, nothing else."""

from __future__ import annotations

import json
import sys

from pytest_reqflo.values import Json, printable


def write_bytes(content: bytes) -> None:
    """Write *content* as it is, where the standard output takes bytes."""
    sys.stdout.flush()
    if hasattr(sys.stdout, "buffer"):
        sys.stdout.buffer.write(content)
    else:
        sys.stdout.write(content.decode(errors="surrogatepass"))


def json_line(value: Json) -> str:
    """Return *value* as one line of JSON that no terminal can be steered with."""
    return printable(json.dumps(value, ensure_ascii=False))


def json_block(value: Json) -> list[str]:
    """Return *value* as indented JSON, line by line."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    return [printable(line) for line in text.split("\n")]
