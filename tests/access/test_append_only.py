"""Events can be added and read, and neither changed nor removed, except by the one way that erases."""

import pytest
from django.db import DatabaseError, connection, transaction

from endpoints import audit
from endpoints.models import Event, append_only
from endpoints.models.event import Verb


@pytest.fixture
def event(db):
    return audit.record(Verb.VIEW_SHARED, view="Night shift")


def refused(statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    return True


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE endpoints_event SET detail = 'another reason'",
        "UPDATE endpoints_event SET actor_name = 'somebody else'",
        "DELETE FROM endpoints_event",
    ],
)
def test_an_event_is_neither_changed_nor_removed_by_raw_sql(event, statement):
    assert refused(statement)
    assert Event.objects.get().detail == ""


def test_the_table_of_events_is_not_emptied(event):
    assert refused("TRUNCATE endpoints_event" if connection.vendor == "postgresql" else "DELETE FROM endpoints_event")
    assert Event.objects.exists()


@pytest.mark.parametrize(("allowed", "other"), [("UPDATE", "DELETE"), ("DELETE", "UPDATE")])
def test_erasing_allows_one_kind_of_statement_until_its_end(event, allowed, other):
    statements = {"UPDATE": "UPDATE endpoints_event SET actor_name = ''", "DELETE": "DELETE FROM endpoints_event"}
    with append_only.erasing(allowed):
        assert refused(statements[other])
        with connection.cursor() as cursor:
            cursor.execute(statements[allowed])
            assert cursor.rowcount == 1
    audit.record(Verb.VIEW_SHARED, view="Another")
    assert refused(statements["UPDATE"])
    assert refused(statements["DELETE"])


def test_migrations_may_change_events_and_the_triggers_are_there_afterwards(event):
    append_only.drop_triggers(plan=["a migration"])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE endpoints_event SET detail = 'migrated'")
    append_only.create_triggers()
    assert refused("DELETE FROM endpoints_event")


def test_a_start_without_migrations_leaves_the_triggers_in_place(event):
    append_only.drop_triggers(plan=[])
    assert refused("DELETE FROM endpoints_event")
