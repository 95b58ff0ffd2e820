"""What the terminal shows of many runs, compared whole with golden files of 80 columns."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reqflo.report.causes import find_causes, render_causes
from pytest_reqflo.report.columns import display_width
from pytest_reqflo.report.durations import find_slowest, render_durations, step_times
from pytest_reqflo.report.journeys import is_worth_telling, render_summary, tally_up
from pytest_reqflo.report.told import facts_of, sample_times

GOLDEN = Path(__file__).parents[2] / "golden" / "console"
HOSTILE = "\x1b[2J\u202eevil\r\nrow\b"


def run(journey: str, number: int, **more: object) -> dict[str, object]:
    """Return a light dict as the report of one run carries it."""
    identity = {"run_id": f"run_{number:032x}", "journey": journey, "artifact": "artifact_1"}
    return {**identity, "outcome": "passed", "elapsed_s": number / 1000, **more}


def failed(journey: str, number: int, status: int, **more: object) -> dict[str, object]:
    sentence = f"step `pay`: expected status 200, got {status}"
    bad = {"outcome": "failed", "sentence": sentence, "fingerprint": f"pay of {journey}"}
    return run(journey, number, **{**bad, **more})


def a_session():
    """Yield the facts of a session with journeys that end in every way."""
    for number in range(1, 1201):
        test = f"journeys/orders.journey.yaml::row-{number:05}"
        if number % 100 == 3:
            yield facts_of(test, "failed", failed("create-orders", number, 503, evidence="e"))
        elif number % 400 == 0:
            yield facts_of(test, "failed", failed("create-orders", number, 429))
        else:
            yield facts_of(test, "passed", run("create-orders", number))
    file = "journeys/refund.journey.yaml"
    name = "a journey with a name that is longer than the terminal could ever show 日本語"
    yield facts_of(f"{file}::a", "failed", failed(name, 5, 404, outcome="error"))
    yield facts_of(f"{file}::b", "skipped", run(name, 0, outcome="skipped"))
    yield facts_of(f"{file}::c", "xfailed", failed(name, 7, 404))
    yield facts_of("journeys/日本.journey.yaml::run", "passed", run("日本語の旅", 2500))
    yield facts_of(f"bad/{HOSTILE}.yaml::run", "passed", run(HOSTILE, 3))
    for folder in "ab":
        yield facts_of(f"{folder}/login.journey.yaml::run", "passed", run("login", 9))
    # Nothing but a fixture of this file ever failed: whose journey it is, nobody knows.
    yield facts_of("test_x.yaml::run", "error", {})


def check(name: str, lines: list[str], update: bool) -> None:
    path = GOLDEN / f"{name}.txt"
    text = "\n".join(lines) + "\n"
    if update:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def slow(test: str, *steps: tuple[str, float, float, int]):
    keys = ("step", "elapsed_s", "wait_s", "tries")
    return test, {"slow_steps": [dict(zip(keys, each, strict=True)) for each in steps]}


def test_texts_read_as_their_golden_files(request: pytest.FixtureRequest) -> None:
    update = request.config.getoption("update_golden")
    tallies = tally_up(a_session())
    check("journeys", render_summary(tallies, 80), update)
    causes = find_causes(each for tally in tallies for each in tally.failures)
    check("causes", render_causes(causes, 80), update)
    reports = [
        slow("j.yaml::one", ("log_in", 0.35, 0.3, 1), ("pay", 61.5, 2.0, 30)),
        slow("j.yaml::two", ("日本", 0.0004, 0.0, 1), (HOSTILE, 1.25, 1.3, 1)),
        ("k.yaml::rows", {"slow_steps": [{**slow("", ("a", 0.5, 0, 2))[1]["slow_steps"][0], "row": "row-1"}]}),
    ]  # fmt: skip
    times = [each for test, data in reports for each in step_times(test, data)]
    check("durations", render_durations(find_slowest(times, 4), 80), update)


def test_no_line_steers_the_terminal_and_the_table_fits() -> None:
    tallies = tally_up(a_session())
    causes = find_causes(each for tally in tallies for each in tally.failures)
    table = render_summary(tallies, 74)
    lines = [*table, *render_causes(causes, 70)]
    assert all(line.isprintable() for line in lines)
    assert max(map(display_width, table)) <= 74


def test_a_session_of_single_runs_that_passed_needs_no_table() -> None:
    tallies = tally_up(facts_of(f"{name}.yaml::run", "passed", run(name, 1)) for name in "ab")
    assert not is_worth_telling(tallies)
    more = [facts_of("a.yaml::x", "passed", run("a", 1)), facts_of("a.yaml::y", "passed", {})]
    assert is_worth_telling(tally_up(more))


def test_of_very_many_journeys_those_that_failed_are_listed() -> None:
    facts = [facts_of(f"{n}.yaml::run", "passed", run(f"j{n}", n)) for n in range(2000)]
    facts.append(facts_of("1500.yaml::x", "failed", failed("j1500", 1, 500)))
    lines = render_summary(tally_up(facts), 80)
    assert len(lines) == 22
    assert lines[1].split()[:4] == ["j1500", "2", "1", "1"]
    assert lines[-1] == "and 1,980 more, none of them with failures"


def test_runs_are_alike_by_fingerprint_and_without_one_by_what_is_told() -> None:
    facts = [
        facts_of("a.yaml::1", "failed", failed("a", 1, 500, fingerprint="x")),
        facts_of("a.yaml::2", "failed", failed("a", 2, 501, fingerprint="x")),
        facts_of("a.yaml::3", "failed", failed("a", 3, 500, fingerprint="y")),
        facts_of("a.yaml::4", "failed", failed("a", 4, 500, fingerprint="")),
        facts_of("a.yaml::5", "failed", run("a", 5), sentence="a soft check failed"),
        facts_of("a.yaml::6", "failed", run("a", 6), sentence="a soft check failed"),
    ]
    causes = find_causes(each for fact in facts for each in fact.failures)
    assert [(cause.first.test[-1], cause.count) for cause in causes] == [
        ("1", 2), ("5", 2), ("3", 1), ("4", 1),
    ]  # fmt: skip
    assert render_causes(causes[2:], 80) == []


def test_a_test_of_all_rows_counts_as_its_rows() -> None:
    data = {
        "journey": "a", "artifact": "artifact_1", "rows": {"passed": 998, "failed": 2},
        "failed": [{"row": f"row-{n}", "run_id": f"run_{n}", "fingerprint": "x"} for n in (7, 9)],
        "sentences": {"x": "step `pay`: no"}, "times_s": [0.1, 0.2, 0.3],
    }  # fmt: skip
    (tally,) = tally_up([facts_of("a.yaml::rows", "failed", data)])
    assert (tally.runs, tally.bad) == (1000, 2)
    assert render_causes(find_causes(tally.failures), 80) == [
        "2 runs failed the same way: step `pay`: no",
        "  first: a.yaml::rows::row-7 (run_7)",
        "  also: rows::row-9",
    ]


@pytest.mark.parametrize("count", [0, 1, 199, 200, 201, 100_000])
def test_times_of_many_rows_are_sampled_with_the_longest(count: int) -> None:
    times = [float(number) for number in range(count, 0, -1)]
    sample = sample_times(times)
    assert len(sample) <= 200
    assert sample == sorted(sample)
    assert not count or sample[-1] == count
    assert count > 200 or len(sample) == count
