"""The search fails as soon as any one layer of redaction is missing: the tests of the tests.

Each layer is switched off alone, in a run of a few journeys for which it is the guard.
"""

from __future__ import annotations

import textwrap

import pytest
from canary_project import CanaryProject, expression_of, write_echo
from suite_code import write_suite_code

LAYERS = {
    "boundary": (
        """
        import pytest_reqflo.host.item as item

        item.bug_of = lambda error, hide: error
        """,
        "trace.txt",
    ),
    "sections": (
        """
        import pytest
        from pytest_reqflo.host.item import JourneyNode

        JourneyNode.add_report_section = pytest.Item.add_report_section
        """,
        "report.json",
    ),
    "reports": (
        """
        import pytest
        from pytest_reqflo.host.hooks import JourneyHooks

        @pytest.hookimpl(wrapper=True, trylast=True)
        def pass_through(self, item, call):
            return (yield)

        JourneyHooks.pytest_runtest_makereport = pass_through
        """,
        "junit.xml",
    ),
    "logs": (
        """
        import pytest_reqflo.host.session as session

        session.install_log_factory = lambda hide: lambda: None
        """,
        "log.txt",
    ),
    "evidence": (
        """
        from pytest_reqflo.evidence.redact import Redactor

        Redactor.text = Redactor.body = Redactor.url = lambda self, text, **_: text
        Redactor.headers = lambda self, headers: tuple(headers)

        # What the process hides would cover for it.
        import pytest_reqflo.host.run as run

        run.hide_result = lambda result, hiding: result
        """,
        "results.json",
    ),
    "places": (
        """
        import pytest_reqflo.run.attempt as attempt
        from pytest_reqflo.evidence.positions import SensitiveNames

        attempt.register_positional = lambda *arguments: None
        SensitiveNames.is_key = lambda self, name: False
        SensitiveNames.find_json = SensitiveNames.find_form = lambda self, text: iter(())
        SensitiveNames.find_credentials = lambda self, header, value: iter(())
        """,
        "results.json",
    ),
}
"""What switches a layer off, and a report in which this must show."""


def write_few(project: CanaryProject) -> None:
    [secret, *_] = project.make_secrets(["PLAIN"])
    fixtures = {"prints_before", "logs_before", "records", "raises_before", "input_rubbish"}
    write_suite_code(project, secret, fixtures)
    write_echo(project, "echo", expression_of(secret), ["raw", "header", "json_value"])
    for way in ("access_token", "session_cookie", "nested_token"):
        request = {"method": "GET", "url": f"/positional/{way}"}
        check = {"type": "json_path", "path": "$.value", "expected": "x"}
        project.journey(f"unasked_{way}", {"request": request, "assertions": [check]})


def test_with_all_layers_nothing_is_shown(canary_project):
    write_few(canary_project)

    run = canary_project.run()

    assert run.summary()["total"] == canary_project.journeys
    assert run.leaks() == []


@pytest.mark.parametrize("layer", LAYERS)
def test_without_one_layer_a_secret_is_shown(canary_project, layer):
    source, report = LAYERS[layer]
    write_few(canary_project)
    canary_project.write("layer_off.py", textwrap.dedent(source))

    run = canary_project.run("-p", "layer_off")

    assert run.summary()["total"] == canary_project.journeys, run.text[-3000:]
    assert f"out/{report}" in {leak.place for leak in run.leaks()}
