"""Rows 39 and 58 of the fault table: a database that is busy, and a key that does not open what is stored."""

import sqlite3
import threading
import uuid
from contextlib import closing

import pytest
from cryptography.fernet import Fernet
from django.db import connection
from django.urls import reverse

from endpoints.models import Change, Endpoint, Resource
from endpoints.models.change import ChangeState
from tests.faults.conftest import ask_model


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite has one writer")
def test_row_39_a_change_asked_for_while_another_process_writes_waits_and_is_whole(alice, endpoint, other):
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
    assert Change.objects.get().events.count() == 1


def test_row_58_without_the_right_key_all_is_readable_and_the_reason_is_told(
    alice, endpoint, other, world, worker, settings
):
    change = ask_model(alice, endpoint, other)
    asked, right = len(world.ledger()), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    worker.look_round()
    change.refresh_from_db()
    assert (change.state, change.attempt) == (ChangeState.QUEUED, 0)
    assert "ENCRYPTION_KEYS" in Resource.objects.get().failure
    page = alice.get(reverse("endpoints:list"))
    assert page.status_code == 200
    assert endpoint.display_name in page.content.decode()
    assert alice.get(endpoint.get_absolute_url()).status_code == 200
    assert len(world.ledger()) == asked

    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *right]  # a new key first, the old one still opens
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
    assert Resource.objects.get().failing_since is None
    assert Endpoint.objects.get().model == other
