"""What of an HTML page could run or load: the elements and attributes that a browser acts on."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: Counter[str] = Counter()
        self.blob = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in (
            "script",
            "img",
            "svg",
            "iframe",
            "object",
            "embed",
            "link",
            "style",
            "base",
            "form",
            "meta",
            "video",
        ):
            self.found[tag] += 1
        for name, value in attrs:
            if name.startswith("on"):
                self.found[f"@{name}"] += 1
            if name in ("href", "src") and re.match(
                r"\s*(javascript|data|https?):", value or "", re.IGNORECASE
            ):
                self.found[f"@{name}"] += 1
            if name == "data-jsonblob":
                self.blob = value or ""


def live_parts(page: str) -> Counter[str]:
    """Return how often each such part stands in *page*, what its script will insert included."""
    finder = _Finder()
    finder.feed(page)
    finder.close()
    for text in _inserted(json.loads(finder.blob or "{}")):
        inner = _Finder()
        inner.feed(text)
        inner.close()
        finder.found += inner.found
    return finder.found


def _inserted(value: Any) -> Iterator[str]:
    """Yield each text of the page's data: pytest-html inserts most of them as markup."""
    if isinstance(value, dict):
        for item in value.values():
            yield from _inserted(item)
    elif isinstance(value, list):
        for item in value:
            yield from _inserted(item)
    elif isinstance(value, str):
        yield value


def shown_texts(page: str) -> str:
    """Return *page* with its escapes undone, to look for what it shows."""
    return html.unescape(html.unescape(page))
