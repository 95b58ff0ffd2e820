"""Dispatch run-1 into the store at the address that is given."""

from __future__ import annotations

import sys

from durability import Store, journey, step

if __name__ == "__main__":
    Store(sys.argv[1]).dispatch(journey(step("a")), "run-1")
