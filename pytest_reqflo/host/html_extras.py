"""pytest-html: the failure page, what was sent and received, and where the evidence lies.

Loaded only where that plugin writes a page.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from pytest_html import extras

from pytest_reqflo.host.hiding import Hiding
from pytest_reqflo.host.item import JourneyNode
from pytest_reqflo.report.safe import to_report
from pytest_reqflo.report.section import render_exchanges

if TYPE_CHECKING:
    from pytest_reqflo.host.verdict import Verdict


_LONGEST_NAME = 200
"""Bytes of a node id that the name of a file can be made from."""


class HtmlExtras:
    """Adds to the reports of journeys that failed; texts and addresses only, never markup."""

    def __init__(self, config: pytest.Config, hiding: Hiding) -> None:
        self._rootdir = config.rootpath
        self._page = config.invocation_params.dir / config.getoption("htmlpath")
        self._hiding = hiding

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Append, as the last one: other plugins replace the list."""
        # Our own wrapper is the innermost one, and forgets the run.
        verdict = None
        if isinstance(item, JourneyNode) and call.when == "call" and _can_name_file(item.nodeid):
            verdict = item.verdict
        report = yield
        if verdict is not None and verdict.failure is not None:
            added = list(self._extras_of(verdict, verdict.failure.text))
            report.extras = [*getattr(report, "extras", ()), *added]  # type: ignore[attr-defined]
        return report

    def _extras_of(self, verdict: Verdict, page: str) -> Iterator[dict[str, Any]]:
        yield extras.text(self._text(page), name="failure")
        if exchanges := render_exchanges(verdict.result):
            yield extras.text(self._text(exchanges), name="exchanges")
        evidence = verdict.result.extra.get("evidence")
        if isinstance(evidence, str):
            yield extras.url(self._address_of(evidence), name="evidence")

    def _text(self, text: str) -> str:
        shown: str = to_report(self._hiding.failure_text(text))
        return shown

    def _address_of(self, evidence: str) -> str:
        """Return the way from the page to *evidence*, a path below the rootdir."""
        way = os.path.relpath(self._rootdir / evidence, Path(self._page).parent)
        return quote(Path(way).as_posix().encode("utf-8", "surrogateescape"))


def _can_name_file(nodeid: str) -> bool:
    r"""Say whether pytest-html can name a file after a test: it reads ``\x`` and takes any length."""
    size = len(nodeid.encode("utf-8", "surrogatepass").decode("latin-1").encode())
    return "\\" not in nodeid and size <= _LONGEST_NAME
