"""What runs in flight learn is hidden in every report, however many of them wait for theirs."""

from __future__ import annotations

import json
import re

import pytest
from servers import ReceivedRequest, json_reply

ROWS = 256
LEAK = re.compile(r"(tok|sess|pin)-\d{3}-[A-Za-z0-9]{4,}")

JOURNEY = """\
journey:
  name: tokens
  inputs: [{name: n}, {name: pin, sensitive: true}]
  data: {rows: [%s]}
  steps:
    - id: log_in
      request: {method: POST, url: "/login/{{ inputs.n }}", json: {pin: "{{ inputs.pin }}"}}
      outputs:
        - {name: token, path: body.access_token}
        - {name: session, path: headers.x-session, sensitive: true}
    - id: use
      request:
        method: GET
        url: "/use/{{ inputs.n }}"
        headers: {authorization: "Bearer {{ steps.log_in.outputs.token }}"}
        query: {session: "{{ steps.log_in.outputs.session }}"}
      assertions:
        - {type: status_code, expected: 200}
        - {type: body_contains, expected: "{{ inputs.pin }}", soft: true}
"""


def answer(request: ReceivedRequest) -> bytes:
    """Give each row a token and a session; show both, and fail one row."""
    number = request.path.rpartition("/")[2]
    if request.path.startswith("/login/"):
        given = {"access_token": f"tok-{number}-Kq7Zz9"}
        return json_reply(given, headers=[("X-Session", f"sess-{number}-Yw2q8")])
    body = {"sent": request.header("authorization"), "query": request.query}
    return json_reply(body, 500 if number == "100" else 200)


@pytest.mark.every_plugin
def test_the_token_of_every_row_is_hidden_in_every_report(meeting) -> None:
    """All but the first are over before the first is reported."""
    server = meeting.server
    server.answer = answer
    server.holds = {"/login/001": f"/use/{ROWS}"}
    rows = ", ".join(f'{{n: "{n:03}", pin: "pin-{n:03}-Vv8xT"}}' for n in range(1, ROWS + 1))
    meeting.write("tokens.journey.yaml", JOURNEY % rows)
    result = meeting.run(
        "-v", "-rA", "--reqflo-concurrency=64", "--junitxml=out.xml", "--report-log=log.jsonl",
        "--reqflo-output=out.json", "-o", "junit_logging=all",
    )  # fmt: skip
    result.assert_outcomes(passed=ROWS - 1, failed=1, warnings=ROWS - 1)
    # Each sent its own.
    sent = {each.path: each.header("authorization") for each in server.requests}
    assert all(sent[f"/use/{n:03}"] == f"Bearer tok-{n:03}-Kq7Zz9" for n in range(1, ROWS + 1))
    texts = {
        name: (meeting.path / name).read_text() for name in ("out.xml", "log.jsonl", "out.json")
    }
    texts["terminal"] = result.stdout.str() + result.stderr.str()
    for name, text in texts.items():
        found = LEAK.search(text)
        assert found is None, f"{name}: {text[max(0, found.start() - 200) : found.end()]}"
    results = json.loads(texts["out.json"])["results"]
    assert len({each["identity"]["run_id"] for each in results}) == ROWS
    # What failed shows that there was something to hide.
    assert "tokens.journey.yaml::row-00100" in texts["terminal"]
    assert re.search(r'"sent": "Bearer \S*\[|\*\*', texts["terminal"]), texts["terminal"][-4000:]
