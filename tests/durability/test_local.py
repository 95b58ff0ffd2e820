"""A run that asks for no record pays nothing for those that do."""

from __future__ import annotations

import json

import pytest
from gates import DurableProject, GatedServer

CONFTEST = """\
import json, sys

HEAVY = {"dbos", "sqlalchemy", "psycopg", "cryptography", "croniter"}

def pytest_unconfigure(config):
    loaded = {name.partition(".")[0] for name in sys.modules}
    with open("loaded.json", "w") as file:
        json.dump(sorted(HEAVY & loaded), file)
"""
JOURNEY = "journey: {name: first, steps: [{id: a, request: {method: GET, url: /first}}]}\n"


@pytest.mark.parametrize(
    ("options", "loaded"),
    [
        ([], []),
        (["--reqflo-durable"], ["croniter", "cryptography", "dbos", "psycopg", "sqlalchemy"]),
    ],
)
def test_a_local_run_imports_no_module_of_the_engine(tmp_path, options, loaded):
    with GatedServer() as server:
        project = DurableProject(tmp_path, server, options)
        project.write("conftest.py", CONFTEST)
        project.write("first.journey.yaml", JOURNEY)
        code, output = project.run()
        assert code == 0, output
        assert server.lines() == ["GET /first"]
    assert json.loads((tmp_path / "loaded.json").read_bytes()) == loaded
