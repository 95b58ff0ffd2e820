"""The line by which GitLab and Jenkins find a file that belongs to a test. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pytest_reqflo.values import printable_line


def render_attachment(path: Path, variables: Mapping[str, str]) -> str:
    """Return the line that names *path*, empty when no such line could name it.

    Shape: GitLab, which *variables* of its job tell, takes paths below the project; Jenkins whole ones.
    """
    project = variables.get("CI_PROJECT_DIR")
    is_below = bool(project) and path.is_relative_to(str(project))
    shown = str(path.relative_to(str(project)) if is_below else path)
    if "]]" in shown or printable_line(shown) != shown:
        return ""
    return f"[[ATTACHMENT|{shown}]]\n"
