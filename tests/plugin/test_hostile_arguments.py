"""Whatever stands on the command line: exit code 4 and a sentence, or a run that holds."""

from __future__ import annotations

import os

import pytest
from hostile import WORKERS, attack, hold

USAGE: dict[str, tuple[str | bytes, ...]] = {
    "no_sign": ("--reqflo-set", "customer"),
    "no_name": ("--reqflo-set", "=x"),
    "unknown_name": ("--reqflo-set", "\x1b[31m=1"),
    "no_data": ("--reqflo-data", "gone.csv"),
    "data_folder": ("--reqflo-data", "."),
    "data_long": ("--reqflo-data", "x" * 5_000),
    "unknown_case": ("--reqflo-case", "\u202e::error::x"),
    "output_folder": ("--reqflo-output", "."),
    "output_nowhere": ("--reqflo-output", "pytest.ini/out.json"),
    "set_bytes": ("--reqflo-set", b"customer=\xff\xfe"),
    "unknown_environment": ("--reqflo-env", "../../x\x1b[2J"),
    "environment_bytes": ("--reqflo-env", b"\xff"),
}
RUNS: dict[str, tuple[str | bytes, ...]] = {
    "set_huge": ("--reqflo-set", "customer=" + "x" * 100_000),
    "store_is_file": ("--reqflo-store", "pytest.ini"),
    "store_below_file": ("--reqflo-store", "pytest.ini/x"),
    "store_unwritable": ("--reqflo-store", "/proc/x"),
    "output_device": ("--reqflo-output", "/dev/full"),
}


def test_every_argument_is_used_or_refused_with_a_sentence(project) -> None:
    project.journey(
        "a.journey.yaml", "/status/200", "/any?x={{ inputs.customer }}",
        head="inputs: [{name: customer, default: c}]\ncases: [{name: Gold}]",
    )  # fmt: skip
    for name, arguments in {**USAGE, **RUNS}.items():
        result = project.run("--color=no", *map(os.fsdecode, arguments))
        text = result.stdout.str() + result.stderr.str()
        hold(text, result.ret)
        assert (result.ret, "error[RF" in text) == (4, True) or name in RUNS, name
        assert result.ret in (0, 1) or name in USAGE, name


@pytest.mark.parametrize("argument", [b"--reqflo-set=customer=\xff", b"--reqflo-case=nobody"])
def test_an_argument_that_is_refused_kills_no_worker(project, argument) -> None:
    project.journey("a.journey.yaml", "/status/200", head="inputs: [{name: customer, default: c}]")
    result = attack(project.path, argument, *WORKERS)
    assert (result.code, "error[RF80" in result.text) == (4, True)
