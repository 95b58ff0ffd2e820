"""Summaries and details to the one file: a constant frame, a script, a style, and data. Pure.

Whatever comes from servers, rows and names stands in blocks of JSON in which no tag can begin, and
the script puts it into text nodes. The policy of the page names the one script and the one style
that may act, and nothing that may be loaded.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from importlib.resources import files

from pytest_reqflo.values import Json

SHARED_PARTS = ("data", "elements", "json", "address", "facts", "evidence", "run", "keys")
"""What of the script shows a run, and what is around it; the page of a store is made of it too."""

_PARTS = (*SHARED_PARTS, "list", "overview", "journey", "start")
_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)

_FRAME = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="pytest-reqflo">
<title>Journeys</title>
<style>{style}</style>
</head>
<body>
<noscript>This report is shown by its script, and scripts are off.</noscript>
<div id="app"></div>
"""

_END = """\
<script>{script}</script>
</body>
</html>
"""


def render_html(index: Json, details: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the text of the page, piece by piece.

    Shape: *index* is what the list shows; *details* are the key of each run and its detail as text
        of JSON, which the browser reads when the run is opened.
    """
    script, style = script_text(), style_text()
    yield _FRAME.format(policy=_policy(script, style), style=style)
    for key, text in details:
        yield _block(key, text)
    yield _block("index", data_text(index))
    yield _END.format(script=script)


def data_text(value: Json) -> str:
    """Return *value* as JSON for `render_html`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _block(key: str, text: str) -> str:
    # Without this sign no tag, comment or end of the block can stand in the data.
    inert = text.replace("<", "\\u003c")
    return f'<script type="application/json" id="{key}">{inert}</script>\n'


def _policy(script: str, style: str) -> str:
    return "; ".join((
        "default-src 'none'",
        f"script-src '{hash_of(script)}'",
        f"style-src '{hash_of(style)}'",
        "base-uri 'none'",
        "form-action 'none'",
    ))  # fmt: skip


def hash_of(text: str) -> str:
    """Return how a policy names the script or style *text*."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@functools.cache
def script_text() -> str:
    """Return the one script of the page: its parts share one scope, without indentation."""
    return join_parts(map(part_text, _PARTS))


def join_parts(parts: Iterable[str]) -> str:
    """Return one script of *parts*."""
    text = _INDENTATION.sub("", "\n".join(parts))
    return f'"use strict";\n(() => {{\n{text}}})();\n'


def part_text(name: str) -> str:
    """Return the part *name* of the script."""
    return _asset(f"script/{name}.js")


@functools.cache
def style_text() -> str:
    """Return the one style of the page."""
    return _asset("page.css")


def _asset(name: str) -> str:
    return files("pytest_reqflo.report.html").joinpath(name).read_text(encoding="utf-8")
