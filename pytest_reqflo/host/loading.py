"""How our modules are loaded in a pytest session: as Python does it, without rewritten assertions.

pytest rewrites the assertions of each package that has a plugin. Ours make none that a test would
show, and the detour costs more than all else that Python does to load them; where no bytecode may
be written, each session would compile every module anew.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

_OURS = "pytest_reqflo."


class _PlainFinder:
    """Finds the modules of this package before pytest's own finder does; no others."""

    @staticmethod
    def find_spec(
        fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(_OURS):
            return None
        return PathFinder.find_spec(fullname, path, target)


def load_plainly() -> None:
    """Have what is loaded of us from now on loaded as it stands."""
    if _PlainFinder not in sys.meta_path:
        sys.meta_path.insert(0, _PlainFinder)
