"""What the tests of this folder share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar

import pytest
from sending import KINDS, make_sender

T = TypeVar("T")


@dataclass(frozen=True)
class Kind:
    """A transport that tests run over; called, it gives a sender over one of its own."""

    name: str

    def __call__(self) -> Any:
        return make_sender(self.name)

    @property
    def is_fast(self) -> bool:
        return self.name.startswith("fast")

    def choose(self, default: T, *, fast: T) -> T:
        """Return what is expected where the fast transport differs, as its page in the docs says."""
        return fast if self.is_fast else default


def _sender(request: pytest.FixtureRequest) -> Kind:
    kind = Kind(request.param)
    if kind.is_fast:
        pytest.importorskip("pyreqwest", reason="needs the extra [fast]")
    return kind


sender = pytest.fixture(_sender, params=KINDS, name="sender")
"""Gives what makes a sender; a test that asks for it runs over every transport."""

default_sender = pytest.fixture(
    _sender, params=[kind for kind in KINDS if "fast" not in kind], name="default_sender"
)
fast_sender = pytest.fixture(
    _sender, params=[kind for kind in KINDS if "fast" in kind], name="fast_sender"
)
async_sender = pytest.fixture(
    _sender, params=[kind for kind in KINDS if "async" in kind], name="async_sender"
)
