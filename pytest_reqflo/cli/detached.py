"""`reqflo run --cloud --detach`: runs are dispatched and nobody waits for them."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from typing import Any

import pytest

from pytest_reqflo.cli.arguments import ExitCode
from pytest_reqflo.cli.output import json_block
from pytest_reqflo.host.cloud_hooks import left_behind
from pytest_reqflo.host.session import find_session


class _Detach:
    """Ends a session after its runs are dispatched, and learns which they are."""

    def __init__(self) -> None:
        self.batch_id = ""
        self.runs: dict[str, str] = {}
        self.left: tuple[str, ...] = ()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Take the place of what would run the items."""
        found = find_session(session.config)
        if session.testsfailed or found is None or found.cloud is None:
            return None
        self.batch_id = found.cloud.batch_id
        self.runs = dict(found.cloud.dispatched)
        found.cloud.leave_all()
        self.left = left_behind(session.items)
        return True


def run_detached(arguments: Sequence[str], *, as_json: bool) -> int:
    """Return the exit code after the runs are dispatched and their ids printed."""
    detach = _Detach()
    # What pytest says must not stand between the ids. A controller of xdist dispatches nothing.
    with contextlib.redirect_stdout(sys.stderr):
        code = int(pytest.main([*arguments, "-q", "--no-header", "-n0"], plugins=[detach]))
    if code != ExitCode.OK:
        return code
    lines = json_block(_document(detach)) if as_json else list(detach.runs.values())
    print("\n".join(lines))
    if detach.left:
        names = "\n  ".join(detach.left[:20])
        print(f"not dispatched, they need fixtures of the suite:\n  {names}", file=sys.stderr)
        return ExitCode.FAILED
    return ExitCode.OK


def _document(detach: _Detach) -> dict[str, Any]:
    return {
        "batch": detach.batch_id,
        "runs": [{"item": item, "run_id": run_id} for item, run_id in detach.runs.items()],
        "not_dispatched": list(detach.left),
    }
