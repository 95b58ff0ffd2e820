"""Who may do what in a Postgres, as SQL. Pure.

Three group roles, which log in to nothing by themselves: grant them to the roles of your programs.
The owner of the tables is a fourth, which only migrates and prunes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pytest_reqflo.engine.durable.guards import ENGINE_SCHEMA
from pytest_reqflo.engine.durable.tables import SCHEMA

CLIENT, WORKER, ADMIN = "reqflo_client", "reqflo_worker", "reqflo_admin"

Rights = Mapping[str, tuple[str, ...]]
"""Table to what a role may do with it; columns in brackets where it is not all of them."""

_ALL_BUT_SEALED = (
    "SELECT (environment, name, version, source, origins, key_id, written_by, created_at)"
)
_INSERTED = ("SELECT", "INSERT")

_OURS: Mapping[str, Rights] = {
    CLIENT: {
        "meta": ("SELECT",),
        **dict.fromkeys(("artifact", "blob", "batch", "run", "attempt", "cancel"), _INSERTED),
        **dict.fromkeys(("result", "step", "worker", "public_key"), ("SELECT",)),
        # That there is one, and not how it is reached.
        "environment": ("SELECT (name, version, created_at)",),
    },
    WORKER: {
        "meta": ("SELECT",),
        **dict.fromkeys(("artifact", "blob", "cancel", "environment", "secret"), ("SELECT",)),
        # A schedule dispatches from a worker, and a run that begins anew is another attempt.
        **dict.fromkeys(("batch", "run", "attempt", "result", "step", "public_key"), _INSERTED),
        **dict.fromkeys(("worker", "orphan"), ("SELECT", "INSERT", "UPDATE", "DELETE")),
    },
    ADMIN: {
        "meta": ("SELECT",),
        # A schedule keeps the artifact whose runs it dispatches.
        **dict.fromkeys(("environment", "public_key", "artifact", "blob"), _INSERTED),
        # To write a secret is not to read it.
        "secret": (_ALL_BUT_SEALED, "INSERT"),
    },
}

_ENGINE: Mapping[str, Rights] = {
    CLIENT: {
        # The engine's insert names a column to update when the row is there, and leaves it as it is.
        "workflow_status": ("SELECT", "INSERT", "UPDATE (creator_xid)"),
        "workflow_input": ("SELECT (workflow_uuid)", "INSERT"),
        "operation_outputs": ("SELECT",),
        "queues": ("SELECT",),
        "dbos_migrations": ("SELECT",),
    },
    WORKER: {"dbos_migrations": ("SELECT",)},
    ADMIN: {
        "queues": ("SELECT", "INSERT", "UPDATE"),
        "workflow_schedules": ("SELECT", "INSERT", "UPDATE", "DELETE"),
        "dbos_migrations": ("SELECT",),
    },
}


def role_statements() -> tuple[str, ...]:
    """Return the SQL that makes the roles and gives each its rights, no more and no less.

    It may run again, and has to after an upgrade that made new tables.
    """
    return tuple(_statements())


def _statements() -> Iterator[str]:
    for role in (CLIENT, WORKER, ADMIN):
        yield (
            f"DO $$ BEGIN CREATE ROLE {role} NOLOGIN; "
            "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
        )
    roles = ", ".join((CLIENT, WORKER, ADMIN))
    for schema in (SCHEMA, ENGINE_SCHEMA):
        yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {roles}"
        yield f"GRANT USAGE ON SCHEMA {schema} TO {roles}"
    # What the engine does with its own tables is its affair, and changes with its versions.
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {ENGINE_SCHEMA} TO {WORKER}"
    yield f"REVOKE INSERT, UPDATE, DELETE ON {ENGINE_SCHEMA}.dbos_migrations FROM {WORKER}"
    for schema, rights in ((SCHEMA, _OURS), (ENGINE_SCHEMA, _ENGINE)):
        for role, tables in rights.items():
            for table, allowed in tables.items():
                yield f"GRANT {', '.join(allowed)} ON {schema}.{table} TO {role}"
