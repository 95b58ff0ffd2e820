"""Libraries whose parts in C or Rust cannot be imported a second time in one process.

Pytester forgets what a test imported. Import this before it is used, and these stay.
"""

from __future__ import annotations

import cryptography.exceptions
import cryptography.hazmat.primitives.asymmetric.x25519
import cryptography.hazmat.primitives.ciphers.aead
import cryptography.hazmat.primitives.hashes
import cryptography.hazmat.primitives.kdf.hkdf
import dbos
import psycopg
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite

KEPT = (cryptography, dbos, psycopg, sqlalchemy)
