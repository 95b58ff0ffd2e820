"""The master key: its forms, its file, and the race for a new one."""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_reqflo.engine.durable.master_key import (
    load_keyring,
    new_master_key,
    parse_master_keys,
)
from pytest_reqflo.errors import UsageProblem

KEY, OLDER = bytes(range(224, 256)), bytes(range(32))
KEY_ID = hashlib.sha256(KEY).hexdigest()[:8]
OLDER_ID = hashlib.sha256(OLDER).hexdigest()[:8]


KEY_TEXT = KEY.hex()


def put_key_file(folder, text=KEY_TEXT, mode=0o600):
    path = folder / "reqflo/master.key"
    path.parent.mkdir(mode=0o700, parents=True)
    path.write_text(text)
    path.chmod(mode)
    return path


# --- the text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "form",
    [
        bytes.hex,
        lambda key: key.hex().upper(),
        lambda key: base64.b64encode(key).decode(),
        lambda key: base64.b64encode(key).decode().rstrip("="),
        lambda key: base64.urlsafe_b64encode(key).decode(),
        lambda key: base64.urlsafe_b64encode(key).decode().rstrip("="),
        lambda key: f"  {key.hex()}\n",
    ],
    ids=["hex", "HEX", "base64", "base64 bare", "base64url", "base64url bare", "spaces"],
)
@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3))
def test_a_key_may_be_written_in_several_forms(form, keys):
    assert parse_master_keys(",".join(map(form, keys))) == tuple(keys)


@pytest.mark.parametrize(
    ("text", "which"),
    [
        ("", "key 1 of 1"),
        ("correct horse battery staple", "key 1 of 1"),
        ("00" * 31, "key 1 of 1"),
        ("00" * 33, "key 1 of 1"),
        ("é" * 43, "key 1 of 1"),
        ("A" * 42 + "B", "key 1 of 1"),
        ("A" * 43 + "==", "key 1 of 1"),
        ("A" * 44, "key 1 of 1"),
        ("0" * 63 + "g", "key 1 of 1"),
        (f"{KEY.hex()},", "key 2 of 2"),
        (f"{KEY.hex()},{OLDER.hex()[:-1]},{KEY.hex()}", "key 2 of 3"),
    ],
)
def test_an_unusable_key_is_counted_and_not_quoted(text, which):
    with pytest.raises(UsageProblem) as caught:
        parse_master_keys(text)

    assert str(caught.value) == (
        f"error[RF801]: REQFLO_MASTER_KEY: {which} is not 32 bytes as hex, base64 or base64url\n"
        "hint: separate several keys by commas, the active one first"
    )


def test_new_keys_are_usable_and_differ():
    first, second = new_master_key(), new_master_key()

    assert first != second
    assert parse_master_keys(first) == (bytes.fromhex(first),)


# --- the variable and the file -------------------------------------------------------------------


def test_the_variable_wins_and_its_first_key_is_active(tmp_path):
    put_key_file(tmp_path, "not looked at", mode=0o666)
    variables = {"REQFLO_MASTER_KEY": f"{KEY.hex()},{OLDER.hex()}"}

    keys = load_keyring(variables, tmp_path, create=True)

    assert (keys.active_id, keys.key_ids) == (KEY_ID, {KEY_ID, OLDER_ID})


@pytest.mark.parametrize("variables", [{}, {"REQFLO_MASTER_KEY": " "}])
def test_without_the_variable_the_file_is_read(variables, tmp_path):
    put_key_file(tmp_path, f"{KEY.hex()},{OLDER.hex()}\n")

    keys = load_keyring(variables, tmp_path, create=False)

    assert (keys.active_id, keys.key_ids) == (KEY_ID, {KEY_ID, OLDER_ID})


def test_the_config_folder_is_that_of_xdg(tmp_path):
    put_key_file(tmp_path)

    assert load_keyring({"XDG_CONFIG_HOME": str(tmp_path)}, create=False).active_id == KEY_ID


@pytest.mark.parametrize("variables", [{}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": "here"}])
def test_the_config_folder_is_else_in_the_home_folder(variables, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    put_key_file(tmp_path / ".config")

    assert load_keyring(variables, create=False).active_id == KEY_ID


def test_without_key_and_file_nothing_is_made_unless_asked_for(tmp_path):
    with pytest.raises(UsageProblem) as caught:
        load_keyring({}, tmp_path, create=False)

    path = tmp_path / "reqflo/master.key"
    assert f"REQFLO_MASTER_KEY is not set and `{path}` does not exist" in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_new_key_file_is_private_and_stays(tmp_path):
    config = tmp_path / "not yet" / "config"

    made = load_keyring({}, config, create=True)
    again = load_keyring({}, config, create=True)

    path = config / "reqflo/master.key"
    assert made.active_id == again.active_id
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644])
def test_a_key_file_open_to_others_is_refused(mode, tmp_path):
    path = put_key_file(tmp_path, mode=mode)

    with pytest.raises(UsageProblem) as caught:
        load_keyring({}, tmp_path, create=True)

    assert str(caught.value) == (
        f"error[RF801]: `{path}` is open to group or others\nhint: chmod 600 {path}"
    )


def test_a_key_file_of_another_user_is_refused(tmp_path, monkeypatch):
    put_key_file(tmp_path)
    someone_else = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: someone_else)

    with pytest.raises(UsageProblem, match="belongs to another user"):
        load_keyring({}, tmp_path, create=True)


@pytest.mark.parametrize("target", ["real.key", "nowhere"])
def test_a_symbolic_link_is_refused(target, tmp_path):
    real = put_key_file(tmp_path).rename(tmp_path / "real.key")
    (tmp_path / "reqflo/master.key").symlink_to(tmp_path / target)

    with pytest.raises(UsageProblem, match="is a symbolic link"):
        load_keyring({}, tmp_path, create=True)
    assert sorted(tmp_path.iterdir()) == [real, tmp_path / "reqflo"]


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_what_is_no_file_is_refused_at_once(make, tmp_path):
    put_key_file(tmp_path).unlink()
    make(tmp_path / "reqflo/master.key")

    with pytest.raises(UsageProblem, match="is not a regular file"):
        load_keyring({}, tmp_path, create=True)


def test_a_file_in_place_of_the_folder_is_explained(tmp_path):
    (tmp_path / "reqflo").write_text("")

    for create in (True, False):
        with pytest.raises(UsageProblem, match=r"cannot be read: Not a directory"):
            load_keyring({}, tmp_path, create=create)


def test_a_folder_that_takes_no_key_file_is_explained(tmp_path, monkeypatch):
    def link_where_there_are_no_links(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link_where_there_are_no_links)

    with pytest.raises(UsageProblem) as caught:
        load_keyring({}, tmp_path, create=True)
    path = tmp_path / "reqflo/master.key"
    assert str(caught.value) == (
        f"error[RF801]: no master key can be written to `{path}`: Operation not permitted\n"
        "hint: set REQFLO_MASTER_KEY"
    )
    assert list(path.parent.iterdir()) == []


def test_a_circle_of_links_is_explained(tmp_path):
    (tmp_path / "config").symlink_to(tmp_path / "config")

    with pytest.raises(UsageProblem, match="is a symbolic link"):
        load_keyring({}, tmp_path / "config", create=True)


def test_a_user_without_a_home_folder_is_told_of_the_variable(monkeypatch):
    def expanduser_without_home(path):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "expanduser", expanduser_without_home)

    with pytest.raises(UsageProblem, match="there is no home folder to keep a master key in"):
        load_keyring({}, create=True)


@pytest.mark.parametrize("text", ["", "hunter2hunter2"])
def test_an_unusable_key_file_is_named_and_not_quoted(text, tmp_path):
    path = put_key_file(tmp_path, text)

    with pytest.raises(UsageProblem) as caught:
        load_keyring({}, tmp_path, create=True)
    assert f"`{path}`: key 1 of 1 is not 32 bytes" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("folder", [".reqflo", ".reqflo/config"])
def test_a_key_never_lies_in_a_store(folder, tmp_path):
    with pytest.raises(UsageProblem, match="the master key must not lie in a store"):
        load_keyring({}, tmp_path / folder, create=True)
    assert list(tmp_path.iterdir()) == []


def test_a_key_never_lies_in_a_store_behind_a_link(tmp_path):
    (tmp_path / ".reqflo").mkdir()
    (tmp_path / "config").symlink_to(tmp_path / ".reqflo")

    with pytest.raises(UsageProblem, match="the master key must not lie in a store"):
        load_keyring({}, tmp_path / "config", create=True)


# --- the race ------------------------------------------------------------------------------------


def test_of_many_creators_one_wins_for_all(tmp_path):
    start = threading.Barrier(8)

    def create(_):
        start.wait()
        return load_keyring({}, tmp_path, create=True).active_id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(create, range(8)))

    assert len(ids) == 1
    assert [path.name for path in (tmp_path / "reqflo").iterdir()] == ["master.key"]


def test_who_comes_second_takes_the_key_of_the_first(tmp_path, monkeypatch):
    link, first = os.link, []

    def link_after_another(source, target):
        monkeypatch.setattr(os, "link", link)
        first.append(load_keyring({}, tmp_path, create=True).active_id)
        link(source, target)

    monkeypatch.setattr(os, "link", link_after_another)

    assert [load_keyring({}, tmp_path, create=True).active_id] == first
    assert [path.name for path in (tmp_path / "reqflo").iterdir()] == ["master.key"]
