"""A busy database, and an encryption key that cannot decrypt stored secrets."""

import sqlite3
import threading
import uuid
from contextlib import closing, contextmanager

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.urls import reverse

from endpoints.models import Change, Endpoint, Event, Resource
from endpoints.models.status import ChangeState
from tests.changes.requests import request_model


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has one writer")
def test_a_change_asked_for_while_another_process_writes_waits_and_is_whole(alice, endpoint, other):
    form = {"key": str(uuid.uuid4()), "model": str(other.pk), "reason": "Numbers"}
    name = connection.settings_dict["NAME"]
    with closing(sqlite3.connect(name, isolation_level=None, check_same_thread=False)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.5, writer.execute, ["ROLLBACK"])
        release.start()
        answer = alice.post(reverse("endpoints:change-model", args=[endpoint.pk]), form)
        assert not writer.in_transaction
        release.join()
    assert answer.status_code == 302
    assert Event.objects.filter(change_id=Change.objects.get().pk).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has one writer")
def test_a_database_that_stays_busy_is_explained_and_the_form_can_be_sent_again(alice, endpoint, other):
    form = {"key": str(uuid.uuid4()), "model": str(other.pk), "reason": "Numbers"}
    address = reverse("endpoints:change-model", args=[endpoint.pk])
    alice.raise_request_exception = False
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as writer, short_timeout():
        writer.execute("BEGIN IMMEDIATE")
        answer = alice.post(address, form)
        writer.execute("ROLLBACK")
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert "default-src" in answer["Content-Security-Policy"]
    assert "<h1>The database is unavailable</h1>" in answer.content.decode()
    assert "might not have been saved" in answer.content.decode()
    assert not Change.objects.exists()
    assert alice.post(address, form).status_code == 302
    assert Event.objects.filter(change_id=Change.objects.get().pk).count() == 1


@contextmanager
def short_timeout():
    """SQLite's timeout of 20 seconds ends at once."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 0")
    yield
    connection.close()


def test_without_the_right_key_pages_can_be_read_and_show_the_reason(alice, endpoint, other, world, worker, settings):
    change = request_model(alice, endpoint, other)
    asked, right = len(world.ledger()), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    worker.run_round()
    change.refresh_from_db()
    assert (change.state, change.attempt) == (ChangeState.QUEUED, 0)
    assert "ENCRYPTION_KEYS" in Resource.objects.get().failure
    page = alice.get(reverse("endpoints:list"))
    assert page.status_code == 200
    assert endpoint.display_name in page.content.decode()
    assert alice.get(endpoint.get_absolute_url()).status_code == 200
    assert len(world.ledger()) == asked

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *right]  # a new key first; the old one still decrypts
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert Resource.objects.get().failing_since is None
    assert Endpoint.objects.get().model == other
