from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from pytest_reqflo.engine.secrets.provider import ProviderSettings
from pytest_reqflo.secret import Secret


class TeamVault:
    """Finds secrets in one JSON file."""

    name = "team vault"

    def __init__(self, settings: ProviderSettings) -> None:
        self._path = settings.folder / settings.options["file"]

    def get_many(self, names: Iterable[str]) -> Mapping[str, Secret]:
        """Return those of *names* that the file holds."""
        entries = json.loads(self._path.read_text(encoding="utf-8"))
        return {name: Secret(name, entries[name]) for name in names if name in entries}

    def close(self) -> None:
        """Hold nothing."""
