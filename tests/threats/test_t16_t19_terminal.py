"""T16 and T19: nothing that was received or written can steer a terminal or a CI system."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hostile import HERE, WORKERS
from servers import ScriptedServer
from threats import Target, get

from pytest_reqflo.report.safe import to_line, to_report
from pytest_reqflo.values import printable, printable_line

STEERING = ("Cc", "Cs")
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
XML_HAS_NOT = {0xFFFE, 0xFFFF}
EVIL = (
    "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J \x08\x08 \u202egnp.exe\u202c \u2066x\u2069 \u200b\ufeff"
    "\r::error::a\n::error file=x,line=1::b\n##vso[task.complete]\n##[error]c\n::add-mask::d\n\u2028::error::e"
)


def test_every_character_that_steers_is_shown_as_an_escape() -> None:
    left = []
    for number in range(sys.maxunicode + 1):
        character = chr(number)
        category = unicodedata.category(character)
        steers = category in STEERING and character not in "\n\t"
        if steers or unicodedata.bidirectional(character) in BIDI or number in XML_HAS_NOT:
            shown = printable(character)
            if not (shown.startswith("\\") and shown.isascii() and shown.isprintable()):
                left.append(hex(number))
    assert left == []


def test_all_other_text_is_left_as_it_is() -> None:
    text = "é ß 大阪 العربية 한국어 😀 e\u0301 \u00a0 \t \n ⟦⟧ \U0001f3f4"
    assert printable(text) == text


def test_one_line_stays_one_line() -> None:
    for safe in (printable_line(EVIL), to_line(EVIL)):
        assert safe.splitlines() == [safe]
        assert printable(safe) == safe
    assert printable(to_report({EVIL: [EVIL]})[printable(EVIL)][0]) == printable(EVIL)


@pytest.mark.parametrize("workers", [HERE, WORKERS], ids=["alone", "xdist"])
def test_an_answer_full_of_commands_obeys_nothing_anywhere(tmp_path, workers) -> None:
    """In the status line, headers, cookies, body, soft failures (warnings), messages and captures."""
    header = EVIL.encode().replace(b"\r", b" ").replace(b"\n", b" ")
    body = EVIL.encode()
    answer = (
        b"HTTP/1.1 418 ::error::" + header + b"\r\nX-Evil: " + header + b"\r\nSet-Cookie: c=" + header.replace(b";", b"")
        + b"\r\n::error::name: x\r\nContent-Type: text/plain\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )  # fmt: skip
    checks = [
        {"type": "status_code", "expected": 418, "soft": True},
        {"type": "header", "name": "x-evil", "expected": "no", "soft": True},
        {"type": "body_equals", "expected": "no", "message": EVIL},
        {"type": "body_contains", "expected": EVIL + "!"},
        {"type": "cookie", "name": "c", "expected": "no"},
    ]
    with ScriptedServer(lambda request, connection: answer) as server:
        target = Target(tmp_path, server.url)
        target.journey("evil", get("a", "/", name=EVIL, assertions=checks, outputs=[{"name": "x", "path": "body"}]),
                       description=EVIL, owner=EVIL)  # fmt: skip
        target.journey(
            "soft", get("a", "/", assertions=[{**check, "soft": True} for check in checks])
        )
        target.journey("late", get("a", "/"), get("b", "/{{ steps.a.body }}", assertions=checks))
        target.write(
            "bad.journey.yaml",
            'journey: {"\\n::error::x": 1, name: "\\e[31m\\n##vso[x]", steps: [1]}\n',
        )
        result = target.attack(
            "--continue-on-collection-errors", "-v", "-rA", "-s", "--html=r.html", *workers
        )
    assert len(result.reasons) == 4
    assert "::error" in result.text  # shown, and never at the start of a line
