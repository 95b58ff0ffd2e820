"""Grants in whole runs: who gets the secret, and that the others reach neither provider nor server."""

from __future__ import annotations

import os
import sys

import pytest

VALUE = "value-91bc-of-payments"


@pytest.fixture
def granted(project):
    """A project with one granted secret, kept by a program that notes what it is asked for."""
    program = project.write(
        "find-secret",
        f"#!{sys.executable}\nimport sys\nopen('asked', 'a').write(sys.argv[1] + ' ')\n"
        f"print({VALUE!r})\n",
    )
    program.chmod(0o700)
    project.ini("reqflo_secret_command = ./find-secret {name}", "markers = smoke")
    return project


def grant(project, text: str) -> None:
    project.write(
        "environments/local.yaml",
        f"environment:\n  name: local\n  services:\n    default: {{base_url: {project.server.url}}}\n"
        f"  secrets:\n    providers: [command]\n    grants: {text}\n",
    )


def journey(project, name: str = "checkout-eu.journey.yaml", head: str = "", secret="PAYMENTS_KEY"):
    return project.journey(name, "/pay?key={{ secrets.%s }}" % secret, head=head)  # noqa: UP031


def asked(project) -> str:
    path = project.path / "asked"
    return path.read_text() if path.exists() else ""


def assert_refused(project, result, *lines: str, sent: int = 0) -> None:
    result.assert_outcomes(failed=1)
    text = result.stdout.str() + result.stderr.str()
    assert "error[RF306]" in text
    for line in lines:
        assert line in text
    assert len(project.server.log) == sent
    assert VALUE not in text


@pytest.mark.parametrize(
    "text",
    [
        "{PAYMENTS_*: {journeys: ['checkout-*']}}",
        "{PAYMENTS_KEY: {tags: [smoke]}}",
        "{'*': {files: ['journeys/payments/**']}}",
    ],
)
def test_a_grant_by_id_tag_or_file_lets_the_journey_use_the_secret(granted, text):
    grant(granted, text)
    journey(granted, "journeys/payments/checkout-eu.journey.yaml", "tags: [smoke]")
    granted.run().assert_outcomes(passed=1)
    assert [path for _, path, _ in granted.server.log] == [f"/pay?key={VALUE}"]


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{OTHER: {journeys: ['*']}}",
        "{PAYMENTS_*: {journeys: [checkout], tags: [payments], files: ['journeys/payments/**']}}",
        "{PAYMENTS_*: {}}",
    ],
)
def test_what_is_not_granted_is_refused_before_anybody_is_asked(granted, text):
    grant(granted, text)
    journey(granted, "journeys/other/checkout-eu.journey.yaml", "tags: [smoke]")
    assert_refused(
        granted, granted.run(),
        "the secret `PAYMENTS_KEY` is not granted to this journey",
        "environment `local` grants each secret by name: environments/local.yaml",
    )  # fmt: skip
    assert asked(granted) == ""


def test_all_refused_names_are_told_at_once_and_those_of_variables_and_headers_count(granted):
    granted.write(
        "environments/local.yaml",
        f"""
        environment:
          name: local
          services:
            default:
              base_url: {granted.server.url}
              headers: {{x-key: "{{{{ secrets.OF_THE_SERVICE }}}}"}}
          secrets: {{providers: [command], grants: {{FREE: {{journeys: ["*"]}}}}}}
        """,
    )
    granted.journey(
        "a.journey.yaml", "/{{ secrets.FREE }}", "/{{ variables.v }}/{{ secrets.ALPHA }}",
        head="variables: [{name: v, source: secret, key: ZULU}]",
    )  # fmt: skip
    assert_refused(
        granted, granted.run(),
        "the secrets `ALPHA`, `OF_THE_SERVICE` and `ZULU` are not granted to this journey",
        "`ALPHA` is granted to nobody",
    )  # fmt: skip
    assert asked(granted) == ""


def test_a_case_that_brings_a_secret_in_is_refused_too(granted):
    grant(granted, "{FREE: {journeys: ['*']}}")
    granted.journey(
        "a.journey.yaml", "/x?y={{ inputs.a }}",
        head="inputs: [{name: a}]\ncases: [{name: c, values: {a: '{{ secrets.PAYMENTS_KEY }}'}}]",
    )  # fmt: skip
    assert_refused(granted, granted.run())
    assert asked(granted) == ""


def test_a_tag_of_a_case_counts_for_that_case(granted):
    grant(granted, "{'*': {tags: [smoke]}}")
    journey(granted, head="cases: [{name: a, tags: [smoke]}, {name: b}]")
    granted.run().assert_outcomes(passed=1, failed=1)
    assert len(granted.server.log) == 1


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_an_old_artifact_obeys_the_grants_of_today(granted, workers):
    grant(granted, "{PAYMENTS_*: {files: ['journeys/payments/**']}}")
    path = journey(granted, "journeys/payments/checkout-eu.journey.yaml")
    granted.run().assert_outcomes(passed=1)
    path.unlink()
    (artifact,) = (granted.path / ".reqflo/artifacts").glob("artifact_*.json")

    granted.run_apart(str(artifact), *workers).assert_outcomes(passed=1)
    assert len(granted.server.log) == 2

    grant(granted, "{PAYMENTS_*: {files: ['journeys/other/**']}}")
    assert_refused(granted, granted.run_apart(str(artifact), *workers), sent=2)


def test_an_artifact_whose_version_nobody_recorded_is_in_no_folder(granted):
    grant(granted, "{PAYMENTS_*: {files: ['**']}}")
    journey(granted)
    granted.run().assert_outcomes(passed=1)
    (artifact,) = (granted.path / ".reqflo/artifacts").glob("artifact_*.json")
    moved = granted.path / "kept" / "artifacts"
    moved.mkdir(parents=True)
    (moved / artifact.name).write_bytes(artifact.read_bytes())
    assert_refused(granted, granted.run(str(moved / artifact.name)), sent=1)


def test_a_link_into_a_granted_folder_grants_nothing(granted):
    """What lies beside the link would be read with the journey: bodies, data, schemas."""
    grant(granted, "{PAYMENTS_*: {files: ['journeys/payments/**']}}")
    path = journey(granted, "journeys/other/x.journey.yaml")
    (granted.path / "journeys/payments").mkdir()
    os.symlink(path, granted.path / "journeys/payments/x.journey.yaml")
    assert_refused(granted, granted.run("journeys/payments/x.journey.yaml"))


def test_a_fixture_of_the_suite_cannot_widen_the_grants(granted):
    grant(granted, "{}")
    granted.write(
        "conftest.py",
        f"""
        import pytest

        @pytest.fixture
        def reqflo_environment():
            return {{"base_url": "{granted.server.url}"}}
        """,
    )
    journey(granted)
    assert_refused(granted, granted.run())


def test_explain_shows_the_refusal_too(granted, capsys):
    grant(granted, "{PAYMENTS_*: {tags: [payments]}}")
    journey(granted, "refused.journey.yaml")
    journey(granted, "allowed.journey.yaml", "tags: [payments]")
    from pytest_reqflo.cli.main import main

    assert main(["explain", "refused.journey.yaml"]) == 1
    assert "error[RF306]" in capsys.readouterr().out
    assert main(["explain", "allowed.journey.yaml"]) == 0


def test_a_mistake_in_a_grant_is_told_at_its_place(granted):
    grant(granted, "{PAYMENTS_*: {journey: [checkout]}}")
    journey(granted)
    result = granted.run()
    text = result.stdout.str()
    assert "error[RF104]: unknown key `journey`" in text
    assert "did you mean `journeys`?" in text
    assert granted.server.log == []
