"""Real processes on a real store, killed where a server holds an answer."""

from __future__ import annotations

import pytest
from durable_project import DurableProject, HoldingServer


@pytest.fixture
def server():
    with HoldingServer() as server:
        yield server


@pytest.fixture
def project(tmp_path, server):
    return DurableProject(tmp_path, server.url)


@pytest.fixture
def left_run(project, server):
    """A run whose process was killed while the server held the answer to its second step."""
    with project.start():
        server.wait_for_request()
    server.holds = False
    server.let_go.set()
    return project.only_run()


@pytest.fixture
def finished_run(project, server):
    server.holds = False
    code, out = project.pytest()
    assert code == 0, out
    return project.only_run()
