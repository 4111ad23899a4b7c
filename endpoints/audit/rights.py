"""Rights of PostgreSQL: the application can add and read events and seals; only the owner of the tables can do more.

The owner is a role of its own, which `setup` and the commands that erase use. SQLite has no rights.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import Error, connection, transaction

from endpoints.models import Event, Seal, SealedEvent

APPEND_ONLY = tuple(model._meta.db_table for model in (Event, Seal, SealedEvent))
CANNOT_ERASE = (
    "DATABASE_URL: its role can't change or remove events. "
    "Run this command where SETUP_DATABASE_URL is set, as for setup."
)
MIGRATIONS = "django_migrations"  # of which the application only reads
_PLACE = {"NAME": "", "USER": "", "PASSWORD": "", "HOST": "", "PORT": "", "OPTIONS": {}}


@contextmanager
def owner_connected(owner: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Connect as the owner of the tables: `owner` is an entry of DATABASES. As before when it is empty.

    Gives the entry of the application, which is connected again afterwards; empty when `owner` is. Raises
    ImproperlyConfigured when there is no connection. For commands: other threads keep their connections.
    """
    if not owner:
        yield {}
        return
    place = connection.settings_dict
    application = {name: place[name] for name in _PLACE}
    connection.close()
    place.update({name: owner.get(name, none) for name, none in _PLACE.items()})
    try:
        try:
            connection.ensure_connection()
        except Error as error:
            reason = " ".join(str(error).split())
            raise ImproperlyConfigured(f"SETUP_DATABASE_URL: the database can't be used: {reason}") from None
        yield application
    finally:
        connection.close()
        place.update(application)


@transaction.atomic
def grant(role: str, password: str) -> None:
    """Give the application's role what it needs on all tables, also on those that later migrations will create.

    The role is created if it doesn't exist. Raises ImproperlyConfigured when this connection can't do it.
    """
    with connection.cursor() as cursor:
        _create_missing(cursor, role, password)
        cursor.execute("SELECT current_schema(), has_schema_privilege(%s, current_schema(), 'CREATE')", [role])
        schema, creates = cursor.fetchone()
        names = connection.introspection.table_names(cursor)
        tables = _listed(name for name in names if name in {*_our_tables(), MIGRATIONS})
        cursor.execute(
            "SELECT sequencename FROM pg_sequences WHERE schemaname = %s AND pg_has_role(sequenceowner, 'MEMBER')",
            [schema],
        )
        sequences = _listed(name for (name,) in cursor.fetchall())
        to, place = _quoted(role), _quoted(schema)
        statements = [
            f"GRANT USAGE ON SCHEMA {place} TO {to}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON {tables} TO {to}",
            f"GRANT USAGE, SELECT ON SEQUENCE {sequences} TO {to}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {place} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {to}",
            f"ALTER DEFAULT PRIVILEGES IN SCHEMA {place} GRANT USAGE, SELECT ON SEQUENCES TO {to}",
            f"REVOKE UPDATE, DELETE, TRUNCATE, TRIGGER ON {_listed(APPEND_ONLY)} FROM PUBLIC, {to}",
            f"REVOKE INSERT, UPDATE, DELETE ON {MIGRATIONS} FROM {to}",
        ]
        if creates:
            statements.append(f"REVOKE CREATE ON SCHEMA {place} FROM PUBLIC, {to}")
        try:
            for statement in statements:
                cursor.execute(statement)
        except Error as error:
            reason = " ".join(str(error).split())
            raise ImproperlyConfigured(f"SETUP_DATABASE_URL: its role can't grant rights: {reason}") from None


def excess() -> bool:
    """Whether the role of this connection can change or remove events, or the triggers that refuse it."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_or(has_any_column_privilege(oid, 'UPDATE') OR has_table_privilege(oid, 'DELETE, TRUNCATE') "
            "OR has_table_privilege(oid, 'TRIGGER') OR pg_has_role(relowner, 'MEMBER')) "
            "FROM pg_class WHERE oid = ANY(%s::regclass[])",
            [[*APPEND_ONLY]],
        )
        return bool(cursor.fetchone()[0])


def can_erase() -> bool:
    """Whether this connection can change and remove events, as far as rights are concerned."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT bool_and(has_table_privilege(oid, 'UPDATE') AND has_table_privilege(oid, 'DELETE')) "
            "FROM pg_class WHERE oid = ANY(%s::regclass[])",
            [[*APPEND_ONLY]],
        )
        return bool(cursor.fetchone()[0])


def _create_missing(cursor: Any, role: str, password: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone():
        return
    cursor.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")
    if not cursor.fetchone()[0]:
        raise ImproperlyConfigured(
            f"DATABASE_URL: there is no role {role}, and that of SETUP_DATABASE_URL can't create it. Create it first."
        )
    # Its digest, because statements may be logged.
    digest = connection.connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    cursor.execute(f"CREATE ROLE {_quoted(role)} LOGIN PASSWORD '{digest.decode()}'")


def _our_tables() -> list[str]:
    return connection.introspection.django_table_names(include_views=False)


def _listed(names: Any) -> str:
    return ", ".join(map(_quoted, sorted(names)))


def _quoted(name: str) -> str:
    return '"{}"'.format(name.replace('"', '""'))
