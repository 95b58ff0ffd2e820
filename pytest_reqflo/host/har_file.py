"""The file of requests and responses that `--reqflo-har` asks for."""

from __future__ import annotations

import json
from pathlib import Path

from pytest_reqflo.report.har import HarRun, render_log, render_run
from pytest_reqflo.result import result_from_json
from pytest_reqflo.run.headers import user_agent
from pytest_reqflo.values import Json
from pytest_reqflo.writing import replace_file


class HarFile:
    """Every exchange of the session in one file, readable by its owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._runs: dict[str, HarRun] = {}

    def add(self, name: str, document: Json) -> None:
        """Take the exchanges of the test *name*; of a rerun the last ones count."""
        self._runs[name] = render_run(result_from_json(document), name)

    def write(self) -> None:
        """Write the file. Raises: OSError."""
        version = user_agent().partition("/")[2] or "unknown"
        log = render_log(self._runs.values(), version=version)
        replace_file(self.path, [json.dumps(log)])
