"""Workers with another master key end no run wrongly: it says which key it needs, and sends nothing."""

from __future__ import annotations

import pytest
from durability import MASTER_KEY, codes_of, journey, step, steps_of
from gates import DurableProject, GatedServer, killed_while

from pytest_reqflo.engine.durable.sealing import Keyring

OTHER = "08" * 32
THREE = journey(step("a"), step("b", "POST"), step("c"), last=(step("clean"),))


def key_id(key):
    return Keyring(bytes.fromhex(key)).active_id


def keys(*given):
    return {"REQFLO_MASTER_KEY": ",".join(given)}


@pytest.fixture
def left(store, server, workers):
    """Return a function: a worker with these keys is killed in the second step of a run."""

    def leave(*given):
        server.hold("POST /b")
        worker = workers.start(variables=keys(*given))
        store.dispatch(THREE, "run-1")
        server.wait_held()
        workers.kill(worker)

    return leave


@pytest.mark.parametrize(
    ("first", "second", "needed", "what"),
    [
        ([MASTER_KEY], [OTHER], MASTER_KEY, "the values of the run cannot be read"),
        ([OTHER, MASTER_KEY], [MASTER_KEY], OTHER, "what the run recorded cannot be read"),
    ],
    ids=["values", "checkpoints"],
)
def test_a_record_that_cannot_be_read(store, server, workers, left, first, second, needed, what):
    left(*first)

    workers.start(variables=keys(*second))
    result = store.result("run-1")

    assert (result.outcome, codes_of(result)) == ("error", ["RF614"])
    assert what in result.document
    assert f"`{key_id(needed)}` is not among those given, `{key_id(second[0])}`" in result.document
    assert list(steps_of(result)) == [
        ("a", "passed"), ("b", "skipped"), ("c", "skipped"), ("clean", "skipped")
    ]  # fmt: skip
    assert server.lines == ["GET /a", "POST /b"]
    store.settled("run-1.1")
    workers.start()
    assert store.result("run-1") == result
    assert store.count("result") == 1


def test_a_worker_with_both_keys_carries_on(store, server, workers, left):
    left(MASTER_KEY)

    workers.start(variables=keys(OTHER, MASTER_KEY))

    assert codes_of(store.result("run-1")) == ["RF510"]
    assert server.lines == ["GET /a", "POST /b", "GET /clean"]


# --- embedded ------------------------------------------------------------------------------------

JOURNEY = """\
journey:
  name: order
  steps:
    - {id: login, request: {method: GET, url: /login}}
    - {id: pay, request: {method: PUT, url: /pay}}
    - {id: ship, request: {method: PUT, url: /ship}}
"""


def test_a_session_with_another_key_leaves_the_run_as_it_is(tmp_path, monkeypatch):
    def project(*given):
        monkeypatch.setenv("REQFLO_MASTER_KEY", ",".join(given))
        return DurableProject(tmp_path, server)

    with GatedServer() as server:
        project().write("order.journey.yaml", JOURNEY)
        server.gate.hold("/pay")
        with killed_while(project(MASTER_KEY)):
            pass
        code, output = project(OTHER).run("--reqflo-resume")
        assert (code, f"the master key with the id `{key_id(MASTER_KEY)}`" in output) == (1, True)
        # What is recorded from here on is sealed with the other key, the values are not.
        server.gate.opened.clear()
        server.gate.hold("/ship")
        with killed_while(project(OTHER, MASTER_KEY), "--reqflo-resume"):
            pass
        code, output = project(MASTER_KEY).run("--reqflo-resume")
        assert (code, f"the master key with the id `{key_id(OTHER)}`" in output) == (1, True)

        code, output = project(OTHER, MASTER_KEY).run("--reqflo-resume")
        assert (code, "1 passed" in output) == (0, True), output
        assert server.lines() == ["GET /login", "PUT /pay", "PUT /pay", "PUT /ship", "PUT /ship"]
