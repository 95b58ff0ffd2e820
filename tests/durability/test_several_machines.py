"""The commands of the how-to for several machines do what it says, each as the role that it names."""

from __future__ import annotations

import configparser
import contextlib
import io
import os
import shlex
import shutil
import signal
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from commands import ReqfloProcess, variables_with
from durability import MASTER_KEY, Store
from servers import ScriptedServer, json_reply

from pytest_reqflo.cli.main import main, make_parser

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "how-to/run-on-several-machines.md").read_text(encoding="utf-8")
ORIGIN = "https://shop.staging.example.com"
PASSWORD = "canary-password-5d0e"

pytestmark = pytest.mark.timeout(240)


class Shop(ScriptedServer):
    """Opens sessions, and has tea."""

    def __init__(self):
        super().__init__(self._answer)

    @staticmethod
    def _answer(request, _):
        if request.line == "POST /sessions":
            return json_reply({}, status=201)
        return json_reply({"left": 7})


class Machine:
    """A folder, a role and variables: what one machine has. Without a copy of the example: nothing."""

    def __init__(self, folder, cloud, login, *, has_key, example=None):
        self.folder = folder
        folder.mkdir()
        if example is not None:
            shutil.copytree(example, folder, dirs_exist_ok=True)
        given = {
            "REQFLO_DATABASE_URL": cloud.url_of(login),
            "XDG_CONFIG_HOME": str(folder / "config"),
        }
        self.variables = variables_with(
            **given, **({"REQFLO_MASTER_KEY": MASTER_KEY} if has_key else {})
        )

    def start(self, line):
        """Return the process of a line that goes on."""
        return ReqfloProcess(*shlex.split(line)[1:], cwd=self.folder, variables=self.variables)

    def run(self, line):
        """Return what a line of the page prints; the command is this process, as that is quick."""
        command, _, given = line.partition(" < ")
        content = (self.folder / given).read_bytes() if given else b""
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(printed):
            patch.chdir(self.folder)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
            for name in {name for name in os.environ if name.startswith("REQFLO_")}:
                patch.delenv(name)
            for name, value in self.variables.items():
                patch.setenv(name, value)
            code = main(shlex.split(command)[1:])
        assert code in (0, 2), line
        return printed.getvalue()


def lines_of(name):
    """Return the lines of a part of the page, and see that the page has them."""
    text = (DOCS / "cloud-example" / f"{name}.txt").read_text(encoding="utf-8")
    assert text in PAGE
    return text.splitlines()


@pytest.fixture
def shop():
    with Shop() as shop:
        yield shop


@pytest.fixture
def example(tmp_path, shop):
    """The example, with the shop of the test in place of that of the page."""
    folder = tmp_path / "example"
    shutil.copytree(DOCS / "cloud-example", folder)
    path = folder / "environments/staging.yaml"
    path.write_text(path.read_text().replace(ORIGIN, shop.url))
    (folder / "shop-password.txt").write_text(f"{PASSWORD}\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    return folder


def dispatched(machine, line):
    """Carry out the line that dispatches and waits, and return the ids of the runs of its report."""
    report = machine.folder / "report.xml"
    program, *arguments = shlex.split(line)
    assert program == "pytest"
    end = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, f"--junitxml={report}"],
        cwd=machine.folder, env=machine.variables, capture_output=True, text=True,
        timeout=100, check=False,
    )  # fmt: skip
    assert end.returncode == 0, end.stdout
    properties = ElementTree.parse(report).iter("property")
    return [each.get("value") for each in properties if each.get("name") == "reqflo.run_id"]


def test_the_commands_of_the_page(tmp_path, cloud, shop, example):
    admin = Machine(tmp_path / "admin", cloud, "admin", has_key=True, example=example)
    for line in lines_of("push"):
        admin.run(line.replace(ORIGIN, shop.url))

    (serve,) = lines_of("worker")
    machines = [
        Machine(tmp_path / name, cloud, "worker", has_key=True) for name in ("one", "other")
    ]
    workers = [each.start(serve) for each in machines]
    try:
        for worker in workers:
            assert worker.ready() != worker.ready()

        client = Machine(tmp_path / "client", cloud, "client", has_key=False, example=example)
        (line,) = lines_of("dispatch")
        (run_id,) = dispatched(client, line)
        with contextlib.closing(Store(cloud.url)) as store:
            assert store.result(run_id).outcome == "passed"
        assert [each.line for each in shop.requests] == ["POST /sessions", "GET /stock/tea"]
        assert shop.requests[0].json() == {"password": PASSWORD}

        printed = [client.run(line.replace("RUN_ID", run_id)) for line in lines_of("watch")]
        assert all(run_id in text for text in printed)
        assert "passed" in printed[0]

        first, *rest = lines_of("schedule")
        assert first.startswith(
            'reqflo schedule add nightly journeys/shop/stock.journey.yaml --cron "0'
        )
        assert "T03:00:00+0" in admin.run(first)
        printed = [admin.run(line) for line in rest]
        assert printed[0].startswith("nightly  0 3 * * *  Europe/Berlin  next ")
    finally:
        for worker in workers:
            worker.signal(signal.SIGTERM)
    assert [worker.ended() for worker in workers] == [0, 0]
    assert PASSWORD not in cloud.contents()


def test_the_service_of_the_page_starts_a_worker_and_gives_it_time_to_end():
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read(DOCS / "cloud-example/reqflo-worker.service")
    service = unit["Service"]

    program, *arguments = shlex.split(service["ExecStart"])

    assert Path(program).name == "reqflo"
    options = make_parser().parse_args(arguments)
    assert options.processes == 2
    assert int(service["TimeoutStopSec"]) > options.grace
