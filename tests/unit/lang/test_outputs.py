from __future__ import annotations

import pytest

from pytest_reqflo.lang.outputs import OutputPath, make_output_path, parse_output_path
from pytest_reqflo.lang.template import TemplateProblem


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("body", OutputPath("body")),
        ("body.a.b[0]", OutputPath("body", ("a", "b", 0))),
        ("response.body.data.token", OutputPath("body", ("data", "token"))),
        ('body["a b"][-1]', OutputPath("body", ("a b", -1))),
        ("headers.x-request-id", OutputPath("headers", ("x-request-id",))),
        ("headers_all.set-cookie[0]", OutputPath("headers_all", ("set-cookie", 0))),
        ("cookies.sid", OutputPath("cookies", ("sid",))),
        ("status", OutputPath("status")),
        ("url", OutputPath("url")),
        ("request.headers.x", OutputPath("request", ("headers", "x"))),
        ("$.data.id", OutputPath("json_path", (), "$.data.id")),
    ],
)
def test_an_output_path_takes(text, path):
    assert parse_output_path(text) == path


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "a path ends too early", ""),
        ("bdy.a", "unknown source `bdy` of an output", "did you mean `body`?"),
        ("response", "unknown source `response` of an output", "Sources: body"),
        ("body.", "a path ends too early", ""),
        ("body a", "`.` or `[` must follow, found ` `", ""),
        ("body[", "a path ends too early", ""),
        ('body["a', "a quote is not closed", ""),
        ("body.items.0", "`.0` is neither item nor key", "write `[0]`"),
        ("headers", "`headers` must be followed by a name", "write `headers.NAME`"),
        ("headers.x[0]", "one of the `headers` is text and has no parts", "`headers_all.NAME[0]`"),
        ("cookies[0]", "`cookies` must be followed by a name", "write `cookies.NAME`"),
        ("status.code", "`status` has no parts", "write `status`"),
        ("{{ inputs.x }}", "a path begins with a name, found `{`", ""),
    ],
)
def test_a_malformed_output_path_is_refused(text, message, hint):
    with pytest.raises(TemplateProblem) as caught:
        parse_output_path(text)
    assert (caught.value.code, caught.value.message) == ("RF215", message)
    assert caught.value.hint.startswith(hint)
    assert 0 <= caught.value.offset <= len(text)


def test_segments_of_an_expression_make_the_same_path():
    assert make_output_path(("body", "a", 0)) == parse_output_path("body.a[0]")
