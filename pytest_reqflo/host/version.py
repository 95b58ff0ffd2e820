"""The version of a journey: recorded in the store when its first item runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
