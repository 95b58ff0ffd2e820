"""Names of cases and rows to ids of test items, the same on every machine. Pure."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping

from pytest_reqflo.values import slugify

MAX_ID_LENGTH = 60

_DIGEST_LENGTH = 6
_SLUG = re.compile(r"[a-z0-9_]+(?:[.-][a-z0-9_]+)*")
_ROW_LIKE = re.compile(r"row-[0-9]+(-.*)?")


def case_ids(names: Iterable[str]) -> Mapping[str, str]:
    """Return the id of each case: the slug of its name.

    Shape: a slug that is empty, cut, used twice or that looks like a row's is followed by 6 hex
        digits of the name's SHA-256, so that no id depends on the order or choice of the cases.
    """
    slugs = {name: slugify(name, limit=10 * MAX_ID_LENGTH) for name in names}
    uses = Counter(slugs.values())
    return {
        name: slug if _is_usable(slug) and uses[slug] == 1 else _with_digest(slug, name)
        for name, slug in slugs.items()
    }


def row_id(number: int, key: str, case: str = "") -> str:
    """Return the id of row *number* (from 1); *case* only where rows run for several cases."""
    if not case and (not key or _SLUG.fullmatch(key)):  # as most keys are, and quicker
        name = f"row-{number:05}-{key}" if key else f"row-{number:05}"
        if len(name) <= MAX_ID_LENGTH:
            return name
    slug = slugify(key, limit=10 * MAX_ID_LENGTH)
    name = "-".join(filter(None, (f"row-{number:05}", slug, slugify(case))))
    has_all = bool(slug) == bool(key) and bool(slugify(case)) == bool(case)
    if has_all and len(name) <= MAX_ID_LENGTH:
        return name
    return _with_digest(name, f"{key}\n{case}" if case else key)


def _is_usable(slug: str) -> bool:
    return bool(slug) and len(slug) <= MAX_ID_LENGTH and not _ROW_LIKE.fullmatch(slug)


def _with_digest(slug: str, name: str) -> str:
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
    head = slug[: MAX_ID_LENGTH - _DIGEST_LENGTH - 1].rstrip("-.")
    return f"{head}-{digest}" if head else digest
