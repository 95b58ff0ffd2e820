"""No secret is shown in any output of a run, whatever a server, a journey or a suite does with it.

What is promised, and tested here: everything that pytest and its reporters show of journeys, all of
our own files, and every log record from the moment a secret is known, which is the setup of the
first journey that names it.

What is not, because no plugin can: text that Python code of the suite prints under ``-s`` or writes
to files of its own; output that pytest captured in tests which are no journeys, where a reporter
reads it off the item; what Allure records of fixtures that fail as they are torn down, which it
calls itself; a debugger; core dumps; the environment of the process, which others may read.
"""

from __future__ import annotations

import json

import pytest
from canaries import find_in_bytes
from canary_project import (
    REPORTS,
    CanaryRun,
    write_echoes,
    write_own_ways,
    write_sensitive,
)
from hostile import HERE, WORKERS
from suite_code import write_crashes, write_plain_tests, write_suite_code

from pytest_reqflo.evidence_store.read import list_all_runs
from pytest_reqflo.web.kept_source import KeptSource
from pytest_reqflo.web.views import run_view

pytestmark = pytest.mark.timeout(400)

_MODES = pytest.mark.parametrize("workers", [HERE, WORKERS], ids=["here", "workers"])


def hold_clean(run: CanaryRun, *, count: int) -> None:
    """Hold a run to what must hold: all of it ran, every report was written, nothing leaked."""
    assert run.summary()["total"] == count, run.text[-3000:]
    written = {path.name for path in run.folder.iterdir()}
    assert set(REPORTS) - written == set()
    leaks = [f"{leak.place}: {leak.how} {leak.name}: {leak.excerpt!r}" for leak in run.leaks()]
    assert not leaks, "\n".join(leaks)


@_MODES
def test_what_servers_send_back_and_journeys_expect_is_hidden(canary_project, workers):
    offset = len(workers) // 2
    secrets = canary_project.make_secrets()
    sent = write_echoes(canary_project, secrets, offset=offset)
    write_own_ways(canary_project, secrets, offset=offset)
    write_sensitive(canary_project)

    run = canary_project.run(*workers)

    assert sorted(sent - canary_project.server.arrived) == [], "never sent, so never hidden"
    hold_clean(run, count=canary_project.journeys)


@_MODES
def test_what_the_code_of_a_suite_does_with_secrets_is_hidden(canary_project, workers):
    """The first journey prints its secret before anything has read it."""
    [secret, *_] = canary_project.make_secrets(["PLAIN"])
    write_suite_code(canary_project, secret)
    if workers:
        write_crashes(canary_project, secret)
        count = canary_project.journeys
    else:
        write_plain_tests(canary_project)
        count = canary_project.journeys + 2

    run = canary_project.run(*workers, "journeys", "overrides", *([] if workers else ["."]))

    hold_clean(run, count=count)


def test_no_style_of_traceback_shows_a_secret(canary_project):
    [secret, *_] = canary_project.make_secrets(["PLAIN"])
    write_suite_code(
        canary_project,
        secret,
        {"raises_before", "raises_after", "asserts_before", "logs_badly", "input_rubbish", "host"},
    )
    for number, style in enumerate(
        [["--tb=long", "--full-trace"], ["--tb=short"], ["--tb=line"], ["--tb=native"], ["--tb=no"]]
    ):
        run = canary_project.run(*style, out=f"out{number}")

        hold_clean(run, count=canary_project.journeys)


def test_our_own_command_shows_no_secret(canary_project):
    secret, *_ = canary_project.make_secrets(["PLAIN"])
    write_own_ways(canary_project, [secret])
    write_sensitive(canary_project)
    card = next(each for each in canary_project.canaries if each.name == "card")

    shown = [
        canary_project.command(*arguments)
        for arguments in (
            ("explain", "journeys/me_of_process.journey.yaml", "--case", "raw"),
            ("explain", "journeys/own/sent_bearer_plain_env.journey.yaml"),
            ("explain", "journeys/sensitive_input.journey.yaml", "--set", f"card={card.text}"),
            ("check", "journeys"),
            ("run", "journeys/own/sent_bearer_plain_env.journey.yaml", "--output", "run.json"),
            ("replay", "run.json", "--output", "replay.json"),
        )
    ]
    shown += [(canary_project.path / name).read_text() for name in ("run.json", "replay.json")]

    kept, *_ = list_all_runs(canary_project.path / ".reqflo")
    shown += [canary_project.command("show", kept.run_id, *step) for step in ((), ("s1",))]
    seen = KeptSource(canary_project.path / ".reqflo").run(kept.run_id)
    shown.append(json.dumps(run_view(seen), ensure_ascii=False))

    assert all("[secret:PLAIN_ENV]" in text for text in (shown[-7], *shown[-3:]))
    assert [find_in_bytes(canary_project.tag, text.encode()) for text in shown] == [[]] * len(shown)
