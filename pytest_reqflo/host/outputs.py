"""What is made of the results of a session, in the process that sees all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import pytest

from pytest_reqflo.host.options import Settings
from pytest_reqflo.host.result_file import write_results
from pytest_reqflo.values import Json


class Output(Protocol):
    """Takes each result of the session, and writes what it makes of them at the end.

    Shape: *path* is what a warning names when it cannot be written.
    """

    path: Path

    def add(self, name: str, document: Json) -> None:
        """Take the result of the test *name*, in its JSON form."""

    def write(self) -> None:
        """Write what was made of all results.

        Raises: OSError.
        """


class ResultFile:
    """The results as JSON, for `--reqflo-output`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._results: dict[str, Json] = {}

    def add(self, name: str, document: Json) -> None:
        """Take the result of the test *name*; of a rerun the last one counts."""
        self._results[name] = document

    def write(self) -> None:
        """Write the file.

        Raises: OSError.
        """
        write_results(self.path, self._results)


def open_outputs(config: pytest.Config, settings: Settings) -> tuple[Output, ...]:
    """Return the outputs that were asked for; none in a worker, which hands its results over."""
    if hasattr(config, "workerinput"):
        return ()
    return tuple(_outputs(config, settings))


def _outputs(config: pytest.Config, settings: Settings) -> Iterator[Output]:
    if settings.output is not None:
        yield ResultFile(settings.output)
    if settings.har is not None:
        from pytest_reqflo.host.har_file import HarFile

        yield HarFile(settings.har)
    if settings.html is not None:
        from pytest_reqflo.host.html_page import HtmlPage

        page = HtmlPage(config, settings.html)
        config.pluginmanager.register(page, "reqflo-html")
        yield page
