"""The one document of the page: parts of the script of the file, and those that ask the server. Pure."""

from __future__ import annotations

import functools
from importlib.resources import files

from pytest_reqflo.frozen import dataclass
from pytest_reqflo.report.html.page import (
    SHARED_PARTS,
    hash_of,
    join_parts,
    part_text,
    style_text,
)

_PARTS = ("asking", "runs", "plots", "pages", "opening")

_FRAME = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>Journeys</title>
<style>{style}</style>
</head>
<body>
<noscript>This page is shown by its script, and scripts are off.</noscript>
<div id="app"></div>
<script>{script}</script>
</body>
</html>
"""

REFUSAL_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The policy of an answer that is no page."""


@dataclass(frozen=True, slots=True)
class Shell:
    """The document, and the policy that names what in it may act."""

    html: str
    policy: str


@functools.cache
def render_shell() -> Shell:
    """Return the document, which holds no data, and its policy."""
    script = join_parts((*map(part_text, SHARED_PARTS), *map(_part_text, _PARTS)))
    style = f"{style_text()}\n{_text('ui.css')}"
    policy = "; ".join((
        "default-src 'none'",
        f"script-src '{hash_of(script)}'",
        f"style-src '{hash_of(style)}'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ))  # fmt: skip
    return Shell(_FRAME.format(script=script, style=style), policy)


def _part_text(name: str) -> str:
    return _text(f"script/{name}.js")


def _text(name: str) -> str:
    return files("pytest_reqflo.web").joinpath(name).read_text(encoding="utf-8")
