"""The disk of the database is full, or that of the log files."""

import logging
import re
import uuid
from contextlib import ExitStack, contextmanager, suppress

import pytest
from django.db import OperationalError, connection
from django.urls import reverse

from endpoints.changes import sending
from endpoints.models import Change, Event
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import request_create, unleased
from tests.faults.file_size_limit import file_size_limit
from tests.faults.invariants import all_endpoints, posts
from tests.rewriting import events_rewritten

pytestmark = pytest.mark.django_db(transaction=True)
TABLES = ("change", "endpoint", "event", "resource", "sweep")


@contextmanager
def no_page_can_be_added():
    """SQLite returns SQLITE_FULL. Small writes still fit into existing pages, but no Event does."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")
        pages = cursor.execute("PRAGMA page_count").fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
        try:
            with pytest.raises(OperationalError, match="full"):
                fill()
            yield
        finally:
            cursor.execute("PRAGMA max_page_count = 1073741823")
    with events_rewritten():
        Event.objects.filter(verb=Verb.FOUND, endpoint_id=None).delete()


def fill():
    while True:
        Event.objects.create(verb=Verb.FOUND)


@contextmanager
def nothing_can_be_written():
    """No file can grow, including the journal of the database."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with file_size_limit(0):
        yield


@contextmanager
def disk_full():
    """The error of PostgreSQL with a full disk."""
    raising = "RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {raising}; END $$")
        for table in TABLES:
            changing = f"BEFORE INSERT OR UPDATE ON endpoints_{table}"
            cursor.execute(f"CREATE TRIGGER full_disk {changing} FOR EACH ROW EXECUTE FUNCTION no_room()")
        try:
            yield
        finally:
            cursor.execute("DROP FUNCTION no_room CASCADE")


FULL = {"sqlite": [no_page_can_be_added, nothing_can_be_written], "postgresql": [disk_full]}[connection.vendor]


@pytest.mark.parametrize("full", FULL)
def test_a_full_database_keeps_pages_readable_and_takes_no_half_change(alice, endpoint, other, world, worker, full):
    listed, own = reverse("endpoints:list"), endpoint.get_absolute_url()
    change_model = reverse("endpoints:change-model", args=[endpoint.pk])
    alice.get(listed)
    alice.raise_request_exception = False
    form = {"key": str(uuid.uuid4()), "model": str(other.pk), "reason": "Numbers"}
    with full():
        told = alice.post(change_model, form)
        pages = [alice.get(address) for address in (listed, own, change_model, reverse("endpoints:activity"))]
    assert told.status_code == 503
    assert int(told["Retry-After"]) > 0
    heading = re.search("<h1>(.+)</h1>", told.content.decode())[1]
    if full is nothing_can_be_written:
        assert heading == "The database is unavailable"  # SQLite says only that writing failed
    else:
        assert heading == "The database disk is full"
    assert "carried out twice" in told.content.decode()
    assert [page.status_code for page in pages] == [200] * 4
    assert all(endpoint.display_name in page.content.decode() for page in pages[:3])
    assert not Change.objects.exists()
    assert not Event.objects.filter(verb=Verb.REQUESTED_CHANGE_MODEL).exists()

    assert alice.post(change_model, form).status_code == 302
    change = worker.step(Change.objects.get())
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert len(world.ledger("PATCH")) == 1


@pytest.mark.parametrize("full", FULL)
@pytest.mark.parametrize("when", ["before it is sent", "when the answer comes", "when it is done"])
def test_work_that_a_full_database_interrupts_is_neither_lost_nor_done_twice(
    alice, model, world, worker, monkeypatch, when, full
):
    change = request_create(alice, model)
    with ExitStack() as until_there_is_room:
        if when == "when it is done":
            worker.step(change)
            world.advance(3600)
        if when == "when the answer comes":
            request = sending.send

            def answered(*arguments):
                made = request(*arguments)
                until_there_is_room.enter_context(full())
                return made

            monkeypatch.setattr(sending, "send", answered)
        else:
            until_there_is_room.enter_context(full())
        with suppress(OperationalError):
            worker.step(change)
    monkeypatch.undo()
    change.refresh_from_db()
    assert change.state != ChangeState.DONE
    assert len(posts(world)) <= 1
    for _step in range(3):
        worker.step(unleased(change))
        world.advance(3600)
    assert change.state == ChangeState.DONE
    assert len(posts(world)) == len(all_endpoints(world)) == 1


def test_a_database_that_cannot_be_written_is_logged_in_one_line():
    (handler,) = (
        one for one in logging.getLogger().handlers if isinstance(one.formatter, logging.Formatter) and one.filters
    )
    try:
        raise OperationalError("database or disk is full")
    except OperationalError as error:
        record = logging.LogRecord(
            "celery", logging.ERROR, "", 1, "Task %s failed", ("sweep",), (type(error), error, None)
        )
    assert handler.filter(record)
    assert handler.format(record).endswith("ERROR celery: Task sweep failed: database or disk is full")


def test_pages_are_answered_while_no_line_can_be_logged(alice, endpoint):
    root = logging.getLogger()
    with open("/dev/full", "w") as disk:
        handler = logging.StreamHandler(disk)
        root.addHandler(handler)
        try:
            assert alice.get("/nowhere/").status_code == 404  # which is logged
            assert alice.get(reverse("endpoints:list")).status_code == 200
        finally:
            root.removeHandler(handler)
            with suppress(OSError):
                disk.close()
