"""Texts that break programs, of every class we know; our own wording."""

from __future__ import annotations

NAUGHTY: tuple[str, ...] = (
    # words with a meaning elsewhere
    "undefined", "undef", "null", "NULL", "nil", "None", "(null)", "true", "FALSE", "NaN", "Infinity", "-Infinity", "hasOwnProperty",
    "__proto__", "constructor", "__class__", "__dict__", "__builtins__", "self", "run", "row-00001", "if", "then", "\\", "\\\\", "0", "-0",
    # numbers that are texts
    "1", "1.00", "-1.00", "1/2", "1E2", "1E-999", "1e9999", "0x1F", "0b1", "0o17", "1_000", "1,000.5", "١٢٣", "１２", "½", "9" * 400, "-" + "9" * 40,
    "00:00", "2024-02-30", "+49 30", "0000",
    # characters of every kind
    ",./;'[]\\-=", "<>?:\"{}|_+", "!@#$%^&*()`~", "\u03a9\u2248\u00e7\u221a", "\u00e5\u00df\u2202\u0192", "\u02da\u2206", "\u0401\u0402\u0403", "\u2070\u2074\u2075",
    "\u0e14\u0e49\u0e49\u0e49\u0e49\u0e49", "\u5927\u962a", "\ud55c\uad6d\uc5b4", "\u3070\u3073\u3076", "\ufdfd", "\U00020000\U0002a6d7", "ﬁ ﬂ", "İıŞş", "ẞß", "Åå\u212b",
    # control and invisible
    "\x00", "a\x00b", "\x01\x02\x03\x04\x05\x06", "\x07\x08", "\x0b\x0c", "\x0e\x1f", "\x7f", "\x80\x9f", "\x85", "\u00ad", "\u200b\u200c\u200d", "\u2060", "\ufeff", "\ufffe", "\uffff",
    "\u2028\u2029", "\u180e", "\u3000", "\u00a0", "\t", "\r", "\r\n", "\n", " ", "  lead and trail  ", "\ufff9\ufffa\ufffb", "\U000e0001\U000e0041",
    # directions and marks
    "\u202etxet", "\u202d\u202a\u202c", "\u2066\u2067\u2068\u2069", "\u200e\u200f", "\u061c", "\u05d1\u05e8\u05d0\u05e9\u05d9\u05ea", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "a\u202eb\u202cc",
    "e\u0301", "Z\u0351\u036b\u0343\u036a" * 20, "\u0301", "\u0338" * 50,
    # emoji
    "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fe", "1\ufe0f\u20e3", "\u2764\ufe0f",
    # halves of pairs
    "\ud800", "\udfff", "\udc00\ud800", "x\ud83dy",
    # markup and scripts
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg/onload=alert(1)>", "'-alert(1)-'", "javascript:alert(1)", "</title><script>", "<!--", "-->", "<![CDATA[", "]]>", "]]]]><![CDATA[>",
    "&lt;b&gt;", "&#60;b", "&unknown;", "<?xml version='1.0'?>", "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]>&y;", "<a href=\"data:text/html,x\">", "<style>*{}</style>", "{{constructor}}", "${7*7}", "#{7*7}", "<%= 1 %>",
    # queries, shells, formats, paths
    "1'; DROP TABLE users--", "' OR 1=1 -- ", "\" OR \"\"=\"", "); --", "$(touch made)", "`touch made`", "; touch made", "| touch made", "&& touch made", "$HOME", "%PATH%", "%s%n%d", "%x" * 30, "{0}", "{x!r}", "%(x)s", "{", "}", "[", "]", "[x-1]",
    "../../../etc/passwd", "..\\..\\x", "/dev/null", "file:///etc/passwd", "C:\\x", "\\\\host\\x", "~", "~root", ".", "..", "...", "/", "//", "-", "--", "-rf", "--help", "@file", "::", "a::b", "a/b", "a:b:c",
    # names that Windows keeps
    "CON", "PRN", "AUX", "NUL", "COM1", "LPT1.txt", "aux.c", "x.", "desktop.ini",
    # sheets
    "=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "=HYPERLINK(\"http://127.0.0.1\")", "\t=1", "a;b,c\td", "\"a\"\"b\"",
    # terminals
    "\x1b[31mred", "\x1b[2J\x1b[H", "\x1b]0;title\x07", "\x1b]8;;http://127.0.0.1\x07x\x1b]8;;\x07", "\x1bP+q\x1b\\", "\x9b31m", "\x1b[6n", "\rover", "a\x08b", "\x1b(0", "\x1bc",
    # what CI systems obey
    "::error::boo", "\n::error file=x::boo", "\r\n::add-mask::x", "::set-output name=a::b", "::stop-commands::x", "##[error]boo", "\n##vso[task.complete result=Failed]", "##teamcity[x]", "\u2028::error::x", "section_start:1:x\r",
    # lengths
    "x" * 300, "x y " * 500, "\U0001f4a5" * 200, "/" * 300, "a" * 61, "a" * 60,
    # addresses
    "http://a@b:80@c/", "//evil", "http://[::1]/", "http://127.0.0.1:99999/", "mailto:x", "?x=1&y=2", "#frag", "%", "%zz", "%00", "%0d%0aX: y", "+", "a+b c",
)  # fmt: skip
"""No two are equal."""
