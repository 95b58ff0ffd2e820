"""`Secret`: text that never shows itself, and which names a secret can have. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NoReturn, final

OWN_PREFIX = "REQFLO_"
"""Our own settings are no secrets: a journey must not read a master key or a store address."""

MAX_NAME = 200

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def is_own_setting(name: str) -> bool:
    """Say whether *name* is that of a setting of ours, in any case of its letters."""
    return name.upper().startswith(OWN_PREFIX)


def find_name_fault(name: str) -> str:
    """Return why *name* cannot be the name of a secret, ``""`` when it can.

    A journey chooses names, and providers make file names and arguments of them: no usable name
    leaves a folder or begins like an option.
    """
    if not name:
        return "it is empty"
    if len(name) > MAX_NAME:
        return f"it is longer than {MAX_NAME} characters"
    if not _NAME.fullmatch(name):
        return "a name is letters, digits, `_`, `-` and `.`, and begins with neither `-` nor `.`"
    if is_own_setting(name):
        return f"names that begin with {OWN_PREFIX} are settings of the plugin itself"
    return ""


@final
class Secret:
    """A text that is only ever shown as ``[secret:NAME]``.

    `reveal` is called in three places only: wire encoding, the redaction registry, and checks.
    A secret made from another (`map`, `join`) stays secret and keeps the name of its origin.

    Shape: *bound_to* are the origins that it may be sent to, such as ``https://api.example.com``;
        None: to each that its environment allows.
    """

    __slots__ = ("_text", "bound_to", "name")

    def __init__(self, name: str, text: str, bound_to: frozenset[str] | None = None) -> None:
        if not isinstance(text, str):
            raise TypeError(f"the secret `{name}` must be text, not {type(text).__name__}")
        self.name = name
        self.bound_to = bound_to
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def map(self, change: Callable[[str], str], name: str | None = None) -> Secret:
        """Return the secret whose text is *change* applied to this one's."""
        return Secret(name or self.name, change(self._text), self.bound_to)

    def bind(self, origins: frozenset[str] | None) -> Secret:
        """Return the secret for *origins* only."""
        return Secret(self.name, self._text, origins)

    @staticmethod
    def join(parts: Iterable[str | Secret]) -> str | Secret:
        """Return the parts as one text, secret when any part is."""
        pieces = list(parts)
        try:
            return "".join(pieces)  # type: ignore[arg-type]
        except TypeError:
            # Most texts have no secret part.
            pass
        names = [piece.name for piece in pieces if isinstance(piece, Secret)]
        text = "".join(piece.reveal() if isinstance(piece, Secret) else piece for piece in pieces)
        return Secret(names[0], text)

    def mask(self) -> str:
        """Return what is shown in place of the text."""
        return f"[secret:{self.name}]"

    def __repr__(self) -> str:
        return self.mask()

    def __str__(self) -> str:
        return self.mask()

    def __format__(self, spec: str) -> str:
        return format(self.mask(), spec)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text and self.name == other.name

    def __hash__(self) -> int:
        return hash(("Secret", self.name))

    def _refuse(self, *_: object) -> NoReturn:
        raise TypeError(f"{self.mask()} cannot be pickled or copied")

    # Without them, object's own would hand out the slots with the text.
    __reduce__ = __reduce_ex__ = __getstate__ = _refuse
    __copy__ = __deepcopy__ = _refuse
