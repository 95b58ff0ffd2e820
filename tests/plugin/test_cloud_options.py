"""What is said about the options of cloud mode before any database is asked."""

from __future__ import annotations

from importlib.util import find_spec

import native  # noqa: F401  # before pytester makes a note of what is imported
import pytest

needs_extra = pytest.mark.skipif(find_spec("dbos") is None, reason="needs the extra `durable`")
JOURNEY = (
    "journey: {name: a, steps: [{id: a, request: {method: GET, url: 'http://127.0.0.1:9/'}}]}\n"
)


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (["--reqflo-durable"], {}, "error[RF801]: --reqflo-cloud and --reqflo-durable exclude"),
        (["--reqflo-resume", "-x"], {}, "error[RF801]: --reqflo-cloud and --reqflo-resume exclude"),
        pytest.param(
            *([], {"REQFLO_DATABASE_URL": ""}, "error[RF801]: --reqflo-cloud needs a database"),
            marks=needs_extra,
        ),
        pytest.param(
            *(
                [],
                {"REQFLO_DATABASE_URL": "postgresql://u:canary@[h/d"},
                "error[RF615]: the address",
            ),
            marks=needs_extra,
        ),
        ([], {"REQFLO_CLOUD_PATIENCE_S": "soon"}, "error[RF801]: reqflo_cloud_patience_s: `soon`"),
        (["--reqflo-run-key", "k" * 201], {}, "error[RF801]: --reqflo-run-key: it is longer than"),
    ],
)
def test_what_cannot_be_used_is_refused(pytester, monkeypatch, arguments, variables, message):
    pytester.path.joinpath("a.journey.yaml").write_text(JOURNEY)
    monkeypatch.setenv("REQFLO_DATABASE_URL", "postgresql://u@127.0.0.1:9/d")
    for name, text in variables.items():
        monkeypatch.setenv(name, text)

    result = pytester.runpytest("-p", "no:cacheprovider", "--reqflo-cloud", *arguments)

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    output = result.stdout.str() + result.stderr.str()
    assert message in output
    assert "canary" not in output


def test_to_detach_goes_with_workers(capsys):
    from pytest_reqflo.cli.main import main

    assert main(["run", "a", "--detach"]) == 4
    assert main(["run", "a", "--json"]) == 4
    err = capsys.readouterr().err
    assert "--detach goes with --cloud" in err
    assert "--json goes with --detach" in err
