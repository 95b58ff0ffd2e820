"""A session that dispatches its runs to workers and waits for none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

import pytest

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.errors import UsageProblem
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.host.cloud_hooks import left_behind, will_run
from pytest_reqflo.host.session import find_session


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatched:
    """What was dispatched: items to run ids, in order, and the items that wait for fixtures."""

    exit_code: int
    batch_id: str = ""
    runs: Mapping[str, str] = field(default_factory=dict)
    left: tuple[str, ...] = ()


def dispatch_only(arguments: Sequence[str]) -> Dispatched:
    """Return what a session with these *arguments* dispatched; pytest tells what went wrong.

    Raises: UsageProblem RF801 when pytest was told to run nothing.
    """
    detach = _Detach()
    code = int(pytest.main([*arguments, "-q", "--no-header"], plugins=[detach]))
    if code == pytest.ExitCode.OK and not detach.batch_id:
        title = "--detach: nothing is dispatched, as an option for pytest lets no test run"
        hint = "leave out what follows `--`, such as --collect-only"
        raise UsageProblem(Diagnostic(code="RF801", title=title, hint=hint))
    return Dispatched(exit_code=code, batch_id=detach.batch_id, runs=detach.runs, left=detach.left)


class _Detach:
    """Ends a session after its runs are dispatched, and learns which they are."""

    def __init__(self) -> None:
        self.batch_id = ""
        self.runs: dict[str, str] = {}
        self.left: tuple[str, ...] = ()

    @pytest.hookimpl(tryfirst=True)
    def pytest_cmdline_main(self, config: pytest.Config) -> None:
        """Keep the session in this process: a controller of xdist dispatches nothing."""
        if hasattr(config.option, "numprocesses"):  # xdist is loaded
            config.option.numprocesses, config.option.dist = 0, "no"
            config.option.distload, config.option.tx = False, []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Take the place of what would run the items."""
        found = find_session(session.config)
        if session.testsfailed or not will_run(session) or found is None or found.cloud is None:
            return None
        self.batch_id = found.cloud.batch_id
        self.runs = dict(found.cloud.dispatched)
        found.cloud.leave_all()
        self.left = left_behind(session.items)
        return True
