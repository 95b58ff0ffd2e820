"""Random secrets of one test run, and the search for anything that is left of them.

Every canary holds the run's tag at its beginning, at its end and in each of its parts, so that one
short text finds the whole, a head, a tail, a line, a leaf. The tag is nothing but letters, which
most encodings leave as they are; what they do to it otherwise is written down here once more, and
shares nothing with the code that is tested.
"""

from __future__ import annotations

import base64
import html
import io
import json
import re
import secrets
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

# No vowels: no word of a report is such a text by chance. No letters of hexadecimal numbers.
_LETTERS = "ghjkmnpqrstvwxz"


@dataclass(frozen=True, slots=True)
class Canary:
    """A text that nothing may show; *source* says which provider or place has it."""

    name: str
    text: str
    source: str
    shape: str = "plain"


class Tag:
    """The text that all canaries of one run share."""

    def __init__(self) -> None:
        self.text = "".join(secrets.choice(_LETTERS) for _ in range(9))

    def make(self, shape: str) -> str:
        """Return a new secret of one of `SHAPES`."""
        return SHAPES[shape](self.text)


def _noise(length: int = 8) -> str:
    return secrets.token_hex(length)[:length]


def _plain(tag: str) -> str:
    return f"{tag}{_noise()}{tag}{_noise()}{tag}"


def _punctuated(tag: str) -> str:
    return f"{tag}&=/?+%{_noise()}{tag}\"'<> {_noise()}#;{tag}"


def _unicode(tag: str) -> str:
    return f"{tag}\\{_noise()}é漢{tag}\\n{_noise()}😀ß{tag}"


def _pem(tag: str) -> str:
    lines = [f"{tag}{_noise(20)}/+{_noise(20)}{tag}" for _ in range(3)]
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----\n"])


def _document(tag: str) -> str:
    def leaf() -> str:
        return f"{tag}{_noise()}{tag}"

    account = {"type": "account", "private_key": f"{leaf()}\n{leaf()}/é", "ids": [leaf(), 7]}
    return json.dumps({"client": account, "scope": f'"{leaf()}"'})


def _base64(tag: str) -> str:
    return f"{tag}{_noise(5)}/+{tag}{_noise(2)}+/{tag}=="


SHAPES: dict[str, Callable[[str], str]] = {
    "PLAIN": _plain,
    "PUNCTUATED": _punctuated,
    "UNICODE": _unicode,
    "PEM": _pem,
    "DOCUMENT": _document,
    "BASE64": _base64,
}


# --- the search ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leak:
    """A place where something of a canary stands; *how* says what had to be undone to see it."""

    place: str
    how: str
    excerpt: str
    name: str = ""


def find_leaks(tag: Tag, folder: Path, *, leave_out: Iterable[str] = ()) -> list[Leak]:
    """Return what every file below *folder* shows of the canaries, one leak per file and spelling.

    Shape: *leave_out* are paths relative to *folder*, of files or of folders.
    """
    left_out = [folder / name for name in leave_out]
    leaks = []
    for path in sorted(folder.rglob("*")):
        if any(path == each or each in path.parents for each in left_out):
            continue
        shown = str(path.relative_to(folder))
        leaks += [Leak(shown, "file name", shown)] if tag.text in shown.lower() else []
        if path.is_file() and not path.is_symlink():
            leaks += find_in_bytes(tag, path.read_bytes(), shown)
    return leaks


def name_leaks(leaks: Iterable[Leak], canaries: Iterable[Canary]) -> list[Leak]:
    """Return *leaks* with the canary that each is of, where its text tells."""
    known = list(canaries)
    return [
        Leak(leak.place, leak.how, leak.excerpt, _name_of(leak.excerpt, known)) for leak in leaks
    ]


def _name_of(excerpt: str, canaries: Iterable[Canary]) -> str:
    for canary in canaries:
        if any(noise in excerpt.lower() for noise in re.findall("[0-9a-f]{8,}", canary.text)):
            return f"{canary.name} ({canary.source})"
    return ""


def find_in_bytes(tag: Tag, data: bytes, place: str = "") -> list[Leak]:
    """Return what *data* shows of the canaries."""
    found: dict[str, Leak] = {}
    for how, view in _views(data):
        for spelling, excerpt in _spelled(tag.text, view):
            found.setdefault(spelling, Leak(place, f"{spelling} {how}".strip(), excerpt))
    return list(found.values())


def _spelled(tag: str, view: str) -> Iterator[tuple[str, str]]:
    folded = view.lower()
    for spelling, needle in (("raw", tag), ("hex", tag.encode().hex())):
        if (at := folded.find(needle)) >= 0:
            yield spelling, _excerpt(view, at)
    for shift, needle in enumerate(_base64_cores(tag)):
        if (at := view.find(needle)) >= 0:
            yield f"base64 at {shift}", _excerpt(view, at)


def _excerpt(view: str, at: int) -> str:
    return view[max(0, at - 120) : at + 160]


def _base64_cores(tag: str) -> list[str]:
    """Return the characters that base64 gives the tag whatever stands around it."""
    cores = []
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + tag.encode()).decode()
        first = -(-shift * 8 // 6)
        cores.append(encoded[first : (shift + len(tag)) * 8 // 6])
    return cores


def _views(data: bytes, depth: int = 2) -> Iterator[tuple[str, str]]:
    """Yield *data* as text, and every way of undoing what an encoder may have done to it."""
    text = data.decode("utf-8", "surrogateescape")
    yield "", text
    if b"\0" in data:
        yield "without NUL", text.replace("\0", "")
    once = _unescaped(text)
    if once != text:
        yield "unescaped", once
        twice = _unescaped(once)
        if twice != once:
            yield "unescaped twice", twice
    yield from _unpacked(data, depth)
    if depth:
        for run in _decoded_runs(once):
            for how, view in _views(run, depth - 1):
                yield f"in base64 {how}".strip(), view


def _unpacked(data: bytes, depth: int) -> Iterator[tuple[str, str]]:
    if depth == 0:
        return
    if data[:2] == b"\x1f\x8b":
        # What is cut off is still read as far as it goes.
        inner = [zlib.decompressobj(31).decompress(data)]
    elif data[:4] == b"PK\x03\x04":
        archive = zipfile.ZipFile(io.BytesIO(data))
        inner = [archive.read(name) for name in archive.namelist()]
    else:
        return
    for content in inner:
        for how, view in _views(content, depth - 1):
            yield f"packed {how}".strip(), view


_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(["\\/])|([nrt]))')
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")


def _unescaped(text: str) -> str:
    """Undo one level of escapes of JSON and Python, of HTML and XML, and of URLs."""
    if "\\" in text:
        text = _ESCAPE.sub(_character, text)
    if "&" in text:
        text = html.unescape(text)
    if "%" in text:
        text = _PERCENT.sub(_percent_text, text)
    return text


def _character(match: re.Match[str]) -> str:
    number = match[1] or match[2]
    if number:
        return chr(int(number, 16))
    return match[3] or {"n": "\n", "r": "\r", "t": "\t"}[match[4]]


def _percent_text(match: re.Match[str]) -> str:
    return unquote_to_bytes(match.group()).decode("utf-8", "surrogateescape")


_RUN = re.compile(r"[A-Za-z0-9+/]{24,}|[A-Za-z0-9_-]{24,}")


def _decoded_runs(text: str) -> Iterator[bytes]:
    """Yield what long runs of base64 hold; equal runs once."""
    for run in set(_RUN.findall(text)):
        # Neither a digest nor one repeated character holds anything.
        if len(set(run)) < 8 or re.fullmatch("[0-9a-f]+", run):
            continue
        usable = run.replace("-", "+").replace("_", "/")
        # What stands before it may be letters too: where the run begins is not known.
        for start in range(4):
            content = base64.b64decode(usable[start : start + (len(usable) - start) // 4 * 4])
            # The tag itself is found by its alignments: only further encodings are of interest.
            if content[:2] == b"\x1f\x8b" or b"\0" in content or _PRINTABLE.fullmatch(content):
                yield content


_PRINTABLE = re.compile(rb"[\x09\x0a\x0d\x20-\x7e]+.{0,3}", re.DOTALL)
