"""Secrets from a program: real processes, one per name, and nothing that a name can do to them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from pytest_reqflo.engine.secrets.command import CommandSecrets
from pytest_reqflo.engine.secrets.dir import MAX_BYTES
from pytest_reqflo.engine.secrets.provider import ProviderProblem


@pytest.fixture
def ask(tmp_path):
    """Make a provider whose program is *code*; it knows its arguments as `args`."""

    def make(code: str, *arguments: str, timeout_s: float = 30.0, **process_env: str):
        program = tmp_path / "find-secret"
        program.write_text(f"#!{sys.executable}\nimport os, sys\nargs = sys.argv[1:]\n{code}\n")
        program.chmod(0o700)
        return CommandSecrets(
            (str(program), *(arguments or ("{name}",))),
            folder=tmp_path,
            process_env={"PATH": os.environ["PATH"], **process_env},
            timeout_s=timeout_s,
        )

    return make


def texts(provider, *names):
    return {name: secret.reveal() for name, secret in provider.get_many(names).items()}


def message_of(provider, name="TOKEN"):
    with pytest.raises(ProviderProblem) as caught:
        provider.get_many([name])
    return caught.value.message


def test_the_value_is_what_the_program_prints_without_one_newline(ask):
    provider = ask("print('value of', *args)", "--field={name}", "x{name}y", "{name}")
    assert texts(provider, "A", "B") == {
        "A": "value of --field=A xAy A",
        "B": "value of --field=B xBy B",
    }


def test_each_name_is_asked_for_once(ask, tmp_path):
    provider = ask("open('calls', 'a').write(args[0] + ' '); sys.exit(args[0] == 'B')")
    for _ in range(3):
        texts(provider, "A", "B")
    assert (tmp_path / "calls").read_text() == "A B "


def test_it_runs_in_the_folder_without_input_and_without_our_own_settings(ask, tmp_path):
    code = "print([os.getcwd(), sys.stdin.read(), sorted(k for k in os.environ if 'REQ' in k)])"
    provider = ask(code, REQFLO_MASTER_KEY="k", REQ_OTHER="x")
    assert texts(provider, "A") == {"A": str([str(tmp_path), "", ["REQ_OTHER"]])}


def test_another_exit_code_means_not_found_and_is_shown(ask):
    provider = ask("print('value-1'); print('value-2', file=sys.stderr); sys.exit(3)")
    assert texts(provider, "A") == {}
    assert provider.name == "command `find-secret` (exit code 3)"


def test_nothing_printed_means_not_found(ask):
    assert texts(ask("pass"), "A") == {}


@pytest.mark.parametrize(
    "name", ["-x", "--config=/etc/passwd", "../../etc/passwd", "", "a b", "a;id", "$(id)", "a\0b"]
)
def test_a_name_that_is_none_starts_no_program(ask, tmp_path, name):
    assert texts(ask("open('called', 'w')"), name) == {}
    assert not (tmp_path / "called").exists()


def test_standard_error_is_not_shown(ask, capfd):
    assert texts(ask("print('value-2', file=sys.stderr); print('value-1')"), "A")
    assert capfd.readouterr() == ("", "")


def test_a_program_that_does_not_end_is_ended(ask, monkeypatch):
    begun = []

    class Noted(subprocess.Popen):
        """Known by its number from its start: on a busy machine it is ended before it can tell."""

        def __init__(self, *given, **options):
            super().__init__(*given, **options)
            begun.append(self.pid)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    code = "os.dup2(os.open(os.devnull, 1), 1); import time; time.sleep(600)"
    message = message_of(ask(code, timeout_s=1.0))
    assert message == "`find-secret` does not end within 1 s for `TOKEN`"
    (pid,) = begun
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def test_a_program_that_says_nothing_is_ended(ask):
    message = message_of(ask("import time; time.sleep(600)", timeout_s=0.3))
    assert message == "`find-secret` does not end within 0.3 s for `TOKEN`"


def test_output_without_end_is_cut_off(ask):
    message = message_of(ask("while True: print('value-1' * 1000)"))
    assert message == f"`find-secret` prints more than {MAX_BYTES // 1024} KiB for `TOKEN`"


def test_output_that_is_no_text_is_refused(ask):
    message = message_of(ask("sys.stdout.buffer.write(b'value-1\\xff')"))
    assert message == "`find-secret` prints what is not UTF-8 for `TOKEN`"


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        ((), "the setting reqflo_secret_command is empty"),
        (("pass", "show"), "the setting reqflo_secret_command has no `{name}` in its arguments"),
        (("{name}",), "the setting reqflo_secret_command has no `{name}` in its arguments"),
        (("/nowhere/op", "{name}"), "`op` cannot be run: No such file or directory"),
        (("op\0", "{name}"), "`op\0` cannot be run: it is no usable argument vector"),
    ],
)
def test_a_setting_that_cannot_work_is_told(argv, message, tmp_path):
    provider = CommandSecrets(argv, folder=tmp_path, process_env={})
    assert message_of(provider) == message
