"""Backups of the tests' database, and other installations that they are restored into."""

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
from django.db import connection
from django.utils import timezone

from endpoints.models import SpeechModel
from endpoints.upkeep.backups import making, restoring, settling
from endpoints.upkeep.backups.stored_logs import Mode


class Elsewhere:
    """Other installations, each with a SQLite database in a directory of its own."""

    def __init__(self, directory):
        self.directory = directory

    def database(self, name="other"):
        (self.directory / name).mkdir(exist_ok=True)
        return str(self.directory / name / "db.sqlite3")

    @contextmanager
    def __call__(self, name="other"):
        """In it, this process works with the database of that installation."""
        place = connection.settings_dict
        ours = place["NAME"]
        connection.close()
        place["NAME"] = self.database(name)
        try:
            yield
        finally:
            connection.close()
            place["NAME"] = ours


@pytest.fixture
def elsewhere(transactional_db, tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("this process can't go to another database of PostgreSQL; test_two_databases.py does")
    return Elsewhere(tmp_path)


@pytest.fixture
def back_up(transactional_db, tmp_path, settings):
    """Makes a backup; returns its path."""

    def back_up(name="1.backup", logs=Mode.REFERENCE, **more):
        path = tmp_path / name
        making.make(path, version="1.0", encryption_keys=settings.ENCRYPTION_KEYS, logs=logs, **more)
        return path

    return back_up


@pytest.fixture
def restore(settings):
    """Verifies and restores a backup into the database of this process."""

    def restore(path):
        restoring.verify(path, encryption_keys=settings.ENCRYPTION_KEYS)
        return restoring.restore(path, application={})

    return restore


@pytest.fixture
def copy(elsewhere):
    """Copies the database to another installation as it is now: sooner than a backup and its restore."""

    def copy():
        connection.ensure_connection()
        with closing(sqlite3.connect(elsewhere.database())) as there:
            connection.connection.backup(there)

    return copy


@pytest.fixture
def settle():
    """Makes an installation of its own of the copy."""
    return lambda: settling.settle(backup_at=timezone.now(), version="1.0")


@pytest.fixture
def dies_after_the_answer(transactional_db):
    """A worker that carries out one step and dies when it has the answer, before it stores it."""

    def step(change):
        command = [sys.executable, "-m", "tests.crashes.killable_worker", connection.settings_dict["NAME"], "30"]
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "speechstudio.settings"}
        asked = json.dumps({"change": str(change.pk), "failpoint": "after-answer"}) + "\n"
        done = subprocess.run(command, input=asked, capture_output=True, text=True, env=env, timeout=120)
        assert done.stdout.strip() == "137", done.stderr

    return step


@pytest.fixture
def model(mirrored):
    return SpeechModel.objects.deployable().exclude(display_name__icontains="broken").first()
