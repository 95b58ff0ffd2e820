"""Which journeys may use which secrets, as the environment grants them. Pure."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pytest_reqflo.diagnostic import Diagnostic
from pytest_reqflo.frozen import dataclass
from pytest_reqflo.values import shorten

_SHOWN_NAME = 100
_WILD = re.compile(r"\*\*/|\*\*|\*")
_WILD_IN_PATHS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Secrets, by a pattern of their names, and the journeys that may use them.

    Shape: *journeys* are patterns of ids, *tags* of tags, and *files* of paths below the root; one
        that matches is enough. ``*`` stands for any text, in *files* for any but ``/``, and ``**``
        there for any folders.
    """

    secrets: str
    journeys: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """All grants of an environment, and the file where they stand: what is not granted is refused."""

    file: str
    grants: tuple[Grant, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantee:
    """The journey that asks; *file* is its path below the root, empty when it is not known."""

    journey: str
    tags: tuple[str, ...] = ()
    file: str = ""


def read_grants(data: Mapping[str, Any], file: str) -> Grants:
    """Return the grants that *data*, ``secrets.grants`` of the environment in *file*, describes."""
    return Grants(
        file=file,
        grants=tuple(
            Grant(
                secrets=pattern,
                journeys=tuple(entry.get("journeys") or ()),
                tags=tuple(entry.get("tags") or ()),
                files=tuple(entry.get("files") or ()),
            )
            for pattern, entry in data.items()
        ),
    )


def find_refused(names: Iterable[str], grantee: Grantee, grants: Grants | None) -> tuple[str, ...]:
    """Return those of *names* that *grantee* may not use; none where nothing is granted by name."""
    if grants is None:
        return ()
    return tuple(name for name in names if not _is_granted(name, grantee, grants))


def _is_granted(name: str, grantee: Grantee, grants: Grants) -> bool:
    return any(_serves(grant, grantee) for grant in _grants_of(name, grants))


def _grants_of(name: str, grants: Grants) -> Iterator[Grant]:
    return (grant for grant in grants.grants if _matches(grant.secrets, name))


def _serves(grant: Grant, grantee: Grantee) -> bool:
    return (
        any(_matches(pattern, grantee.journey) for pattern in grant.journeys)
        or any(_matches(pattern, tag) for pattern in grant.tags for tag in grantee.tags)
        or any(_matches(pattern, grantee.file, is_path=True) for pattern in grant.files)
    )


def _matches(pattern: str, text: str, *, is_path: bool = False) -> bool:
    # Nothing is not something: an unknown file is in no folder, not even in `**`.
    return bool(text) and _compiled(pattern, is_path).fullmatch(text) is not None


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str, is_path: bool) -> re.Pattern[str]:
    parts, at = [], 0
    for wild in _WILD.finditer(pattern):
        parts.append(re.escape(pattern[at : wild.start()]))
        parts.append(_WILD_IN_PATHS[wild.group()] if is_path else _plain(wild.group()))
        at = wild.end()
    return re.compile("".join((*parts, re.escape(pattern[at:]))), re.DOTALL)


def _plain(wild: str) -> str:
    return ".*/" if wild == "**/" else ".*"


def refused_problem(refused: tuple[str, ...], environment: str, grants: Grants) -> Diagnostic:
    """Return RF306 about all *refused* names: where grants are written, and whom they name."""
    quoted = [f"`{shorten(name, _SHOWN_NAME)}`" for name in refused]
    is_one = len(quoted) == 1
    listed = quoted[0] if is_one else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
    what = f"secret {listed} is" if is_one else f"secrets {listed} are"
    notes = [f"environment `{environment}` grants each secret by name: {grants.file}"]
    notes += [_who(name, quote, grants) for name, quote in zip(refused, quoted, strict=True)]
    return Diagnostic(
        code="RF306",
        title=f"the {what} not granted to this journey",
        notes=tuple(notes),
        hint=f"grant {'it' if is_one else 'them'} under `secrets.grants` there; nothing was sent",
    )


def _who(name: str, quoted: str, grants: Grants) -> str:
    found = [
        f"{kind} {', '.join(patterns)}"
        for grant in _grants_of(name, grants)
        for kind, patterns in (
            ("journeys", grant.journeys),
            ("tags", grant.tags),
            ("files", grant.files),
        )
        if patterns
    ]
    return f"{quoted} is granted to {'; '.join(found) or 'nobody'}"
