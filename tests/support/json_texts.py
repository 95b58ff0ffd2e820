"""JSON texts of every class that parsers differ on, made by a table: names, bytes, what is meant.

`y_` must be accepted with the value given, `n_` must be refused, `i_` is left to the implementation.
"""

from __future__ import annotations

from typing import Any

Accepted = dict[str, tuple[bytes, Any]]


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _accepted() -> Accepted:
    found: dict[str, tuple[str | bytes, Any]] = {}
    numbers = {
        "zero": ("0", 0), "minus_zero": ("-0", 0), "integer": ("123", 123), "negative": ("-7", -7),
        "fraction": ("1.25", 1.25), "exponent": ("1e2", 100.0), "capital": ("1E2", 100.0),
        "plus": ("1e+2", 100.0), "minus": ("1e-2", 0.01), "zero_exponent": ("0e1", 0.0),
        "both": ("12.5e-1", 1.25), "leading_exponent": ("1e02", 100.0), "large": ("9007199254740993", 2**53 + 1),
        "beyond_64": ("123456789012345678901234567890", 123456789012345678901234567890), "small": ("1e-9", 1e-9),
        "max_double": ("1.7976931348623157e308", 1.7976931348623157e308), "tiny": ("5e-324", 5e-324),
        "long_fraction": ("0." + "1" * 60, float("0." + "1" * 60)), "digits_4000": ("9" * 4000, int("9" * 4000)),
    }  # fmt: skip
    found |= {f"number_{name}": pair for name, pair in numbers.items()}
    found |= {
        f"number_{name}_in_list": (f"[{text}]", [value]) for name, (text, value) in numbers.items()
    }
    strings = {
        "empty": ('""', ""), "ascii": ('"abc"', "abc"), "blank": ('" "', " "), "quote": (r'"\""', '"'),
        "backslash": (r'"\\"', "\\"), "slash": (r'"\/"', "/"), "plain_slash": ('"/"', "/"),
        "controls": (r'"\b\f\n\r\t"', "\b\f\n\r\t"), "nul": (r'"\u0000"', "\0"), "escape": (r'"\u00e9"', "é"),
        "upper": (r'"\u00E9"', "é"), "raw": ('"é"', "é"), "pair": (r'"\ud83d\ude00"', "😀"), "raw_pair": ('"😀"', "😀"),
        "line_separator": ('"\u2028\u2029"', "\u2028\u2029"), "delete": ('"\x7f"', "\x7f"), "noncharacter": ('"\uffff"', "\uffff"),
        "last": (r'"\udbff\udfff"', "\U0010ffff"), "bidi": ('"\u202e"', "\u202e"), "escape_of_escape": (r'"\\u0041"', "\\u0041"),
        "brackets": ('"]}[{,:"', "]}[{,:"), "comment": ('"/* x */"', "/* x */"), "number": ('"1"', "1"),
        "long": ('"' + "x" * 5000 + '"', "x" * 5000), "combining": ('"e\u0301"', "e\u0301"), "mark_inside": ('"\ufeff"', "\ufeff"),
    }  # fmt: skip
    found |= {f"string_{name}": pair for name, pair in strings.items()}
    found |= {
        f"string_{name}_as_key": (f"{{{text}: 1}}", {value: 1})
        for name, (text, value) in strings.items()
        if name != "long"
    }
    found |= {
        "literal_true": ("true", True), "literal_false": ("false", False), "literal_null": ("null", None),
        "list_empty": ("[]", []), "list_nested": ("[[], [[]]]", [[], [[]]]), "list_mixed": ('[1, "a", null, {}]', [1, "a", None, {}]),
        "list_blanks": (" [ 1 ,\t2\n,\r3 ] ", [1, 2, 3]), "list_deep": ("[" * 150 + "]" * 150, None),
        "object_empty": ("{}", {}), "object_nested": ('{"a": {"b": []}}', {"a": {"b": []}}),
        "object_empty_key": ('{"": 0}', {"": 0}), "object_blanks": ('{ "a" : 1 , "b" : 2 }', {"a": 1, "b": 2}),
        "object_duplicate": ('{"a": 1, "a": 2}', {"a": 2}), "object_same_twice": ('{"a": 1, "a": 1}', {"a": 1}),
        "object_long_key": ('{"' + "k" * 3000 + '": 1}', {"k" * 3000: 1}), "object_proto": ('{"__proto__": 1}', {"__proto__": 1}),
        "structure_trailing_newline": ("[]\n", []), "structure_leading_blank": ("\n []", []),
    }  # fmt: skip
    deep: Any = []
    for _ in range(149):
        deep = [deep]
    found["list_deep"] = (found["list_deep"][0], deep)
    return {f"y_{name}": (_bytes(text), value) for name, (text, value) in found.items()}


ACCEPTED: Accepted = _accepted()

REFUSED: dict[str, bytes] = {
    f"n_{name}": _bytes(text)
    for name, text in {
        "number_plus": "[+1]", "number_leading_zero": "[012]", "number_negative_zero": "[-012]", "number_dot": "[.5]",
        "number_dot_end": "[1.]", "number_exponent_end": "[1e]", "number_exponent_sign": "[1e+]", "number_hex": "[0x1]",
        "number_underscore": "[1_000]", "number_two_dots": "[1.2.3]", "number_minus": "[-]", "number_minus_blank": "[- 1]",
        "number_nan": "[NaN]", "number_minus_nan": "[-NaN]", "number_infinity": "[Infinity]", "number_minus_infinity": "[-Infinity]",
        "number_inf": "[inf]", "number_letters": "[1a]", "number_full_width": "[１]", "number_arabic": "[\u0661]",
        "number_comma": "[1,5,]", "number_double_minus": "[--1]", "number_expression": "[1+2]", "number_1e400": "[1e400]",
        "number_minus_1e400": "[-1e400]", "number_long_exponent": "[1e" + "9" * 300 + "]",
        "string_single": "['a']", "string_open": '["a', "string_only_quote": '"', "string_bad_escape": r'["\x41"]',
        "string_bad_u": r'["\u00g1"]', "string_short_u": r'["\u00"]', "string_raw_newline": '["a\nb"]', "string_raw_tab": '["a\tb"]',
        "string_raw_nul": '["a\0b"]', "string_backslash_end": '["a\\', "string_capital_u": r'["\U0041"]', "string_octal": r'["\101"]',
        "string_no_quotes": "[abc]", "string_backtick": "[`a`]", "string_escaped_blank": r'["\ "]', "string_emoji_escape": '["\\\U0001f600"]',
        "list_open": "[1", "list_close": "]", "list_comma": "[,]", "list_trailing": "[1,]", "list_two_commas": "[1,,2]",
        "list_no_comma": "[1 2]", "list_colon": "[1:2]", "list_leading": "[,1]", "list_wrong_close": "[1}", "list_star": "[*]",
        "list_semicolon": "[1;2]", "list_newline": "[1\n2]", "list_only_open": "[" * 199, "list_202_levels": "[" * 202 + "]" * 202,
        "list_50_000_levels": "[" * 50_000 + "]" * 50_000, "list_50_000_open": "[" * 50_000,
        "object_open": '{"a": 1', "object_close": "}", "object_no_colon": '{"a" 1}', "object_no_value": '{"a":}', "object_no_key": "{: 1}",
        "object_bare_key": "{a: 1}", "object_number_key": "{1: 1}", "object_trailing": '{"a": 1,}', "object_two_commas": '{"a": 1,, "b": 2}',
        "object_single_quotes": "{'a': 1}", "object_equals": '{"a" = 1}', "object_comment": '{"a": 1 /* c */}', "object_null_key": "{null: 1}",
        "object_list_key": '{["a"]: 1}', "object_key_only": '{"a"}', "object_wrong_close": '{"a": 1]', "object_comma_for_colon": '{"a", 1}',
        "object_50_000_levels": '{"a":' * 50_000 + "1" + "}" * 50_000, "object_two_colons": '{"a":: 1}',
        "structure_empty": "", "structure_blank": " ", "structure_two": "[][]", "structure_trailing": "[] x", "structure_comment": "[] // c",
        "structure_hash": "[] # c", "structure_true": "True", "structure_none": "None", "structure_undefined": "undefined",
        "structure_xml": "<a/>", "structure_nul": "[]\0", "structure_capital_null": "[NULL]", "structure_truncated_true": "[tru]",
        "structure_form_feed": "[\f]", "structure_no_break": "[\u00a0]", "structure_mark_inside": "[\ufeff]", "structure_zero_width": "[\u200b]",
        "structure_lone_comma": ",", "structure_javascript": "([])", "structure_yaml": "- a", "structure_literal_joined": "[truefalse]",
        "encoding_invalid_byte": b'["\xff"]', "encoding_lone_continuation": b'["\x81"]', "encoding_cut": b'["\xe0\xff"]', "encoding_overlong": b'["\xc0\xaf"]',
        "encoding_latin1": b'["caf\xe9"]', "encoding_beyond": b'["\xf4\xbf\xbf\xbf"]', "encoding_outside": b"\xff[]", "encoding_half_mark": b"\xef\xbb[]",
    }.items()
}  # fmt: skip

EITHER: dict[str, bytes] = {
    f"i_{name}": _bytes(text)
    for name, text in {
        "string_high_alone": r'["\ud800"]', "string_low_alone": r'["\udc00"]', "string_reversed": r'["\udc00\ud800"]', "string_two_high": r'["\ud800\ud800"]',
        "string_half_escape": r'["\ud800\n"]', "key_high_alone": r'{"\ud800": 1}', "key_low_twice": r'{"\udc00": 1, "\udc00": 2}', "string_high_letter": r'["\uD800abc"]',
        "number_digits_4301": "[" + "9" * 4301 + "]", "number_digits_100_000": "[" + "9" * 100_000 + "]", "number_tiny": "[1e-999]", "number_minus_tiny": "[-1e-999]",
        "number_large_exponent": "[0e999999999]", "number_beyond_double": "[1.79769313486231581e308]", "structure_200_levels": "[" * 200 + "]" * 200,
        "encoding_mark": b"\xef\xbb\xbf[]", "encoding_utf16": "[1]".encode("utf-16"), "encoding_utf16_le": "[1]".encode("utf-16-le"), "encoding_utf16_be": "[1]".encode("utf-16-be"),
        "encoding_utf32": "[1]".encode("utf-32"), "encoding_utf8_surrogate": b'["\xed\xa0\x80"]', "encoding_two_marks": b"\xef\xbb\xbf\xef\xbb\xbf[]", "encoding_only_mark": b"\xef\xbb\xbf",
        "encoding_utf16_mark_only": b"\xff\xfe", "structure_many_objects": "[" + "{}," * 60_000 + "{}]", "structure_many_lists": "[" + "[]," * 60_000 + "[]]",
    }.items()
}  # fmt: skip
