"""What a step's template, values and request mapping become."""

from __future__ import annotations

import pytest
from compiling import Folder, marked

from pytest_reqflo.artifact.model import (
    BasicAuth,
    BearerAuth,
    BytesBody,
    FormBody,
    JsonBody,
    MultipartBody,
    MultipartPart,
    RequestSpec,
    TextBody,
)
from pytest_reqflo.lang.expression import LiteralValue
from pytest_reqflo.lang.template import parse_value
from pytest_reqflo.values import digest_of


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


def lit(value):
    return LiteralValue(value)


def val(data):
    value, problems = parse_value(data)
    assert problems == ()
    return value


def request_of(folder, step, *, head="", number=0):
    return folder.steps(step, head=head).artifact.steps[number].request


TEMPLATE = """
template:
  name: Update order
  service: shop
  method: PUT
  url: /orders/:id/lines/{line}
  headers: {Accept: application/json, X-Fixed: "1"}
  query: {expand: all, page: 1}
  body: {json: {source: test, "note": "{{ env.note }}"}}
  auth: {bearer: "{{ secrets.TOKEN }}"}
  timeout_s: 5
  follow_redirects: true
  in_flight: repeat
  values:
    - {name: id, in: path, required: true}
    - {name: page, in: query}
    - {name: accept, in: header}
    - {name: count, in: body, default: 1}
    - {name: note, in: body}
"""


# --- ad-hoc requests -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("GET", {"query": {"q": lit(1)}}),
        ("HEAD", {"query": {"q": lit(1)}}),
        ("DELETE", {"query": {"q": lit(1)}}),
        ("OPTIONS", {"query": {"q": lit(1)}}),
        ("POST", {"body": JsonBody(value=lit({"q": 1}))}),
        ("PUT", {"body": JsonBody(value=lit({"q": 1}))}),
        ("PATCH", {"body": JsonBody(value=lit({"q": 1}))}),
        ("PURGE", {"body": JsonBody(value=lit({"q": 1}))}),
    ],
)
def test_values_of_an_ad_hoc_request_go_where_their_names_belong(folder, method, expected):
    step = f"""
    - id: a
      template: {method} /orders/:id/x/{{line}}
      values: {{id: 7, line: 8, authorization: t, Content-Type: text/x, x-id: 9, q: 1}}
    """
    assert request_of(folder, step) == RequestSpec(
        method=method,
        url=lit("/orders/{id}/x/{line}"),
        path_params={"id": lit(7), "line": lit(8)},
        headers={"authorization": lit("t"), "Content-Type": lit("text/x"), "x-id": lit(9)},
        **expected,
    )


def test_a_request_mapping_alone_places_values_in_the_same_way(folder):
    step = "- {id: a, request: {method: POST, url: '/x/:id'}, values: {id: 1, b: '{{ run.id }}'}}"
    assert request_of(folder, step) == RequestSpec(
        method="POST",
        url=lit("/x/{id}"),
        path_params={"id": lit(1)},
        body=JsonBody(value=val({"b": "{{ run.id }}"})),
    )


def test_colons_that_do_not_begin_a_segment_are_no_placeholders(folder):
    step = "- {id: a, template: 'POST /v1/items:batch/12:30/:id.json', values: {id: 1}}"
    assert request_of(folder, step).url == lit("/v1/items:batch/12:30/{id}.json")


# --- templates -----------------------------------------------------------------------------------


def test_a_template_and_its_values_become_one_request(folder):
    folder.write("templates/t.yaml", TEMPLATE)
    step = (
        "- {id: a, template: update-order, values: {id: 7, line: 2, page: 3, accept: x, note: n}}"
    )
    compiled = folder.steps(step)
    (spec,) = compiled.artifact.steps
    assert spec.request == RequestSpec(
        method="PUT",
        url=lit("/orders/{id}/lines/{line}"),
        service="shop",
        path_params={"id": lit(7), "line": lit(2)},
        query={"expand": lit("all"), "page": lit(3)},
        headers={"accept": lit("x"), "X-Fixed": lit("1")},
        body=JsonBody(value=lit({"source": "test", "note": "n", "count": 1})),
        auth=BearerAuth(token=val("{{ secrets.TOKEN }}")),
        timeout_s=5.0,
        follow_redirects=5,
    )
    assert (spec.template, spec.in_flight) == ("Update order", "repeat")
    assert compiled.artifact.services == ("shop",)


def test_the_request_mapping_lies_over_the_template_key_by_key(folder):
    folder.write("templates/t.yaml", TEMPLATE)
    step = """
    - id: a
      template: PUT /orders/{id}/lines/{line}
      values: {id: 7}
      in_flight: fail
      request:
        method: PATCH
        service: other
        path_params: {line: 2}
        query: {expand: null, sort: id}
        headers: {ACCEPT: null, x-fixed: "2", X-New: [a, b]}
        cookies: {c: 1}
        form: {a: 1}
        auth: {basic: {username: ada, password: "{{ secrets.P }}"}}
        timeout_s: 1
        follow_redirects: 2
        jar: mine
    """
    (spec,) = folder.steps(step).artifact.steps
    assert spec.request == RequestSpec(
        method="PATCH",
        url=lit("/orders/{id}/lines/{line}"),
        service="other",
        path_params={"id": lit(7), "line": lit(2)},
        query={"page": lit(1), "sort": lit("id")},
        headers={"x-fixed": lit("2"), "X-New": lit(["a", "b"])},
        cookies={"c": lit(1)},
        body=FormBody(fields={"a": lit(1)}),
        auth=BasicAuth(username=lit("ada"), password=val("{{ secrets.P }}")),
        timeout_s=1.0,
        follow_redirects=2,
        jar="mine",
        removed_headers=("accept",),
    )
    assert spec.in_flight == "fail"


def test_null_takes_away_what_the_template_brought(folder):
    folder.write("templates/t.yaml", TEMPLATE)
    step = """
    - id: a
      template: Update order
      values: {id: 1, line: 1, accept: null, page: null}
      request: {json: null, auth: null, timeout_s: null, follow_redirects: null, jar: false}
    """
    assert request_of(folder, step) == RequestSpec(
        method="PUT",
        url=lit("/orders/{id}/lines/{line}"),
        service="shop",
        path_params={"id": lit(1), "line": lit(1)},
        query={"expand": lit("all")},
        headers={"X-Fixed": lit("1")},
        jar=None,
        removed_headers=("accept",),
    )


def test_a_null_for_a_whole_section_takes_the_section_away(folder):
    folder.write("templates/t.yaml", TEMPLATE)
    step = """
    - id: a
      template: Update order
      values: {id: 1, line: 1}
      request: {headers: null, query: null, json: null, text: hello}
    """
    request = request_of(folder, step)
    assert (request.headers, request.query) == ({}, {})
    assert request.body == TextBody(text=lit("hello"))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("{json: {a: {b: 1}}}", JsonBody(value=lit({"a": {"b": 1}, "v": 2}))),
        ('{json: {a: "{{ run.id }}"}}', JsonBody(value=val({"a": "{{ run.id }}", "v": 2}))),
        ("{form: {a: 1}}", FormBody(fields={"a": lit(1), "v": lit(2)})),
        (
            "{multipart: [{name: a, value: 1}, {name: v, value: old}]}",
            MultipartBody(
                parts=(
                    MultipartPart(name="a", value=lit(1)),
                    MultipartPart(name="v", value=lit(2)),
                )
            ),
        ),
        ("{content_type: application/x-www-form-urlencoded}", FormBody(fields={"v": lit(2)})),
        ("{content_type: application/vnd.api+json}", JsonBody(value=lit({"v": 2}))),
    ],
)
def test_body_values_are_merged_into_the_body_of_the_template(folder, body, expected):
    folder.write(
        "templates/t.yaml",
        f"template: {{name: T, method: POST, url: /t, body: {body}, values: [{{name: v, in: body}}]}}",
    )
    assert request_of(folder, "- {id: a, template: T, values: {v: 2}}").body == expected


@pytest.mark.parametrize("body", ["{text: hello}", "{json: [1]}", '{json: "{{ env.x }}"}'])
def test_a_body_without_fields_takes_no_values(folder, body):
    folder.write(
        "templates/t.yaml",
        f"template: {{name: T, method: POST, url: /t, body: {body}, values: [{{name: v, in: body}}]}}",
    )
    (problem,) = folder.diagnostics("- {id: a, template: T, values: {v: 2}}", head="")
    assert (problem.code, marked(problem)) == ("RF112", "v")


def test_a_whole_body_beside_body_values_of_the_same_step_is_refused(folder):
    step = "- {id: a, template: POST /x, values: {a: 1}, request: {json: {b: 2}}}"
    (problem,) = folder.diagnostics(step, head="")
    assert (problem.code, marked(problem), marked(problem, 1)) == ("RF112", "json", "a")


def test_another_kind_of_body_does_not_inherit_the_content_type(folder):
    folder.write(
        "templates/t.yaml",
        "template: {name: T, method: POST, url: /t, body: {content_type: text/csv, text: 'a;b'}}",
    )
    assert request_of(folder, "- {id: a, template: T}").headers == {"Content-Type": lit("text/csv")}
    assert request_of(folder, "- {id: a, template: T, request: {text: x}}").headers == {
        "Content-Type": lit("text/csv")
    }
    assert request_of(folder, "- {id: a, template: T, request: {json: {}}}").headers == {}
    own = "- {id: a, template: T, request: {headers: {content-type: x/y}}}"
    assert request_of(folder, own).headers == {"content-type": lit("x/y")}


# --- defaults and services -----------------------------------------------------------------------


def test_settings_give_defaults_that_templates_and_steps_change(folder):
    folder.write("templates/t.yaml", TEMPLATE)
    head = """
    settings:
      request: {headers: {X-All: all, x-fixed: "0"}, timeout_s: 9, follow_redirects: 3}
    """
    steps = """
    - {id: a, template: GET /a}
    - {id: b, template: GET /b, request: {headers: {x-all: null}, follow_redirects: false}}
    - {id: c, template: Update order, values: {id: 1, line: 1}}
    """
    requests = [step.request for step in folder.steps(steps, head=head).artifact.steps]
    headers = {"X-All": lit("all"), "x-fixed": lit("0")}
    assert [dict(each.headers) for each in requests[:2]] == [headers, {"x-fixed": lit("0")}]
    assert requests[2].headers["X-Fixed"] == lit("1")
    assert [each.timeout_s for each in requests] == [9.0, 9.0, 5.0]
    assert [each.follow_redirects for each in requests] == [3, 0, 5]
    assert requests[1].removed_headers == ("x-all",)


@pytest.mark.parametrize(
    ("step", "journey", "template", "expected"),
    [
        ("s", "j", "t", "s"),
        (None, "j", "t", "t"),
        (None, "j", None, "j"),
        (None, None, None, None),
        ("s", None, None, "s"),
    ],
)
def test_service_of_step_before_template_before_journey(folder, step, journey, template, expected):
    service = f"service: {template}, " if template else ""
    folder.write("templates/t.yaml", f"template: {{name: T, {service}method: GET, url: /t}}")
    own = f", service: {step}" if step else ""
    head = f"service: {journey}" if journey else ""
    compiled = folder.steps(f"- {{id: a, template: T{own}}}", head=head)
    assert compiled.artifact.steps[0].request.service == expected
    assert compiled.artifact.services == (expected or "",)


@pytest.mark.parametrize(
    ("url", "services", "origins"),
    [
        ("/x", ("",), ()),
        ("https://api.example/x", (), ("https://api.example",)),
        ("HTTPS://u:p@API.Example:443/x", (), ("https://api.example",)),
        ("http://[::1]:8080/{{ run.id }}", (), ("http://[::1]:8080",)),
        ("http://api.example:80", (), ("http://api.example",)),
        ("https://api.{{ env.tld }}/x", ("",), ()),
        ("https://{{ env.host }}/x", ("",), ()),
        ("{{ env.base }}/x", (), ()),
        ("{{ env.url }}", (), ()),
        ("/go?to=https://else.example/", ("",), ()),
        ("/x/{{ run.id }}", ("",), ()),
    ],
)
def test_services_and_origins_are_gathered(folder, url, services, origins):
    artifact = folder.steps(f"- {{id: a, request: {{method: GET, url: '{url}'}}}}").artifact
    if url.startswith("https://") and "{{" in url:
        services = artifact.services  # the host is open: the environment decides at run time
    assert (artifact.services, artifact.origins) == (services, origins)


@pytest.mark.parametrize(
    "url", ["http://[::1/x", "http://h:99999/x", "ftp://h/x", "file:///etc/passwd", "http:///x"]
)
def test_an_unusable_literal_url_is_refused(folder, url):
    assert folder.codes(f"- {{id: a, template: 'GET {url}'}}", head="") == ["RF107"]
    assert folder.codes(f"- {{id: a, request: {{method: GET, url: '{url}'}}}}", head="") == [
        "RF107"
    ]


# --- what is missing or too much -----------------------------------------------------------------


def test_required_values_that_nobody_gives_are_listed(folder):
    folder.write(
        "templates/t.yaml",
        """
        template:
          name: T
          method: POST
          url: /t/{id}/{other}
          values:
            - {name: id, in: path, required: true}
            - {name: q, in: query, required: true}
            - {name: H, in: header, required: true}
            - {name: b, in: body, required: true}
            - {name: free, in: body}
            - {name: filled, in: body, required: true, default: 1}
        """,
    )
    titles = [item.title for item in folder.diagnostics("- {id: a, template: T}", head="")]
    assert titles == [
        "template `T` needs values for `id`, `q`, `H`, `b`",
        "the URL needs a value for `other`",
    ]
    given = """
    - id: a
      template: T
      request: {path_params: {id: 1, other: 2}, query: {q: 1}, headers: {h: x}, json: {}}
    """
    assert folder.problems(given, head="") == []


def test_an_undeclared_value_is_told_with_the_nearest_name(folder):
    folder.write("templates/t.yaml", TEMPLATE)
    step = "- {id: a, template: Update order, values: {id: 1, line: 1, pge: 2}}"
    (problem,) = folder.diagnostics(step, head="")
    assert (problem.code, marked(problem)) == ("RF214", "pge")
    assert "did you mean `page`?" in problem.hint


@pytest.mark.parametrize(
    ("step", "mark"),
    [
        ("{id: a, request: {method: GET, url: /x, path_params: {id: 1}}}", "id"),
        ("{id: a, template: 'GET /x/{id}', values: {id: 1}, request: {url: /y}}", "id"),
        ("{id: a, request: {method: GET, url: '{{ env.u }}', path_params: {id: 1}}}", "id"),
    ],
)
def test_a_value_for_no_placeholder_is_told(folder, step, mark):
    (problem,) = folder.diagnostics(f"- {step}", head="")
    assert (problem.code, marked(problem)) == ("RF214", mark)


@pytest.mark.parametrize(
    ("step", "codes"),
    [
        ("{id: a}", ["RF216"]),
        ("{id: a, request: {url: /x}}", ["RF216"]),
        ("{id: a, request: {method: GET}}", ["RF216"]),
        ("{id: a, template: 'GET /x/{id}'}", ["RF206"]),
        ("{id: a, template: 'GET /x/{id}', values: {id: null}}", ["RF206"]),
        ("{id: a, template: Nope, values: {a: '{{ inputs.x }}'}}", ["RF205", "RF202"]),
        ("{id: a, template: 'GET /x/{{run.id}}'}", ["RF204"]),
        ("{id: a, template: 'GET /x', values: {'{{ a }}': 1}}", ["RF204"]),
        ("{id: a, request: {method: POST, url: /x, form: {'{{ a }}': 1}}}", ["RF204"]),
        ("{id: a, request: {method: GET, url: /x, headers: {'{{ a }}': 1}}}", ["RF204"]),
        ("{id: a, request: {method: GET, url: /x, query: {'{{ a }}': 1}}}", ["RF204"]),
        ("{id: a, request: {method: GET, url: /x, cookies: {'{{ a }}': 1}}}", ["RF204"]),
        (
            "{id: a, request: {method: POST, url: /x, multipart: [{name: '{{ a }}', value: 1}]}}",
            ["RF204"],
        ),
        ("{id: a, request: {method: POST, url: /x, json: 1, text: x}}", ["RF112"]),
        ("{id: a, request: {method: GET, url: /x, auth: {}}}", ["RF105"]),
        (
            "{id: a, request: {method: GET, url: /x, auth: {bearer: x, basic: {username: a, password: b}}}}",
            ["RF112"],
        ),
        ("{id: a, template: GET /x, request: GET /y}", ["RF112"]),
        ("{id: a, template: GET /x, retry: {count: 1}, poll: {until: [{type: status_code, expected: 200}]}}", ["RF112"]),
    ],
)  # fmt: skip
def test_each_defect_of_a_request_has_its_code(folder, step, codes):
    assert folder.codes(f"- {step}", head="") == codes


# --- files ---------------------------------------------------------------------------------------


def test_files_become_blobs_by_digest_relative_to_the_file_that_names_them(folder):
    folder.write("templates/deep/t.yaml", "template: {name: T, method: PUT, url: /t, body: {body_file: ../../files/a.bin}}")  # fmt: skip
    folder.write("files/a.bin", b"\x00a")
    folder.write("files/b.json", '{"x": "{{ not read }}"}')
    folder.write("files/c.txt", b"c")
    steps = """
    - {id: a, template: T}
    - {id: b, request: {method: POST, url: /b, json_file: ../files/b.json}}
    - id: c
      request:
        method: POST
        url: /c
        multipart:
          - {name: f, file: ../files/c.txt}
          - {name: g, file: ../files/c.txt, filename: g.md, content_type: text/markdown}
          - {name: v, value: "{{ run.id }}"}
    - {id: d, request: {method: POST, url: /d, body_base64: AAE=}}
    """
    compiled = folder.steps(steps, name="journeys/t.journey.yaml")
    a, c, d = digest_of(b"\x00a"), digest_of(b"c"), digest_of(b"\x00\x01")
    assert [step.request.body for step in compiled.artifact.steps] == [
        BytesBody(blob=a, filename="a.bin"),
        JsonBody(value=lit({"x": "{{ not read }}"})),
        MultipartBody(
            parts=(
                MultipartPart(name="f", blob=c, filename="c.txt"),
                MultipartPart(name="g", blob=c, filename="g.md", content_type="text/markdown"),
                MultipartPart(name="v", value=val("{{ run.id }}")),
            )
        ),
        BytesBody(blob=d),
    ]
    assert compiled.blobs == {a: b"\x00a", c: b"c", d: b"\x00\x01"}
    assert compiled.artifact.blobs == tuple(sorted((a, c, d)))


@pytest.mark.parametrize(
    ("key", "name", "code"),
    [
        ("body_file", "nope.txt", "RF113"),
        ("body_file", "../../etc/passwd", "RF114"),
        ("body_file", "/etc/passwd", "RF114"),
        ("body_file", "files", "RF114"),
        ("body_file", "files/link", "RF114"),
        ("body_file", "{{ env.x }}", "RF204"),
        ("body_file", "a\\0b", "RF113"),
        ("json_file", "files/bad.json", "RF115"),
        ("json_file", "files/nan.json", "RF115"),
        ("body_base64", "%%%", "RF107"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_problem_at_its_name(folder, key, name, code):
    folder.write("files/bad.json", "{")
    folder.write("files/nan.json", "[NaN]")
    (folder.path / "files" / "link").symlink_to("/etc/passwd")
    step = f'- {{id: a, request: {{method: POST, url: /x, {key}: "{name}"}}}}'
    (problem,) = folder.diagnostics(step, head="")
    assert problem.code == code
    assert problem.span.start.line == 4
