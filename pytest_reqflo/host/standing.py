"""What of pytest's setup stands between two items: the folders above them, and at times their file."""

from __future__ import annotations

import pytest


class Standing:
    """What pytest has left standing of what it set up for *item*, as *following* came next."""

    def __init__(self, item: pytest.Item, following: pytest.Item | None) -> None:
        self._folder = _folder_of(item)
        is_kept = following is not None and following.parent is item.parent
        self._file = item.parent if is_kept else None

    def serves(self, item: pytest.Item, following: pytest.Item) -> bool:
        """Say whether nothing is to be set up for *item*, and nothing torn down before *following*."""
        if not _folder_of(item) is self._folder is _folder_of(following):
            return False
        # A file that nobody has set up needs that no more than its items.
        return self._file is None or item.parent is self._file is following.parent


def _folder_of(item: pytest.Item) -> object:
    return item.parent.parent if item.parent is not None else None
