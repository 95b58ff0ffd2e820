"""What pytest's header says before anything runs: protections that are off, and proxies. Reads only.

Silent when all is as usual, and about whatever cannot be read: the items tell that in full.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from pytest_reqflo.compile.known import open_library
from pytest_reqflo.engine.proxies import shown_proxies
from pytest_reqflo.errors import ReqfloError
from pytest_reqflo.host.environment import choose_environment
from pytest_reqflo.host.options import Settings, load_settings
from pytest_reqflo.host.session import begin_session
from pytest_reqflo.plan.environments import find_open_guards
from pytest_reqflo.plan.model import EnvironmentSnapshot
from pytest_reqflo.report.safe import to_line


def header_lines(config: pytest.Config, roots: Iterable[Path]) -> list[str]:
    """Return the lines about the journeys below *roots*, each a folder with environments."""
    try:
        settings = load_settings(config)
    except ReqfloError:
        return []
    lines = dict.fromkeys(line for root in roots for line in _guards(root, settings))
    proxies = [f"requests go by proxy {shown}" for shown in shown_proxies()]
    return [f"reqflo: {to_line(line)}" for line in (*lines, *proxies)]


def _guards(root: Path, settings: Settings) -> Iterator[str]:
    try:
        snapshot = _find_environment(root, settings)
    except ReqfloError:
        snapshot = EnvironmentSnapshot(name="")
    if settings.allows_any_host:
        yield from find_open_guards(EnvironmentSnapshot(name="", allows_any_origin=True))
    yield from find_open_guards(snapshot)


def _find_environment(root: Path, settings: Settings) -> EnvironmentSnapshot:
    kept = settings.open_kept()
    try:
        library = open_library(root, settings.rootdir, kept)
        return choose_environment(library, settings.environment, settings.rootdir).snapshot
    finally:
        if kept is not None:
            kept.close()


def cloud_lines(config: pytest.Config) -> list[str]:
    """Return what is said of runs in the cloud: the batch, and the database without its password.

    Protections and proxies are those of the workers.
    """
    try:
        cloud = begin_session(config).cloud
    except pytest.UsageError:  # pytest shows it by itself
        return []
    if cloud is None:
        return []
    return [f"reqflo: cloud runs, {cloud.batch_id} in {to_line(cloud.client.shown)}"]
