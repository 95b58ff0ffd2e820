"""One server and one project of canaries per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from canaries import Tag
from canary_project import CanaryProject, issue_canaries
from echoes import EchoServer
from servers import closed_port


@pytest.fixture
def canary_project(tmp_path: Path) -> Iterator[CanaryProject]:
    tag = Tag()
    issued = issue_canaries(tag)
    with EchoServer([each.text for each in issued]) as server, closed_port() as port:
        project = CanaryProject(tmp_path, server, tag, port, canaries=list(issued))
        project.write("pytest.ini", "[pytest]\naddopts = --strict-markers\n")
        yield project
