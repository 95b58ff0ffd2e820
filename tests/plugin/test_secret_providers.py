"""Whole runs with each provider: what the server received, and that nothing was sent on refusal."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap

import pytest
from packages import install

VALUE = "value-7f3a-of-a-secret"


@pytest.fixture(autouse=True)
def no_token(monkeypatch):
    for name in ("TOKEN", "OTHER"):
        monkeypatch.delenv(name, raising=False)


def environment(project, secrets: str) -> None:
    """Write the environment with *secrets*, YAML below this key."""
    project.write(
        "environments/local.yaml",
        f"environment:\n  name: local\n  services:\n    default: {{base_url: {project.server.url}}}\n"
        f"  secrets:\n{textwrap.indent(textwrap.dedent(secrets).strip(), '    ')}\n",
    )


def journey(project, name: str = "secrets.TOKEN") -> None:
    project.journey("pay.journey.yaml", "/pay?token={{ %s }}" % name)  # noqa: UP031


def output_of(result) -> str:
    return result.stdout.str() + result.stderr.str()


def assert_sent(project, result) -> None:
    result.assert_outcomes(passed=1)
    assert [path for _, path, _ in project.server.log] == [f"/pay?token={VALUE}"]


def assert_refused(project, result, code: str, *lines: str) -> str:
    """Assert that the item failed with *code* before anything was sent; return what was shown."""
    result.assert_outcomes(failed=1)
    text = output_of(result)
    assert f"error[{code}]" in text
    assert project.server.log == []
    assert VALUE not in text
    for line in lines:
        assert line in text
    return text


def test_a_secret_from_a_folder_of_files(project):
    environment(project, "{providers: [dir], dir: ../mounted}")
    project.write("mounted/TOKEN", f"{VALUE}\n")
    journey(project)
    assert_sent(project, project.run())


def write_program(project, code: str) -> None:
    program = project.write("find-secret", f"#!{sys.executable}\nimport os, sys\n{code}\n")
    program.chmod(0o700)


def test_a_secret_from_a_command(project):
    environment(project, "{providers: [command]}")
    write_program(project, f"print({VALUE!r} if sys.argv[1:] == ['get', 'TOKEN'] else '')")
    project.ini("reqflo_secret_command = ./find-secret get {name}")
    journey(project)
    assert_sent(project, project.run())


def test_a_secret_from_a_command_of_a_toml_configuration(project):
    environment(project, "{providers: [command]}")
    write_program(project, f"print({VALUE!r} if sys.argv[1:] == ['a b', 'TOKEN'] else '')")
    (project.path / "pytest.ini").unlink()
    project.write(
        "pyproject.toml",
        """
        [tool.pytest.ini_options]
        reqflo_secret_command = ["./find-secret", "a b", "{name}"]
        """,
    )
    journey(project)
    assert_sent(project, project.run("-p", "no:randomly"))


def test_a_command_is_run_by_the_setting_of_pytest_only(project, monkeypatch):
    monkeypatch.setenv("REQFLO_SECRET_COMMAND", "./find-secret {name}")
    environment(project, "{providers: [command]}")
    write_program(project, "open('called', 'w')")
    journey(project)
    assert_refused(project, project.run(), "RF307", "the setting reqflo_secret_command is empty")
    assert not (project.path / "called").exists()


def test_an_environment_file_cannot_name_a_program(project):
    environment(project, "{providers: [command], command: [./find-secret, '{name}']}")
    write_program(project, "open('called', 'w')")
    journey(project)
    result = project.run()
    assert "error[RF104]: unknown key `command`" in output_of(result)
    assert project.server.log == []
    assert not (project.path / "called").exists()


KEYRING = """
from keyring.backend import KeyringBackend

class Shelf(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        return {("team", "TOKEN"): "%s"}.get((service, username))
    def set_password(self, service, username, password): ...
"""


def test_a_secret_from_the_keyring(project, monkeypatch, tmp_path):
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "shelf.py").write_text(KEYRING % VALUE)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ["PYTHONPATH"]]))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "shelf.Shelf")
    environment(project, "{providers: [keyring], keyring: team}")
    journey(project)
    assert_sent(project, project.run_apart())


VAULT = """
import os, pathlib
from pytest_reqflo.secret import Secret

pathlib.Path(os.environ["LOADED"]).write_text("")

class Vault:
    name = "team vault"
    def __init__(self, settings):
        self.text = settings.options["text"]
    def get_many(self, names):
        if self.text == "raise":
            raise RuntimeError("VALUE")
        return {name: Secret(name, "VALUE") for name in names if name == self.text}
    def close(self):
        pathlib.Path(os.environ["LOADED"]).write_text("closed")
""".replace("VALUE", VALUE)


@pytest.fixture
def loaded(project, tmp_path, monkeypatch):
    """Install a package that offers `vault`; return the file that it writes when it is loaded."""
    folder = install(tmp_path / "site", "team_vault_of_tests", VAULT, vault="Vault")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(folder), os.environ["PYTHONPATH"]]))
    monkeypatch.setenv("LOADED", str(tmp_path / "loaded"))
    yield tmp_path / "loaded"
    sys.modules.pop("team_vault_of_tests", None)


@pytest.mark.parametrize("workers", [(), ("-n", "1")])
def test_a_secret_from_a_package(project, loaded, workers):
    environment(project, "{providers: [env, vault], options: {vault: {text: TOKEN}}}")
    journey(project)
    assert_sent(project, project.run_apart(*workers))
    assert loaded.read_text() == "closed"


def test_a_package_is_not_loaded_by_collection_nor_by_a_run_that_needs_no_secret(project, loaded):
    environment(project, "{providers: [vault], options: {vault: {text: TOKEN}}}")
    journey(project)
    project.journey("plain.journey.yaml", "/status/200")
    project.run("--collect-only").assert_outcomes()
    project.run("plain.journey.yaml").assert_outcomes(passed=1)
    assert not loaded.exists()


def test_a_package_that_raises_is_told_without_its_text(project, loaded):
    environment(project, "{providers: [vault], options: {vault: {text: raise}}}")
    journey(project)
    result = project.run("-l", "--full-trace", "--junitxml=junit.xml", "--reqflo-output=o.json")
    assert_refused(
        project, result, "RF307",
        "the secret provider `vault` cannot be used: it raised RuntimeError when it was asked",
    )  # fmt: skip
    for name in ("junit.xml", "o.json"):
        assert VALUE not in (project.path / name).read_text()


def test_a_miss_names_all_names_and_all_providers_in_order(project, loaded, monkeypatch):
    monkeypatch.setenv("TOKEN", VALUE)
    environment(
        project,
        """
        providers: [dir, env, command, dotenv, vault]
        dir: ../mounted
        options: {vault: {text: nothing}}
        """,
    )
    write_program(project, "sys.exit(4)")
    project.ini("reqflo_secret_command = ./find-secret {name}")
    project.journey(
        "pay.journey.yaml", "/{{ secrets.ZULU }}/{{ secrets.TOKEN }}", "/{{ secrets.ALPHA }}"
    )
    assert_refused(
        project, project.run(), "RF302",
        "the secrets `ALPHA` and `ZULU` are missing",
        "asked, in this order: folder mounted, environment variables, "
        "command `find-secret` (exit code 4), dotenv file .env.local, team vault",
    )  # fmt: skip


def test_without_an_environment_file_there_are_no_secrets(project, monkeypatch):
    monkeypatch.setenv("TOKEN", VALUE)
    (project.path / "environments/local.yaml").unlink()
    project.journey("pay.journey.yaml", f"{project.server.url}/?x={{{{ secrets.TOKEN }}}}")
    assert_refused(project, project.run(), "RF302", "name providers in the environment's file")


# --- hostile names -------------------------------------------------------------------------------

HOSTILE = ["../../etc/passwd", "/etc/passwd", "-x", "", "a\0b", "a\x1b[2J", "x" * 10_000,
           "..data", "REQFLO_MASTER_KEY"]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: re.sub(r"\W", "_", name)[:16])
def test_a_hostile_name_is_refused_by_collection(project, name):
    spelled = json.dumps(name).replace("\\u0000", "\0").replace("\\u001b", "\x1b")
    text = json.dumps("/x?y={{ secrets[" + spelled + "] }}")
    project.write(
        "a.journey.yaml",
        "journey:\n  name: a\n  steps:\n    - id: s\n"
        f"      request: {{method: GET, url: {text}}}\n",
    )
    result = project.run()
    result.assert_outcomes(errors=1)
    assert "error[RF217]" in output_of(result) or "error[RF201]" in output_of(result)
    assert len(output_of(result)) < 20_000
    assert "\x1b[2J" not in output_of(result)
    assert project.server.log == []


def test_a_hostile_name_in_an_environment_reaches_no_provider(project, monkeypatch):
    monkeypatch.setenv("REQFLO_MASTER_KEY", VALUE)
    project.write("outside", VALUE)
    write_program(project, "open('called', 'a').write(str(sys.argv))")
    project.ini("reqflo_secret_command = ./find-secret {name}")
    project.write(
        "environments/local.yaml",
        f"""
        environment:
          name: local
          services:
            default:
              base_url: {project.server.url}
              headers:
                a: '{{{{ secrets["../outside"] }}}}'
                b: '{{{{ secrets["-x"] }}}}'
                c: '{{{{ secrets["REQFLO_MASTER_KEY"] }}}}'
          secrets: {{providers: [dir, command, env], dir: ../mounted}}
        """,
    )
    project.write("mounted/x", "")
    project.journey("a.journey.yaml", "/status/200")
    assert_refused(
        project, project.run(), "RF302",
        "the secrets `-x`, `../outside` and `REQFLO_MASTER_KEY` are missing",
        "`../outside` is no name of a secret",
    )  # fmt: skip
    assert not (project.path / "called").exists()


# --- values that are no secrets ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["token", "TOKEN", "PLAIN"])
@pytest.mark.parametrize(("workers", "code"), [((), 2), (("-n", "1"), 1)])
def test_set_of_a_secret_is_refused_without_its_value(project, monkeypatch, name, workers, code):
    monkeypatch.setenv("TOKEN", "value-of-the-provider")
    monkeypatch.setenv("PLAIN", "value-of-the-provider")
    project.journey(
        "pay.journey.yaml", "/pay?token={{ variables.token }}&x={{ secrets.PLAIN }}",
        head="variables: [{name: token, source: secret, key: TOKEN}]",
    )  # fmt: skip
    result = project.run_apart(f"--reqflo-set={name}={VALUE}", "--junitxml=junit.xml", *workers)
    text = output_of(result)
    assert result.ret == code
    assert f"--set {name}: `{name}` is a secret" in text
    assert VALUE not in text
    assert project.server.log == []
    assert VALUE not in (project.path / "junit.xml").read_text()


def test_the_command_refuses_set_of_a_secret_too(project):
    project.journey(
        "pay.journey.yaml", "/pay?token={{ variables.token }}",
        head="variables: [{name: token, source: secret, key: TOKEN}]",
    )  # fmt: skip
    program = "import sys; from pytest_reqflo.cli.main import main; sys.exit(main())"
    arguments = ("run", "pay", "--set", f"token={VALUE}")
    run = project.pytester.run(sys.executable, "-c", program, *arguments)
    assert run.ret == pytest.ExitCode.INTERRUPTED
    assert "is a secret" in output_of(run)
    assert VALUE not in output_of(run)
    assert project.server.log == []


@pytest.mark.parametrize("text", [VALUE, f"={VALUE}"])
def test_a_set_without_a_name_does_not_show_its_text(project, text):
    journey(project)
    result = project.run(f"--reqflo-set={text}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert VALUE not in output_of(result)


def test_a_case_may_replace_a_secret_variable_and_its_value_is_hidden(project):
    """Precedence holds: a case is stronger than the source. What it gives is treated as a secret."""
    project.write(
        "pay.journey.yaml",
        f"""
        journey:
          name: pay
          variables: [{{name: token, source: secret, key: TOKEN}}]
          cases: [{{name: stand-in, values: {{token: {VALUE}}}}}]
          steps:
            - id: pay
              request: {{method: GET, url: "/status/404?token={{{{ variables.token }}}}"}}
              assertions: [{{type: status_code, expected: 200}}]
        """,
    )
    result = project.run(
        "-l", "--junitxml=junit.xml", "--reqflo-output=o.json", "-o", "junit_logging=all"
    )
    result.assert_outcomes(failed=1)
    assert [path for _, path, _ in project.server.log] == [f"/status/404?token={VALUE}"]
    shown = output_of(result)
    shown += (project.path / "junit.xml").read_text() + (project.path / "o.json").read_text()
    assert VALUE not in shown
    assert "[sensitive:token]" in shown


def test_a_column_for_a_secret_variable_is_refused_without_its_cells(project):
    project.write("rows.csv", f"token\n{VALUE}\n")
    project.journey(
        "pay.journey.yaml", "/pay?token={{ variables.token }}",
        head="variables: [{name: token, source: secret, key: TOKEN}]\ndata: rows.csv",
    )  # fmt: skip
    result = project.run()
    assert "error[RF116]" in output_of(result)
    assert VALUE not in output_of(result)
    assert project.server.log == []


def test_a_dotenv_file_that_nobody_named_is_not_read_by_a_link(project) -> None:
    outside = project.path.parent / "others.env"
    outside.write_text("API_KEY=of-somebody-else\n")
    (project.path / ".env").symlink_to(outside)
    project.write("a.journey.yaml", """
        journey:
          name: a
          steps: [{id: s1, request: {method: GET, url: /x, headers: {x-key: "{{ secrets.API_KEY }}"}}}]
    """)  # fmt: skip
    result = project.run_apart()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*secret `API_KEY` is missing*"])
    assert project.server.log == []
