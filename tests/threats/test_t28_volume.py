"""T28: however much a server sends and however often it is asked, what is kept and shown is bounded."""

from __future__ import annotations

import json

from hostile import WORKERS
from journeys import done, plan, play, step
from servers import ScriptedServer, reply
from threats import Target, get

from pytest_reqflo.evidence.model import Body, Exchange, RequestRecord, ResponseRecord
from pytest_reqflo.report.section import render_section
from pytest_reqflo.result import TryResult
from pytest_reqflo.run import volume
from pytest_reqflo.run.volume import KEPT_TRIES, shorten_result, size_of

COMMAND = b"::error::x\n"


def tried(number: int, size: int) -> TryResult:
    body = Body(text="x" * size, size_bytes=9 * size)
    exchange = Exchange(
        request=RequestRecord(method="GET", url="/", body=body),
        response=ResponseRecord(status=200, body=body),
    )
    return TryResult(
        number=number, outcome="passed", started_at="then", elapsed_s=0.5, exchanges=(exchange,)
    )


def test_only_the_first_and_last_tries_of_a_step_keep_their_evidence() -> None:
    tries: list[TryResult] = []
    for number in range(1, 101):
        tries.append(tried(number, 10))
        volume.thin_out(tries)
    assert [each.number for each in tries] == list(range(1, 101))
    kept = [each.number for each in tries if each.exchanges]
    assert kept == [*range(1, KEPT_TRIES + 1), *range(101 - KEPT_TRIES, 101)]
    thin = tries[50]
    assert thin == TryResult(
        number=51, outcome="passed", started_at="then", elapsed_s=0.5, is_thinned_out=True
    )


def test_a_run_keeps_whole_bodies_until_its_limit_and_then_heads(monkeypatch) -> None:
    from pytest_reqflo.run import step as steps

    monkeypatch.setattr(steps, "MAX_RUN", 50_000)
    ran = plan(*(step(f"s{number}") for number in range(5)))
    script = {f"{number:03}:s{number}#1": done(result=tried(1, 10_000)) for number in range(5)}
    result, _ = play(ran, script)
    assert [size_of(each) for each in result.steps] == [20_000, 20_000, 4_000, 4_000, 4_000]
    cut = result.steps[4].tries[0].exchanges[0].response.body
    assert (len(cut.text), cut.size_bytes, cut.is_shortened) == (2_000, 90_000, True)
    assert shorten_result(shorten_result(result)) == shorten_result(result)
    assert [size_of(each) for each in shorten_result(result).steps] == [4_000] * 5


def test_the_section_of_a_report_is_bounded_and_says_so() -> None:
    ran = plan(*(step(f"s{number}") for number in range(60)))
    script = {f"{number:03}:s{number}#1": done(result=tried(1, 64_000)) for number in range(60)}
    text = render_section(play(ran, script)[0])
    assert len(text) < 64 * 1024 + 100
    assert text.endswith(" characters in all)")
    assert "(shortened, 576000 bytes in all)" in text


def test_what_is_printed_and_written_is_bounded_and_says_how_much_there_was(tmp_path) -> None:
    """Journeys that are answered with a lot, many times, in lines that a CI system would obey."""
    flood = COMMAND * 10_000

    def handle(request, connection):
        if request.path == "/headers":
            return reply(200, b"{}", [(f"X-{n}", "::error::" + "y" * 90) for n in range(400)])
        if request.path == "/keys":
            return reply(200, json.dumps({f"k{n}\n::error::": n for n in range(2_000)}).encode())
        return reply(200, flood, [("Content-Type", "text/plain")])

    until = [{"type": "body_contains", "expected": "never"}]
    with ScriptedServer(handle) as server:
        target = Target(tmp_path, server.url)
        target.journey(
            "poll", get("a", "/flood", poll={"until": until, "every_s": 0.001, "timeout_s": 1})
        )
        target.journey(
            "retry", get("a", "/flood", assertions=until, retry={"count": 30, "delay_s": 0})
        )
        target.journey(
            "steps",
            *(get(f"s{n}", "/flood", assertions=until) for n in range(15)),
            settings={"on_failure": "continue"},
        )
        checks = [{"type": "body_equals", "expected": {"x": n}} for n in range(20)]
        target.journey("checks", get("a", "/keys", assertions=checks))
        target.journey("headers", get("a", "/headers", assertions=until))
        result = target.attack(
            "--reqflo-output=out.json", "-o", "junit_logging=all", "-rA", *WORKERS
        )
    assert len(result.reasons) == 5
    assert all(result.reasons.values())
    # Five items of at most a page and a section each; the server sent many times as much.
    assert len(result.text) < 5 * 160_000
    assert (target.path / "junit.xml").stat().st_size < 10 * 160_000
    assert (target.path / "out.json").stat().st_size < 5 * 10 * 2**20

    assert f"(shortened, {len(COMMAND) * 10_000} bytes in all)" in result.text
    assert "headers in all)" in result.text
    assert "tries in between" in result.text
    tries = target.results()["retry"]["steps"][0]["tries"]
    assert len(tries) == 31
    assert [each["number"] for each in tries if each.get("is_thinned_out")] == list(range(11, 22))
