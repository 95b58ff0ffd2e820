"""Libraries whose parts in C or Rust cannot be imported a second time in one process.

Pytester forgets what a test imported. Import this before it is used, and these stay.
"""

from __future__ import annotations

import contextlib
import importlib

NAMES = (
    "cryptography.exceptions",
    "cryptography.hazmat.primitives.asymmetric.x25519",
    "cryptography.hazmat.primitives.ciphers.aead",
    "cryptography.hazmat.primitives.hashes",
    "cryptography.hazmat.primitives.kdf.hkdf",
    "dbos",
    "psycopg",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.dialects.sqlite",
)

for name in NAMES:
    with contextlib.suppress(ImportError):  # they come with the extra for durable runs
        importlib.import_module(name)
