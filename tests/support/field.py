"""A project folder in which a test runs real journeys, in this process, against real servers."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_reqflo.compile.project import Project
from pytest_reqflo.engine.http import HttpTransport
from pytest_reqflo.engine.local import LocalEngine
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.plan.environments import (
    implicit_environment,
    read_me_values,
    snapshot_environment,
)
from pytest_reqflo.plan.model import GivenValue, RunRequest
from pytest_reqflo.plan.planner import make_plan
from pytest_reqflo.result import JourneyResult, Problem, RunIdentity
from pytest_reqflo.secret import Secret
from pytest_reqflo.syntax.library import load_library

PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "REQUEST_METHOD")


class Field:
    """Files in, `run` a journey, its result out; the connections are closed by `close`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.transport = HttpTransport()

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(textwrap.dedent(text).encode() if isinstance(text, str) else text)
        return path

    def environment(self, *services: str, allowed: Iterable[str] = (), more: str = "") -> None:
        """Write the environment `local`; each service is a line such as ``api: {base_url: ...}``."""
        lines = ["environment:", "  name: local", f"  allowed_origins: {[*allowed]!r}"]
        lines += ["  services:" if services else "  services: {}"]
        lines += [f"    {service}" for service in services]
        lines += [textwrap.indent(textwrap.dedent(more).strip("\n"), "  ")]
        self.write("environments/local.yaml", "\n".join(lines) + "\n")

    def problems(self, steps: str, *, head: str = "") -> list[str]:
        """Return code and title of what is found wrong when the journey is collected."""
        try:
            self._compile(steps, head)
        except JourneyError as error:
            return [f"{item.code} {item.title}" for item in error.diagnostics]
        return []

    def run(
        self,
        steps: str,
        *,
        head: str = "",
        secrets: Mapping[str, str] | None = None,
        given: Mapping[str, Any] | None = None,
        allows_any_origin: bool = False,
    ) -> JourneyResult:
        compiled = self._compile(steps, head)
        snapshot = replace(self._snapshot(), allows_any_origin=allows_any_origin)
        identity = RunIdentity(
            run_id="run_1", journey_id="t", journey_name="T", artifact=compiled.artifact_id
        )
        values = tuple(
            GivenValue(name=name, layer="set", value=LiteralValue(value))
            for name, value in (given or {}).items()
        )
        request = RunRequest(
            artifact=compiled.digest, identity=identity, environment=snapshot.name, given=values
        )
        plan = make_plan(compiled.artifact, request, snapshot)
        engine = LocalEngine(transport=self.transport, secrets=_Known(secrets or {}))
        run = engine.run(plan, compiled.blobs)
        assert run.pending is None, repr(run.pending)
        return run.result

    def _compile(self, steps: str, head: str) -> Any:
        text = "journey:\n  name: T\n" + textwrap.indent(textwrap.dedent(head).strip("\n"), "  ")
        text += "\n  steps:\n" + textwrap.indent(textwrap.dedent(steps).strip("\n"), "    ") + "\n"
        path = self.write("t.journey.yaml", text)
        return Project(self.path).compile_file(path, path.name)

    def _snapshot(self) -> Any:
        library = load_library(self.path)
        if not library.environment_names():
            return implicit_environment()
        loaded = library.environment("local")
        return snapshot_environment(
            loaded.model.model_dump(),
            process_env=os.environ,
            me=read_me_values(os.environ),
            folder=loaded.path.parent,
        )

    def close(self) -> None:
        self.transport.close()


class _Known:
    asked = ("a test",)

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        return {name: Secret(name, self._texts[name]) for name in names if name in self._texts}


def problem_of(result: JourneyResult) -> Problem:
    """Return the first problem of the first step that went wrong."""
    for step in result.steps:
        last = step.last_try
        for problem in (*(last.problems if last else ()), *step.problems):
            return problem
    raise AssertionError(f"nothing went wrong: {result.outcome}")


def clear_proxies(monkeypatch: Any) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(name="field")
def field_fixture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Field]:
    """Give a project folder, without the proxies of the person running."""
    clear_proxies(monkeypatch)
    field = Field(tmp_path / "project")
    yield field
    field.close()
