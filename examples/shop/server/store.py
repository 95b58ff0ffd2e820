"""The SQLite file of the shop: schema, first data and short transactions."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

SCHEMA = """
create table customers (id text primary key, name text, username text unique, password text,
                        tier text);
create table tokens (token text primary key, customer_id text);
create table sessions (sid text primary key, customer_id text);
create table products (sku text primary key, name text, category text, price_cents integer,
                       stock integer);
create table orders (number integer primary key autoincrement, customer_id text, sku text,
                     quantity integer, total_cents integer, state text, reference text,
                     idempotency_key text unique);
create table exports (number integer primary key autoincrement, polls integer, fails integer);
create table attempts (key text primary key, count integer);
create table files (sha256 text primary key, name text, content_type text, content blob);
create table notes (name text primary key, content text);
"""

CATEGORIES = ("books", "garden", "kitchen")


class Store:
    """One database file; every transaction opens its own connection, so any thread may call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self.transaction() as db:
            # The file lives as long as one test run: speed matters, durability does not.
            db.execute("pragma journal_mode = wal")
            db.executescript(SCHEMA)
            _insert_first_data(db)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Give a connection; what is done with it is committed together, or not at all."""
        with closing(sqlite3.connect(self._path, timeout=30)) as db, db:
            db.row_factory = sqlite3.Row
            db.execute("pragma synchronous = off")
            yield db


def _insert_first_data(db: sqlite3.Connection) -> None:
    customers = [
        ("c-001", "Ada", "ada", "correct-horse-battery", "gold"),
        ("c-002", "Bob", "bob", "tr0ub4dor-and-3", "standard"),
    ]
    customers += [
        (f"c-{n:03}", f"Customer {n}", f"customer-{n}", f"password-{n}", "standard")
        for n in range(3, 21)
    ]
    products = [
        (f"sku-{n:03}", f"Product {n}", CATEGORIES[n % 3], 250 * n, 0 if n % 10 == 0 else 100_000)
        for n in range(1, 58)
    ]
    products.append(("sku-last", "The last five of their kind", "books", 9_900, 5))
    # The orders of the last customer are never touched: a list of three pages to turn over.
    orders = [("c-020", "sku-001", 1, 250, "paid", f"old-{n:02}") for n in range(1, 46)]
    db.executemany("insert into customers values (?, ?, ?, ?, ?)", customers)
    db.executemany("insert into products values (?, ?, ?, ?, ?)", products)
    db.executemany(
        "insert into orders (customer_id, sku, quantity, total_cents, state, reference)"
        " values (?, ?, ?, ?, ?, ?)",
        orders,
    )
