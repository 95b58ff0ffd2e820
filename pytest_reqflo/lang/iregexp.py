"""I-Regexp, the patterns inside JSONPath, to our patterns. Pure.

Source: RFC 9485. Beyond it, ``^`` and ``$`` are anchors, as the JSONPath compliance suite has it.
"""

from __future__ import annotations

import re

from pytest_reqflo.lang.patterns import Pattern, PatternProblem, compile_pattern

_ESCAPE = r"\\[()*+\-.?\[\\\]^nrt{|}]"
_CATEGORY = r"\\[pP]\{(?:L[lmotu]?|M[cen]?|N[dlo]?|P[cdefios]?|Z[lps]?|S[ckmo]?|C[cfno]?)\}"
_CLASS_CHARACTER = rf"(?:[^\-\[\]\\]|{_ESCAPE})"
_CLASS_ITEM = rf"(?:{_CATEGORY}|{_CLASS_CHARACTER}(?:-{_CLASS_CHARACTER})?)"
_TOKEN = re.compile(
    rf"(?P<atom>{_ESCAPE}|{_CATEGORY}|\[\^?(?:-|{_CLASS_ITEM}){_CLASS_ITEM}*-?\])"
    r"|(?P<quantifier>[*+?]|\{[0-9]{1,9}(?:,[0-9]{0,9})?\})"
    r"|(?P<bar>\|)|(?P<open>\()|(?P<close>\))|(?P<dot>\.)|(?P<plain>[^()*+.?\[\\\]{|}])",
    re.DOTALL,
)
_WRITTEN = {"(": "(?:", ".": r"[^\n\r]", "$": r"\Z"}


def compile_iregexp(text: str, *, whole: bool) -> Pattern:
    """Return the pattern of the I-Regexp *text*; *whole*: it must match all of a text.

    Raises: PatternProblem.
    """
    written = _translate(text)
    return compile_pattern(rf"\A(?:{written})\Z" if whole else written)


def _translate(text: str) -> str:
    written: list[str] = []
    depth = at = 0
    can_repeat = False
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise PatternProblem(f"`{text[at]}` is not possible here in an I-Regexp", at)
        kind = match.lastgroup
        depth += (kind == "open") - (kind == "close")
        if depth < 0 or (kind == "quantifier" and not can_repeat):
            raise PatternProblem(f"`{text[at]}` has nothing before it", at)
        can_repeat = kind in ("atom", "dot", "plain", "close")
        written.append(_WRITTEN.get(match.group(), match.group()))
        at = match.end()
    if depth:
        raise PatternProblem("a parenthesis is not closed", max(0, len(text) - 1))
    return "".join(written)
