"""`Secret`: text that never shows itself. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NoReturn, final


@final
class Secret:
    """A text that is only ever shown as ``[secret:NAME]``.

    `reveal` is called in three places only: wire encoding, the redaction registry, and checks.
    A secret made from another (`map`, `join`) stays secret and keeps the name of its origin.
    """

    __slots__ = ("_text", "name")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._text = text

    def reveal(self) -> str:
        """Return the text itself."""
        return self._text

    def map(self, change: Callable[[str], str], name: str | None = None) -> Secret:
        """Return the secret whose text is *change* applied to this one's."""
        return Secret(name or self.name, change(self._text))

    @staticmethod
    def join(parts: Iterable[str | Secret]) -> str | Secret:
        """Return the parts as one text, secret when any part is."""
        pieces = list(parts)
        names = [piece.name for piece in pieces if isinstance(piece, Secret)]
        text = "".join(piece.reveal() if isinstance(piece, Secret) else piece for piece in pieces)
        return Secret(names[0], text) if names else text

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

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(f"{self.mask()} cannot be pickled or copied")
