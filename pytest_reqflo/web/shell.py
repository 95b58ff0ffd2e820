"""The one document of the page: the script and style of the file, and those that ask the server. Pure."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files

from pytest_reqflo.report.html.page import asset, hash_of

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
<style>{more_style}</style>
</head>
<body>
<noscript>This page is shown by its script, and scripts are off.</noscript>
<div id="app"></div>
<script>{more_script}</script>
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
    script, style = asset("page.js"), asset("page.css")
    more_script, more_style = _own("ui.js"), _own("ui.css")
    html = _FRAME.format(script=script, style=style, more_script=more_script, more_style=more_style)
    policy = "; ".join((
        "default-src 'none'",
        f"script-src '{hash_of(more_script)}' '{hash_of(script)}'",
        f"style-src '{hash_of(style)}' '{hash_of(more_style)}'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    ))  # fmt: skip
    return Shell(html, policy)


def _own(name: str) -> str:
    return files("pytest_reqflo.web").joinpath(name).read_text(encoding="utf-8")
