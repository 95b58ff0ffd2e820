"""Where people can look at a line of a file of the repository, as the CI system at hand says. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

_GITHUB = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_WORKSPACE")
_GITLAB = ("CI_PROJECT_URL", "CI_COMMIT_SHA", "CI_PROJECT_DIR")
_WEB = re.compile(r"https?://[A-Za-z0-9._~:/@-]+")
_SHA = re.compile(r"[0-9a-f]{7,64}")


def find_source_url(variables: Mapping[str, str], path: Path, line: int) -> str | None:
    """Return the address of *line* of *path*, None outside of the jobs of GitHub and GitLab."""
    github = [variables.get(name, "") for name in _GITHUB]
    if all(github):
        server, repository, commit, folder = github
        return _url(f"{server}/{repository}/blob", commit, folder, path, line)
    gitlab = [variables.get(name, "") for name in _GITLAB]
    if all(gitlab):
        project, commit, folder = gitlab
        return _url(f"{project}/-/blob", commit, folder, path, line)
    return None


def _url(base: str, commit: str, folder: str, path: Path, line: int) -> str | None:
    if not (path.is_relative_to(folder) and _WEB.fullmatch(base) and _SHA.fullmatch(commit)):
        return None
    below = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
    return f"{base}/{commit}/{quote(below)}#L{line}"
