"""Values become the texts that URLs, headers and fields are made of. Pure."""

from __future__ import annotations

from pytest_reqflo.lang.expression import Rendered, Value, ValueMissing
from pytest_reqflo.lang.render import render_value, to_text
from pytest_reqflo.run.problems import WireProblem
from pytest_reqflo.run.scope import RunScope
from pytest_reqflo.secret import Secret
from pytest_reqflo.values import is_array

_MAX_TEXTS = 1_000
"""An answer may have given the list: each value is a header or a field of the request."""


def texts_of(value: Value, scope: RunScope, site: str, what: str) -> list[str | Secret]:
    """Return the texts that *value* gives: none for null, several for a list.

    Raises: WireProblem, in which *what* names the place; ValueMissing.
    """
    rendered = render_value(value, scope, site=site)
    if rendered is None:
        return []
    items = rendered if is_array(rendered) else [rendered]
    if len(items) > _MAX_TEXTS:
        raise WireProblem(f"{what} is a list of {len(items):,} values, {_MAX_TEXTS:,} are allowed")
    return [_as_text(item, what) for item in items if item is not None]


def text_of(value: Value, scope: RunScope, site: str, what: str) -> str | Secret:
    """Return the one text that *value* gives.

    Raises: WireProblem, also for null; ValueMissing.
    """
    return _as_text(render_value(value, scope, site=site), what)


def _as_text(rendered: Rendered, what: str) -> str | Secret:
    if rendered is None:
        raise WireProblem(f"{what} is null")
    try:
        return to_text(rendered)
    except ValueMissing as problem:
        raise WireProblem(f"{what}: {problem}") from None


def plain(text: str | Secret) -> str:
    """Return the text itself, for the wire."""
    return text.reveal() if isinstance(text, Secret) else text
