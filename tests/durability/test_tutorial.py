"""The commands of the tutorial do what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from servers import keep_port

DOCS = Path(__file__).parents[2] / "docs"

pytestmark = pytest.mark.timeout(180)


def commands() -> list[str]:
    page = (DOCS / "tutorials" / "survive-a-crash.md").read_text(encoding="utf-8")
    return re.findall(r"^\$ (.*)$", page, re.MULTILINE)


@pytest.fixture
def port():
    with keep_port() as kept:
        yield kept.getsockname()[1]


def test_the_tutorial(tmp_path, port):
    serve, run, crash, release, resume = commands()
    folder = shutil.copytree(DOCS / "durable-example", tmp_path / "example")
    environment = folder / "environments" / "local.yaml"
    environment.write_text(environment.read_text().replace(":8000", f":{port}"))
    # The commands are those of a shell whose `python` and `pytest` are the ones at hand.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "XDG_CONFIG_HOME": str(tmp_path / "config")}

    def start(command: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command, shell=True, cwd=folder, env=env, text=True, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    server = start(f"exec {serve} {port}")
    try:
        assert server.stdout.readline() == f"listening on http://127.0.0.1:{port}\n"
        first = start(f"exec {run} -p no:randomly")
        assert [server.stdout.readline() for _ in range(2)] == [
            "POST /orders\n", "GET /orders/ord-1/report\n",
        ]  # fmt: skip
        # `pkill` would also end the tests of others: the same signal goes to the same process.
        assert re.fullmatch(r"pkill -9 -f \S+", crash)
        assert crash.rpartition(" ")[2] in run
        os.killpg(first.pid, 9)
        first.communicate(timeout=60)
        subprocess.run(release, shell=True, cwd=folder, env=env, check=True)
        second = start(f"exec {resume} -p no:randomly")
        output, _ = second.communicate(timeout=60)
        assert second.returncode == 0, output
        assert "1 passed" in output
        assert server.stdout.readline() == "GET /orders/ord-1/report\n"
    finally:
        server.kill()
        rest, _ = server.communicate(timeout=30)
    assert rest == ""
