"""Allure: a step per journey step, with what was sent and received. Loaded only where it is active.

Runs in flight are over before the turn of their item: the steps are made from the result, with the times at
which they ran, when Allure writes the test down.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Generator
from typing import Any

import allure
import allure_commons
import pytest
from allure_commons.model2 import Attachment, Parameter, StatusDetails, TestStepResult

from pytest_reqflo.host.flight import Span
from pytest_reqflo.host.hiding import Hiding
from pytest_reqflo.host.item import JourneyNode
from pytest_reqflo.host.options import EvidenceKind
from pytest_reqflo.report.attached import Attached
from pytest_reqflo.report.safe import to_line
from pytest_reqflo.report.source_link import find_source_url
from pytest_reqflo.report.steps import ShownStep, render_steps
from pytest_reqflo.result import RunIdentity

_MIME_TYPES = {"text": "text/plain", "json": "application/json"}
_EXTENSIONS = {"text": "txt", "json": "json"}


def register_allure(config: pytest.Config, hiding: Hiding, evidence: EvidenceKind) -> None:
    """Take part in what Allure writes, until pytest is unconfigured."""
    channel = AllureChannel(hiding, evidence)
    config.pluginmanager.register(channel, "reqflo-allure")
    manager = allure_commons.plugin_manager
    manager.register(channel)
    config.add_cleanup(lambda: manager.unregister(channel))


class AllureChannel:
    """What one process tells Allure: of the test at hand, one at a time.

    Shape: *evidence* says of which runs the exchanges are attached.
    """

    def __init__(self, hiding: Hiding, evidence: EvidenceKind) -> None:
        self._hiding = hiding
        self._evidence = evidence
        self._steps: tuple[ShownStep, ...] = ()
        self._span: Span | None = None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Describe the test once it is over, while Allure still takes it for the current one."""
        self._steps, self._span = (), None
        try:
            return (yield)
        finally:
            if isinstance(item, JourneyNode) and item.verdict is not None:
                result = item.verdict.result
                self._steps = render_steps(result, with_exchanges=self._wants(result.outcome))
                self._span = item.span
                self._describe(result.identity, item)

    def _wants(self, outcome: str) -> bool:
        is_bad = outcome not in ("passed", "skipped")
        return self._evidence == "all" or (is_bad and self._evidence == "failures")

    def _describe(self, identity: RunIdentity, item: JourneyNode) -> None:
        allure.dynamic.title(item.reportinfo()[2].strip() or item.name)
        # Each case and each row has a history of its own.
        row = identity.row or (str(identity.row_number) if identity.row_number else "")
        for name, text in (("case", identity.case), ("row", row)):
            if text:
                allure.dynamic.parameter(name, self._line(text))
        for name, text in (
            ("environment", identity.environment),
            ("version", identity.version),
            ("artifact", identity.artifact),
            ("run id", identity.run_id),
        ):
            allure.dynamic.parameter(name, self._line(text), excluded=True)
        if identity.owner:
            allure.dynamic.label("owner", self._line(identity.owner))
        if url := find_source_url(os.environ, item.path, item.line):
            allure.dynamic.link(url, name="journey file")

    @allure_commons.hookimpl(tryfirst=True)  # type: ignore[untyped-decorator]
    def report_result(self, result: Any) -> None:
        """Put the steps into the test that Allure is about to write."""
        if self._span is not None:
            # Allure has only seen the wait for a run that was in flight.
            result.start = round(self._span.start_s * 1000)
            result.stop = round(self._span.stop_s * 1000)
        result.steps += [self._step(step) for step in self._steps]
        self._steps, self._span = (), None

    def _step(self, step: ShownStep) -> TestStepResult:
        message = self._hiding.text(step.message)
        return TestStepResult(
            name=self._hiding.text(step.name),
            status=step.status,
            statusDetails=StatusDetails(message=message) if message else None,
            start=step.start_ms,
            stop=step.stop_ms,
            parameters=[Parameter(name, self._hiding.text(text)) for name, text in step.parameters],
            attachments=[self._attach(each) for each in step.attachments],
            steps=[self._step(each) for each in step.steps],
        )

    def _attach(self, attached: Attached) -> Attachment:
        source = f"{uuid.uuid4()}-attachment.{_EXTENSIONS[attached.kind]}"
        body = self._hiding.text(attached.body)
        allure_commons.plugin_manager.hook.report_attached_data(body=body, file_name=source)
        return Attachment(name=attached.name, source=source, type=_MIME_TYPES[attached.kind])

    def _line(self, text: str) -> str:
        return self._hiding.text(to_line(text))
