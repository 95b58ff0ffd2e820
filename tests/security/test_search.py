"""The search that all of this relies on finds a canary however it is written down."""

from __future__ import annotations

import base64
import gzip
import html
import io
import json
import zipfile
from urllib.parse import quote, quote_plus

import pytest
from canaries import SHAPES, Tag, find_in_bytes, find_leaks

SPELLINGS = {
    "raw": str.encode,
    "json": lambda text: json.dumps(text).encode(),
    "json twice": lambda text: json.dumps(json.dumps({"a": text})).encode(),
    "repr": lambda text: repr(text).encode(),
    "bytes repr": lambda text: repr(text.encode()).encode(),
    "html": lambda text: html.escape(text).encode(),
    "xml numbers": lambda text: "".join(f"&#{ord(each)};" for each in text).encode(),
    "json numbers": lambda text: "".join(f"\\u{ord(each):04x}" for each in text if ord(each) < 65536).encode(),
    "percent": lambda text: quote(text, safe="").encode(),
    "form": lambda text: quote_plus(text).encode(),
    "percent twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "percent of everything": lambda text: "".join(f"%{each:02X}" for each in text.encode()).encode(),
    "hex": lambda text: text.encode().hex().encode(),
    "hex, upper case": lambda text: text.encode().hex().upper().encode(),
    "upper case": lambda text: text.upper().encode(),
    **{
        f"base64 at {shift}": lambda text, shift=shift: base64.b64encode(b"x" * shift + text.encode() + b"yy")
        for shift in range(3)
    },
    "base64url": lambda text: base64.urlsafe_b64encode(b"user:" + text.encode()),
    "base64 twice": lambda text: base64.b64encode(base64.b64encode(text.encode())),
    "base64 of utf-16": lambda text: base64.b64encode(text.encode("utf-16")),
    "base64 of hex": lambda text: base64.b64encode(text.encode().hex().encode()),
    "latin-1": lambda text: text.encode("latin-1", "replace"),
    "utf-16": lambda text: text.encode("utf-16"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "base64 of gzip": lambda text: base64.b64encode(gzip.compress(text.encode())),
    "head of 12": lambda text: text[:12].encode(),
    "tail of 12": lambda text: text.strip()[-12:].encode(),
}  # fmt: skip


# Some begin and end with what is no secret.
PAIRS = [
    (spelling, shape)
    for spelling in SPELLINGS
    for shape in SHAPES
    if not (spelling.endswith("of 12") and shape in ("PEM", "DOCUMENT"))
]


@pytest.mark.parametrize(("spelling", "shape"), PAIRS)
def test_every_spelling_of_every_shape_is_found(spelling, shape):
    tag = Tag()
    before, after = b'{"x": "<&>%41', b'\\u0041 [secret:NAME]"}\n'
    data = SPELLINGS[spelling](tag.make(shape))
    surrounded = data if "gzip" in spelling or "utf-16" in spelling else before + data + after

    assert find_in_bytes(tag, surrounded) != []
    assert find_in_bytes(Tag(), surrounded) == []


def test_the_whole_tree_is_searched_with_names_and_archives_but_not_what_is_left_out(tmp_path):
    tag = Tag()
    (tmp_path / "deep/er").mkdir(parents=True)
    (tmp_path / "deep/er/log").write_text(f"x{tag.make('PLAIN')}")
    (tmp_path / f"is-{tag.text}").write_text("")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("inner.json", json.dumps([tag.make("UNICODE")]))
    (tmp_path / "page.zip").write_bytes(archive.getvalue())
    for name in ("source/own.yaml", "own.env"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(tag.make("PLAIN"))

    leaks = find_leaks(tag, tmp_path, leave_out=["source", "own.env"])

    found = {(leak.place, leak.how.partition(" ")[0]) for leak in leaks}
    assert found == {
        ("deep/er/log", "raw"),
        (f"is-{tag.text}", "file"),
        ("page.zip", "raw"),
    }
