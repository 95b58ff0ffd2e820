"""T23: what is stored belongs to its owner alone, from the first moment, whatever the umask is."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest
from servers import ScriptedServer, reply
from threats import Target, get

from pytest_reqflo.artifact.store import ArtifactStore


@pytest.fixture
def target(tmp_path):
    with ScriptedServer(lambda request, connection: reply(200, b"{}")) as server:
        target = Target(tmp_path / "project", server.url)
        target.write("body.bin", b"body")
        step = {"id": "a", "request": {"method": "POST", "url": "/", "body_file": "body.bin"}}
        target.journey("first", step)
        yield target


def modes(folder) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): f"{stat.S_IMODE(path.stat().st_mode):04o}"
        for path in (folder, *folder.rglob("*"))
    }


def run_under(umask: int, target, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = f"import os, sys, pytest; os.umask({umask}); sys.exit(pytest.main(sys.argv[1:]))"
    return subprocess.run(
        [sys.executable, "-c", command, "--color=no", *arguments],
        cwd=target.path, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_folders_are_0700_and_files_no_wider_than_0600(target, umask) -> None:
    run = run_under(umask, target, "--reqflo-output=out.json", "--reqflo-store=deep/er/store")
    assert run.returncode == 0, run.stdout
    store = target.path / "deep"
    found = modes(store)
    assert {mode for name, mode in found.items() if (store / name).is_dir()} == {"0700"}
    assert {mode for name, mode in found.items() if (store / name).is_file()} == {"0400"}
    assert len(found) == 11
    assert (store / "er/store/.gitignore").read_text() == "*\n"
    assert modes(target.path)["out.json"] == "0600"
    assert "RF604" not in run.stdout


def test_no_file_is_wider_for_a_moment(target) -> None:
    """Every file is created under the mode it may have at most, not narrowed afterwards."""
    script = (
        "import os, sys, pytest\n"
        "os.umask(0)\n"
        "def note(event, arguments):\n"
        "    if event == 'open' and '.reqflo' in str(arguments[0]) and arguments[2] & os.O_CREAT:\n"
        "        print('CREATED', arguments[2] & os.O_EXCL != 0, file=sys.stderr)\n"
        "real = os.open\n"
        "def spy(path, flags, mode=0o777, **options):\n"
        "    if flags & os.O_CREAT and '.reqflo' in str(path): print(f'MODE {mode:04o}', file=sys.stderr)\n"
        "    return real(path, flags, mode, **options)\n"
        "os.open = spy\n"
        "sys.addaudithook(note)\n"
        "sys.exit(pytest.main(sys.argv[1:]))\n"
    )
    run = subprocess.run([sys.executable, "-c", script, "-s"], cwd=target.path, capture_output=True, text=True, check=False)  # fmt: skip
    assert run.returncode == 0, run.stdout
    lines = [line for line in run.stderr.splitlines() if line.startswith(("MODE", "CREATED"))]
    assert set(lines) == {"MODE 0600", "CREATED True"}
    assert lines.count("MODE 0600") == lines.count("CREATED True") == 4


def test_a_store_that_others_can_enter_is_warned_of_once(target) -> None:
    target.journey("second", get("a", "/"))
    (target.path / ".reqflo").mkdir()
    os.chmod(target.path / ".reqflo", 0o711)
    result = target.attack()
    assert result.code == 0
    assert result.text.count("warning[RF604]") == 1


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o701, 0o702, 0o720])
def test_every_bit_for_others_counts(tmp_path, mode) -> None:
    os.chmod(tmp_path, mode)
    assert ArtifactStore(tmp_path).find_exposure() == "is open to other users"
    os.chmod(tmp_path, 0o700)
    assert ArtifactStore(tmp_path).find_exposure() == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to somebody else")
def test_a_store_of_somebody_else_is_told(tmp_path) -> None:
    os.chown(tmp_path, 12345, 12345)
    assert ArtifactStore(tmp_path).find_exposure() == "belongs to another user"


def test_neither_store_nor_result_is_written_through_a_link(target, tmp_path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "precious").write_text("keep")
    (target.path / ".reqflo").symlink_to(tmp_path / "elsewhere")
    (target.path / "out.json").symlink_to(tmp_path / "precious")
    result = target.attack("--reqflo-output=out.json")
    assert result.code == 0
    assert "warning[RF603]" in result.text
    assert "is a symbolic link" in result.text
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "precious").read_text() == "keep"
    assert "version" not in target.results()["first"]["identity"]  # unknown
