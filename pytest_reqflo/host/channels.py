"""Which reporters of others are active, so that ours is in what they write. Loads none that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_reqflo.host.session import JourneySession


def register_channels(config: pytest.Config, session: JourneySession) -> None:
    """Register what speaks to each reporter that the person running asked for."""
    if config.getoption("allure_report_dir", None):
        from pytest_reqflo.host.allure_channel import register_allure

        register_allure(config, session.hiding, session.settings.evidence)
    if config.getoption("htmlpath", None):
        from pytest_reqflo.host.html_extras import HtmlExtras

        config.pluginmanager.register(HtmlExtras(config, session.hiding), "reqflo-html-extras")
