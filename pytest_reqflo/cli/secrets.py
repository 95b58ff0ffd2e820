"""`reqflo secrets`: what workers may use and nobody is shown. Values come from a prompt or a pipe."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pytest_reqflo.cli.arguments import Command, ExitCode, Options
from pytest_reqflo.cli.database import (
    add_action,
    add_database_option,
    chosen_database,
    chosen_environment,
    perform_action,
    shown_time,
)
from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import printable_line

if TYPE_CHECKING:
    from pytest_reqflo.engine.durable.database import Database
    from pytest_reqflo.engine.durable.sealing import Keyring
    from pytest_reqflo.engine.durable.secret_keeper import SecretKeeper
    from pytest_reqflo.engine.durable.secret_rows import SecretRow, SecretRows

_MAX_BYTES = 64 * 1024


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(metavar="ACTION", required=True, title="actions")
    setting = add_action(actions, "set", "Write a secret, new or in place of its last value.", _set)
    setting.add_argument(
        "--origin",
        action="append",
        default=[],
        metavar="URL",
        help="origin that it may be sent to; repeatable (default: those of the services)",
    )
    setting.add_argument(
        "--from",
        dest="source",
        choices=("table", "worker"),
        default="table",
        help="worker: the value is with the worker, its REQFLO_WORKER_SECRETS say where",
    )
    rotating = add_action(actions, "rotate", "Give a secret another value.", _rotate)
    deleting = add_action(actions, "delete", "Take a secret away from all runs to come.", _delete)
    listing = add_action(actions, "list", "List secrets, without their values.", _list)
    rekeying = add_action(actions, "rekey", "Seal all secrets with the active master key.", _rekey)
    publishing = add_action(
        actions, "publish-key", "Give clients the key that they seal inputs with.", _publish_key
    )
    for action in (setting, rotating, deleting):
        action.add_argument("name", help="name of the secret")
    for action in (setting, rotating, deleting, listing):
        action.add_argument("--env", metavar="NAME", help="environment (default: the only one)")
    for action in (setting, rotating, deleting, listing, rekeying, publishing):
        add_database_option(action)


def _set(options: Options) -> int:
    with _opened(options) as opened:
        environment = opened.environment(options.env)
        origins = options.origin or opened.service_origins(environment)
        if options.source == "worker":
            row = opened.keeper().bind(options.name, environment, origins)
        else:
            keeper = opened.keeper()
            row = keeper.set(_read_secret(options.name), environment, origins)
        _tell(row, "set")
    return ExitCode.OK


def _rotate(options: Options) -> int:
    with _opened(options) as opened:
        from pytest_reqflo.engine.durable.secret_keeper import find_row

        environment = opened.environment(options.env)
        find_row(opened.rows, environment, options.name)  # before anybody types a value
        keeper = opened.keeper()
        _tell(keeper.rotate(_read_secret(options.name), environment), "rotated")
    return ExitCode.OK


def _delete(options: Options) -> int:
    with _opened(options) as opened:
        from pytest_reqflo.engine.durable.secret_keeper import delete_secret

        environment = opened.environment(options.env)
        _tell(delete_secret(opened.rows, environment, options.name), "deleted")
    return ExitCode.OK


def _list(options: Options) -> int:
    with _opened(options) as opened:
        found = opened.rows.list(options.env)
    for row in found:
        facts = (f"v{row.version}", row.source, f"key {row.key_id}", shown_time(row.created_at))
        where = ", ".join(row.origins)
        print(printable_line("  ".join((row.environment, row.name, *facts, where))))
    return ExitCode.OK if found else ExitCode.NOTHING


def _rekey(options: Options) -> int:
    with _opened(options) as opened:
        done = opened.keeper().rekey()
    for row in done:
        _tell(row, f"sealed with key {row.key_id}")
    print(f"{len(done)} secrets sealed anew")
    return ExitCode.OK


def _publish_key(options: Options) -> int:
    with _opened(options) as opened:
        from pytest_reqflo.engine.durable.public_keys import publish_key

        keyring = opened.keyring()
        is_new = publish_key(opened.database, keyring)
    print(f"key {keyring.active_id} {'published' if is_new else 'was published already'}")
    return ExitCode.OK


def _tell(row: SecretRow, what: str) -> None:
    where = ", ".join(row.origins)
    print(
        printable_line(f"{row.environment}: {row.name} {what}, version {row.version}, for {where}")
    )


# --- what the actions need -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Opened:
    """The database of a command, and what is found in it."""

    database: Database
    rows: SecretRows

    def keyring(self) -> Keyring:
        """Return the keys of this process. Raises: UsageProblem RF801."""
        from pytest_reqflo.engine.durable.master_key import load_keyring

        return load_keyring(os.environ, create=False)

    def keeper(self) -> SecretKeeper:
        """Return what writes secrets. Raises: UsageProblem RF801 without a master key."""
        from pytest_reqflo.engine.durable.secret_keeper import SecretKeeper

        return SecretKeeper(self.rows, self.keyring())

    def environment(self, wanted: str | None) -> str:
        """Return the pushed environment that is meant. Raises: EngineError RF618, UsageProblem."""
        return chosen_environment(self.database, wanted)

    def service_origins(self, environment: str) -> tuple[str, ...]:
        """Return the origins of the services of an environment."""
        from pytest_reqflo.engine.durable.pushed import PushedEnvironments
        from pytest_reqflo.plan.environments import find_origin

        services = PushedEnvironments(self.database).snapshot(environment).services.values()
        found = (find_origin(service.base_url) for service in services)
        return tuple(dict.fromkeys(filter(None, found)))


@contextmanager
def _opened(options: Options) -> Iterator[_Opened]:
    with chosen_database(options) as database:
        from pytest_reqflo.engine.durable.secret_rows import SecretRows

        yield _Opened(database, SecretRows(database))


def _read_secret(name: str) -> Secret:
    """Return what is typed at a prompt that shows nothing, else what standard input has.

    Raises: UsageProblem RF801.
    """
    text = _prompt(name) if sys.stdin.isatty() else _read_input()
    if not text:
        raise _unusable("the value is empty")
    return Secret(name, text)


def _prompt(name: str) -> str:
    try:
        text = getpass.getpass(f"value of {name}: ")
        is_same = getpass.getpass("again: ") == text
    except EOFError:
        raise _unusable("nothing was typed") from None
    if not is_same:
        raise _unusable("the two values differ")
    return text


def _read_input() -> str:
    content = sys.stdin.buffer.read(_MAX_BYTES + 1)
    if len(content) > _MAX_BYTES:
        raise _unusable(f"the value is larger than {_MAX_BYTES // 1024} KiB")
    try:
        return content.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        problem = _unusable("the value is not UTF-8")
    # The error quotes the bytes, and would be the context of one that is raised where it is handled.
    raise problem


def _unusable(why: str) -> UsageProblem:
    hint = "type it at the prompt, or pipe it: pass show token | reqflo secrets set TOKEN"
    return UsageProblem(Diagnostic(code="RF801", title=f"no secret was written: {why}", hint=hint))


COMMAND = Command(
    name="secrets",
    summary="Write the secrets that workers use; none is ever shown.",
    description=(
        "A value is typed at a prompt or piped in, and sealed with the master key before it leaves\n"
        "this machine. Each secret is for one environment and may be sent to its origins only."
    ),
    examples=(
        "  reqflo secrets set SHOP_TOKEN --env staging --origin https://shop.example.com\n"
        "  pass show shop | reqflo secrets rotate SHOP_TOKEN --env staging\n"
        "  reqflo secrets list"
    ),
    actions=("set", "rotate", "delete", "list", "rekey", "publish-key"),
    add_arguments=_add_arguments,
    perform=perform_action,
)
