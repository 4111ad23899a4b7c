"""The migrations that a database has, as a backup names them, and bringing an empty database to the same ones."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

Names = list[tuple[str, str]]  # of migrations, with the name of their app


class NotCurrent(Exception):
    """The database and the code are of different versions: a sentence."""


def applied() -> Names:
    """Those of the database."""
    return sorted(MigrationRecorder(connection).applied_migrations())


def refuse_unless_current() -> Names:
    """The same, once it is sure that the database is at the version of this code. Raises NotCurrent."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotCurrent("DATABASE_URL: the database has no tables of this version yet. Run manage.py setup first.")
    found = applied()
    if unknown(found):
        raise NotCurrent("DATABASE_URL: the database is used by a newer version, which has to make its backups.")
    return found


def unknown(names: Names) -> Names:
    """Those that this version doesn't have."""
    there = MigrationExecutor(connection).loader.disk_migrations
    known = {*there, *(name for one in there.values() for name in one.replaces)}
    return [(app, name) for app, name in names if (app, name) not in known]


def migrate_to(names: Names) -> Any:
    """Apply these migrations to a database without tables; returns the models of that version."""
    executor = MigrationExecutor(connection, _before_each)
    graph = executor.loader.graph.node_map
    nodes = {(app, name) for app, name in names} & graph.keys()  # without the names that others have replaced
    parents = {parent.key for node in nodes for parent in graph[node].parents}
    leaves = sorted(node for node in nodes if node not in {one for one in parents if one[0] == node[0]})
    executor.migrate(leaves)
    return executor.loader.project_state(leaves).apps


def migrate_on() -> None:
    """Apply the migrations since, and all that follows migrations: permissions, groups, indexes, triggers."""
    executor = MigrationExecutor(connection, _before_each)
    executor.migrate(executor.loader.graph.leaf_nodes())
    call_command("migrate", verbosity=0, interactive=False)


def _before_each(action: str, *_: Any) -> None:
    """In one transaction, PostgreSQL alters no table while a check of its rows is still to be done."""
    if action == "apply_start" and connection.in_atomic_block:
        connection.check_constraints()
