"""The sides: how each is started, and how it shows that it did the work."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import speed_environments as environments
from speed_process import Figures, measure, number_in
from speed_server import Counted, Loopback
from speed_suites import Work, fill, tokens_of, write_suite

_PASSED = r"(\d+) passed"
_COLLECTED = r"(\d+) tests? collected"
_NO_TESTS = 5
_PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")


class SideFailed(Exception):
    """A side did not do the work; the text says what it did instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One way to carry work out.

    Shape: *host* names an environment, or a program; *arguments* may hold tokens of the templates;
        *reports* finds the number of tests in the output; *tests* is that number for one journey;
        *variables* are added to those of its environment.
    """

    name: str
    host: str
    form: str
    arguments: tuple[str, ...]
    reports: str = ""
    tests: int = 1
    sends: bool = True
    exit_code: int = 0
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def command(self) -> list[str] | None:
        """Return how it is started, None where it is not here."""
        python = environments.python_of(self.host)
        found = python or environments.program(self.host)
        return [str(found), *self.arguments] if found else None


def why_missing(side: Side, options: str) -> str:
    """Return why *side* cannot run, empty where it can; *options* are those our pytest knows."""
    unknown = [
        each for each in side.arguments if each.startswith("--reqflo-") and each not in options
    ]
    if unknown:
        return f"no `{unknown[0]}`"
    if "fast" in side.arguments and "pyreqwest" not in environments.versions_in(environments.OURS):
        return "no extra `fast`"
    return "" if side.command else "not here"


@dataclass(frozen=True, slots=True)
class Place:
    """Where sides run: a folder for the suites of one work, and the server."""

    folder: Path
    work: Work
    server: Loopback

    def prepare(self, side: Side) -> tuple[list[str], Path]:
        """Write the suite of *side* where it is new; return its command and folder."""
        suite = write_suite(side.form, self.folder, self.work, self.server.url)
        tokens = tokens_of(self.work, self.server.url)
        return [fill(each, tokens) for each in side.command or ()], suite

    def run(self, side: Side) -> tuple[Figures, Counted]:
        """Carry the work out by *side*.

        Raises: SideFailed when the server, the exit code or the output tells otherwise.
        """
        command, suite = self.prepare(side)
        self.server.reset()
        variables = {**environments.plain_variables(), **dict(side.variables)}
        figures = measure(command, suite, variables)
        counted = self.server.counted()
        if problems := _problems(side, self.work, figures, counted):
            raise SideFailed(f"{side.name}: {', '.join(problems)}\n{figures.told[-1500:]}")
        return figures, counted


def _problems(side: Side, work: Work, figures: Figures, counted: Counted) -> list[str]:
    problems = []
    if figures.exit_code != side.exit_code:
        problems.append(f"exit code {figures.exit_code}")
    requests = work.requests if side.sends else 0
    if counted.requests != requests:
        problems.append(f"{counted.requests} requests instead of {requests}")
    tests = work.count * side.tests
    if side.reports and (told := number_in(side.reports, figures.told)) != tests:
        problems.append(f"{told} tests instead of {tests}")
    return problems


# --- which there are -----------------------------------------------------------------------------


def _ours(name: str, *options: str, form: str = "reqflo") -> Side:
    arguments = (*_PYTEST, *options)
    return Side(name=name, host=environments.OURS, form=form, arguments=arguments, reports=_PASSED)


def _collecting(side: Side, name: str) -> Side:
    return Side(
        name=name,
        host=side.host,
        form=side.form,
        arguments=(*side.arguments, "--collect-only"),
        reports=_COLLECTED,
        sends=False,
    )


def _first(side: Side) -> Side:
    """Return the side as it is where nothing was compiled before."""
    variables = (("REQFLO_COMPILE_CACHE", "off"),)
    return replace(side, name=f"{side.name}, for the first time", variables=variables)


def _raw(client: str) -> Side:
    script = str(Path(__file__).parent / "speed_raw.py")
    arguments = (script, client, "@BASE@", "@COUNT@", "@STEPS@", "@DELAY@")
    return Side(name=f"raw {client}", host=environments.PLAIN, form="nothing", arguments=arguments)


def _peer(name: str, host: str, form: str, *options: str, tests: int = 1) -> Side:
    arguments = (*_PYTEST, *options)
    return Side(name=name, host=host, form=form, arguments=arguments, reports=_PASSED, tests=tests)


def _hurl(jobs: int) -> Side:
    return Side(
        name=f"Hurl, {jobs} jobs",
        host="hurl",
        form="hurl",
        arguments=("--test", "--jobs", str(jobs), "."),
        reports=r"Succeeded files:\s+(\d+)",
    )


def _idle(name: str, *options: str) -> Side:
    return Side(
        name=name,
        host=environments.OURS,
        form="one test",
        arguments=(*_PYTEST, *options),
        sends=False,
    )


def _fast(in_flight: int) -> tuple[str, ...]:
    return ("--reqflo-transport", "fast", "--reqflo-concurrency", str(in_flight))


OURS = _ours("reqflo")
OURS_ONE = _ours("reqflo, 1 in flight", "--reqflo-concurrency", "1")
OURS_64 = _ours("reqflo, 64 in flight", "--reqflo-concurrency", "64")
FAST_ONE = _ours("reqflo fast, 1 in flight", *_fast(1))
FAST_16 = _ours("reqflo fast, 16 in flight", *_fast(16))
FAST_64 = _ours("reqflo fast, 64 in flight", *_fast(64))
FAST_256 = _ours("reqflo fast, 256 in flight", *_fast(256))
FIXTURES = _ours("reqflo with fixtures", form="with fixtures")
RAW_HTTPX, RAW_PYREQWEST = _raw("httpx"), _raw("pyreqwest")
HANDWRITTEN = _peer("pytest + httpx", environments.PLAIN, "handwritten")
TAVERN = _peer("Tavern", "tavern", "tavern")
TAVERN_2 = _peer("Tavern -n 2", "tavern", "tavern", "-n", "2")
HTTPCHAIN = _peer("pytest-httpchain", "httpchain", "httpchain", tests=4)
GABBI = _peer("gabbi", "gabbi", "gabbi", tests=4)
NEWMAN = Side(
    name="newman",
    host="newman",
    form="newman",
    arguments=("run", "collection.json", "-r", "cli", "--color", "off"),
    reports=r"requests\s+│\s+(\d+)",
    tests=4,
)
HURL_2, HURL_256 = _hurl(2), _hurl(256)
COLLECT = _collecting(OURS, "collecting")
COLLECT_HANDWRITTEN = _collecting(HANDWRITTEN, "collecting parametrize")
OURS_FIRST, COLLECT_FIRST = _first(OURS), _first(COLLECT)
NOTHING = Side(
    name="an empty session",
    host=environments.OURS,
    form="nothing",
    arguments=(*_PYTEST, "--collect-only"),
    sends=False,
    exit_code=_NO_TESTS,
)
WITH_PLUGIN = _idle("with the plugin")
WITHOUT_PLUGIN = _idle("-p no:reqflo", "-p", "no:reqflo")
