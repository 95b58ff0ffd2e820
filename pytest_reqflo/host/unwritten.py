"""The warning about a report that could not be written: it fails nothing."""

from __future__ import annotations

import warnings

import pytest

from pytest_reqflo.diagnostic import Diagnostic, render_diagnostic
from pytest_reqflo.errors import ReqfloWarning
from pytest_reqflo.report.safe import to_line


def warn_unwritten(config: pytest.Config, title: str) -> None:
    """Issue RF701, at the end of a session."""
    text = render_diagnostic(Diagnostic(code="RF701", title=to_line(title), severity="warning"))
    # An error raised at this point would be shown as a defect of pytest.
    try:
        warnings.warn(ReqfloWarning(text), stacklevel=1)
    except ReqfloWarning:
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None:
            reporter.write_line(text)
