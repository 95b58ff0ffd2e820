"""The page of a CI job: short, failures first, and nothing in it is what others wrote it to be."""

from __future__ import annotations

import re
from collections import Counter

from markdown_it import MarkdownIt
from naughty import NAUGHTY

from pytest_reqflo.report.summary import (
    MAX_BYTES,
    FoldedFailure,
    JourneyTally,
    code,
    render_summary,
)

READER = MarkdownIt("commonmark").enable("table")


def tally(**counts: int) -> JourneyTally:
    return JourneyTally(counts=Counter(counts), elapsed_s=1.5)


def failure(sentence: str = "step `pay`: no", count: int = 1, **facts: object) -> FoldedFailure:
    check = {"subject": "status", "operator": "equals", "expected": 200, "actual": 500}
    told = {
        "sentence": sentence,
        "file": "a.yaml",
        "line": 7,
        "artifact": "artifact_1",
        "checks": [check],
    }
    folded = FoldedFailure(facts={**told, **facts}, journey="order")
    for number in range(count):
        folded.add(f"run_{number}")
    return folded


def test_the_whole_page() -> None:
    linked = failure(count=7, fingerprint="f")
    linked.url = "https://ci.test/a.yaml#L7"
    page = render_summary({"fine": tally(passed=2), "order": tally(failed=7, skipped=1)}, [linked])
    assert page == (
        "### API journeys: 7 failed, 2 passed, 1 skipped\n\n"
        "- **7 times** ``step `pay`: no``\n"
        "  - [`a.yaml:7`](https://ci.test/a.yaml#L7), journey `order`, runs `run_0`, `run_1`, `run_2`, `run_3`,"
        " `run_4` and 2 more of `artifact_1`\n"
        "  - `status equals`: expected `200`, got `500`\n\n"
        "| journey | failed | passed | skipped | time |\n"
        "| --- | ---: | ---: | ---: | ---: |\n"
        "| `order` | 7 | 0 | 1 | 1.50 s |\n"
        "| `fine` | 0 | 2 | 0 | 1.50 s |\n"
    )


def test_nothing_ran_nothing_is_written() -> None:
    assert render_summary({}, []) == ""


def test_the_page_is_bounded_and_says_what_it_leaves_out() -> None:
    failures = [failure(f"{number} {'x' * 400}", count=2) for number in range(2_000)]
    page = render_summary({f"j{n}": tally(failed=1) for n in range(900)}, failures, left_out=3)
    assert MAX_BYTES - 2_000 < len(page.encode()) <= MAX_BYTES
    shown = page.count("**2 times**")
    assert f"- and {(2_000 - shown) * 2 + 3} more that failed\n" in page
    assert "| and 700 more | | | | |" in page


def test_any_text_stays_text() -> None:
    texts = [*NAUGHTY, "|", "a|b\\|c", "`", "``", "@everyone", "[x](http://x)", "![x](y)", "a\nb"]
    tallies = {f"{number} {text}": tally(failed=1) for number, text in enumerate(texts[:200])}
    failures = [
        failure(text, file=text, checks=[{"subject": text, "operator": text, "expected": text}])
        for text in texts
    ]
    page = render_summary(tallies, failures)
    assert re.search(r"^(?!### |- |  - |\| |$)", page, re.MULTILINE) is None
    parts = [part for block in READER.parse(page) for part in block.children or ()]
    assert {each.type for each in parts} <= {"text", "code_inline", "softbreak"}
    rows = [block for block in READER.parse(page) if block.type == "tr_open"]
    cells = [block for block in READER.parse(page) if block.type == "td_open"]
    assert len(cells) == 5 * (len(rows) - 1) == 5 * 200


def test_a_code_span_shows_its_text() -> None:
    for text in ("a", "`a", "a`` b", "a|b"):
        [block] = [each for each in READER.parse(code(text)) if each.type == "inline"]
        assert [each.content for each in block.children] == [text]
