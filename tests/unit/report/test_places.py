"""Lines by which CI systems find files: attachments, and the line of a journey in the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_reqflo.report.junit import render_attachment
from pytest_reqflo.report.source_link import find_source_url

RUN = Path("/builds/shop/.reqflo/runs/1/run.json")
GITHUB = {
    "GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "team/shop", "GITHUB_SHA": "0123456789abcdef",
    "GITHUB_WORKSPACE": "/builds/shop",
}  # fmt: skip
GITLAB = {
    "CI_PROJECT_URL": "https://gitlab.test/team/shop", "CI_COMMIT_SHA": "0123456789abcdef",
    "CI_PROJECT_DIR": "/builds/shop",
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "variables", "line"),
    [
        (RUN, {}, f"[[ATTACHMENT|{RUN}]]\n"),
        (RUN, GITLAB, "[[ATTACHMENT|.reqflo/runs/1/run.json]]\n"),
        (Path("/elsewhere/run.json"), GITLAB, "[[ATTACHMENT|/elsewhere/run.json]]\n"),
        (Path("/a]]\x1b/run.json"), {}, ""),
        (Path("/a\n::error::/run.json"), {}, ""),
    ],
)
def test_an_attachment_is_named_as_the_system_at_hand_reads_it(path, variables, line) -> None:
    assert render_attachment(path, variables) == line


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        (GITHUB, "https://github.com/team/shop/blob/0123456789abcdef/a%20b/%E2%82%AC%28%29.yaml#L7"),
        (GITLAB, "https://gitlab.test/team/shop/-/blob/0123456789abcdef/a%20b/%E2%82%AC%28%29.yaml#L7"),
        ({}, None),
        ({**GITHUB, "GITHUB_WORKSPACE": "/other"}, None),
        ({**GITHUB, "GITHUB_SERVER_URL": "javascript:alert(1)//"}, None),
        ({**GITHUB, "GITHUB_SHA": "main) [x](y"}, None),
    ],
)  # fmt: skip
def test_a_line_has_an_address_in_the_jobs_of_github_and_gitlab(variables, url) -> None:
    assert find_source_url(variables, Path("/builds/shop/a b/€().yaml"), 7) == url
