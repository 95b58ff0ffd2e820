"""A project whose journeys are run by workers, the workers, and pytest processes that only wait."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from pathlib import Path

from cloud import CloudDatabase
from waiting import until

_COMMAND = "from pytest_reqflo.cli.main import main; raise SystemExit(main())"


class CloudProject:
    """Files of a project, and the commands run in it, each with the role of a client and no key."""

    def __init__(self, path: Path, cloud: CloudDatabase, environment: str = "") -> None:
        self.path = path
        self.cloud = cloud
        self.variables = {
            **{name: text for name, text in os.environ.items() if not name.startswith("REQFLO_")},
            "REQFLO_DATABASE_URL": cloud.url_of("client"),
            "XDG_CONFIG_HOME": str(path / "config"),
            "COLUMNS": "150",
            # What else is installed takes longer to load than most of these runs.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **({"REQFLO_ENV": environment} if environment else {}),
        }
        self.write(
            "pytest.ini", "[pytest]\naddopts = -p reqflo -p xdist.plugin -p no:cacheprovider\n"
        )

    def write(self, name: str, text: str) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @contextlib.contextmanager
    def start(self, *arguments: str, **variables: str) -> Iterator[subprocess.Popen[str]]:
        """Start pytest as a client; it is killed at the end of the block, if not over before."""
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", "--reqflo-cloud", *arguments],
            cwd=self.path, env={**self.variables, **variables}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()

    def pytest(self, *arguments: str, **variables: str) -> tuple[int, str]:
        with self.start(*arguments, **variables) as process:
            out, _ = process.communicate(timeout=100)
            return process.returncode, out

    def reqflo(
        self, *arguments: str, login: str = "client", given: str = "", **variables: str
    ) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-c", _COMMAND, *arguments],
            cwd=self.path, text=True, input=given, capture_output=True, timeout=100, check=False,
            env={**self.variables, "REQFLO_DATABASE_URL": self.cloud.url_of(login), **variables},
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def properties(self, name: str = "report.xml") -> list[Mapping[str, str]]:
        """Return the properties of each test of a JUnit file, in order."""
        cases = ElementTree.parse(self.path / name).getroot().iter("testcase")
        return [
            {each.get("name", ""): each.get("value", "") for each in case.iter("property")}
            for case in cases
        ]

    def wait_for_asking(self) -> None:
        """Return when a client has asked for the results of its runs."""
        query = (
            "SELECT 1 FROM pg_stat_activity WHERE usename = 'test_client' "
            "AND datname = current_database() AND query LIKE '%FROM reqflo.result %'"
        )
        until(lambda: self.cloud.execute(query), "a client waits")

    def outcomes(self) -> dict[str, str]:
        """Return the runs of the database that are over, by id."""
        return dict(self.cloud.execute("SELECT run_id, outcome FROM reqflo.result"))
