"""Triggers that refuse to change or remove events.

SQLite has no rights, so there they guard against accidents only. On PostgreSQL the role of the application may also
lack the right to UPDATE and DELETE (README, "Activity as evidence"). Migrations run without the triggers.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from django.db import connections, transaction

TABLE = "endpoints_event"
REFUSED = "Events are append-only."
ERASING = "speechstudio.erasing"  # a setting of one transaction of PostgreSQL
_NAMES = {"UPDATE": "events_not_changed", "DELETE": "events_not_removed", "TRUNCATE": "events_not_truncated"}
_FUNCTION = f"""
CREATE OR REPLACE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'TRUNCATE' AND current_setting('{ERASING}', true) = TG_OP THEN
        IF TG_OP = 'DELETE' THEN RETURN OLD; ELSE RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION '{REFUSED}';
END $$
"""


def create_triggers(using: str = "default", **signal: Any) -> None:
    """Create missing triggers. Runs after each migration, because rebuilding a table drops its triggers."""
    connection = connections[using]
    with connection.cursor() as cursor:
        if TABLE not in connection.introspection.table_names(cursor):
            return
        cursor.execute(_PRESENT[connection.vendor], [*_NAMES.values()])
        present = {name for (name,) in cursor.fetchall()}
        for operation, name in _NAMES.items():
            if name not in present and (statements := _creating(connection.vendor, operation)):
                for statement in statements:
                    cursor.execute(statement)


def drop_triggers(using: str = "default", plan: Any = None, **signal: Any) -> None:
    """Let migrations change events. `plan`: the migrations that are about to run; without any nothing is dropped."""
    if plan or plan is None:
        connection = connections[using]
        with connection.cursor() as cursor:
            if TABLE in connection.introspection.table_names(cursor):
                for operation in _NAMES:
                    cursor.execute(_dropping(connection.vendor, operation))


@contextmanager
def erasing(operation: Literal["UPDATE", "DELETE"], using: str = "default") -> Iterator[None]:
    """The one way to change or remove events: one kind of statement, in one transaction.

    For endpoints.audit.erasing, which records in the chain of seals what it erases.
    """
    connection = connections[using]
    with transaction.atomic(using=using), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT set_config(%s, %s, true)", [ERASING, operation])
            yield
            cursor.execute("SELECT set_config(%s, '', true)", [ERASING])
        else:  # nobody else can write until the end of the transaction
            cursor.execute(_dropping(connection.vendor, operation))
            yield
            create_triggers(using)


_PLACES = ", ".join(["%s"] * len(_NAMES))
_PRESENT = {
    "sqlite": f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND name IN ({_PLACES})",  # noqa: S608 (places of parameters)
    "postgresql": f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{TABLE}'::regclass AND tgname IN ({_PLACES})",  # noqa: S608 (places of parameters)
}


def _creating(vendor: str, operation: str) -> list[str]:
    name = _NAMES[operation]
    if vendor == "postgresql":
        each = "STATEMENT" if operation == "TRUNCATE" else "ROW"
        trigger = f"CREATE TRIGGER {name} BEFORE {operation} ON {TABLE}"
        return [_FUNCTION, f"{trigger} FOR EACH {each} EXECUTE FUNCTION events_append_only()"]
    if operation == "TRUNCATE":
        return []
    return [f"CREATE TRIGGER {name} BEFORE {operation} ON {TABLE} BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"]


def _dropping(vendor: str, operation: str) -> str:
    return f"DROP TRIGGER IF EXISTS {_NAMES[operation]}" + (f" ON {TABLE}" if vendor == "postgresql" else "")
