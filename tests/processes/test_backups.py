"""The commands backup and restore: between SQLite and PostgreSQL, while others write, and from an older version."""

import gzip
import json
import shutil
import subprocess
import sys

import psycopg
import pytest
from cryptography.fernet import Fernet

from endpoints.upkeep.backups import archive
from tests import prepared
from tests.demo import ROOT, environment, until
from tests.processes import servers
from tests.processes.test_command_errors import said
from tests.upgrade import test_upgrade

KEY = Fernet.generate_key().decode()
# Rows of all kinds of columns, and what only one of the databases takes as it is.
FILL = """
import datetime, uuid
from django.contrib.auth.models import User, Group
from django.utils import timezone
from endpoints import audit
from endpoints.audit import sealing
from endpoints.mirror import resources
from endpoints.models import *
from endpoints.models.verbs import Verb
alice = User.objects.create_superuser("alice", password="a long enough word")
bob = User.objects.create_user("bob"); bob.groups.add(Group.objects.get(name="viewer"))
User.objects.create_user("gone").delete()
resource = resources.register(name="Contoso", region="eastus", url="https://contoso.example.com", key="0" * 32)
for n in range(20):
    endpoint = Endpoint.objects.create(
        resource=resource, display_name=f"Größe {n} 東京", remote_id=str(uuid.uuid4()), status="Succeeded",
        locale="de-DE", time_to_live=datetime.timedelta(days=n, seconds=3), created_at=timezone.now(),
    )
    change = Change.objects.create(endpoint=endpoint, kind="edit", state="done", desired={"display_name": "x"})
    audit.record(Verb.EDITED, actor=alice, endpoint=endpoint, change=change, detail="Because, \\"ä\\" 100%")
    entry = LogEntry.objects.create(
        endpoint=endpoint, key=f"2026-03-02_{n}", at=timezone.now(), day=timezone.now().date(), text="guten Tag",
        duration=datetime.timedelta(milliseconds=1500), confidence=0.75,
    )
    LogFile.objects.create(endpoint=endpoint, entry=entry, remote_id=str(n), name="a.wav", kind="Audio", size=2**40)
SavedView.objects.create(owner=alice, name="Mine", query="q=1", shared=True)
sealing.seal_all()
"""
# A digest of each row, as a backup would have it; PostgreSQL has an order of its own in JSON.
TABLES = """
import hashlib, json
from django.apps import apps
from endpoints.upkeep.backups import tables
print(json.dumps({tables.label(model): [hashlib.sha256(json.dumps(json.loads(one), sort_keys=True).encode()).hexdigest()
                                          for one in tables.lines(model)]
                  for model in tables.kept(apps)}))
"""
# What a restore changes, or adds rows to.
CHANGED = {"endpoints.Event", "endpoints.Resource", "endpoints.Restoration"}
# An endless row of transactions, each with two rows that belong together, as fast as people are.
WRITER = """
import os, time
from django.contrib.auth.models import User
from django.db import transaction
from endpoints import audit
from endpoints.models import SavedView
print("begun", flush=True)
number, alice = 0, User.objects.get(username="alice")
while True:
    number += 1
    time.sleep(0.02)
    with transaction.atomic():
        view = SavedView.objects.create(owner=alice, name=f"View {number} of {os.getpid()}")
        audit.record("view-shared", view=str(view.pk))
"""
VIEWS, EVENTS = (f"rows/endpoints.{name}/000001.jsonl.gz" for name in ("SavedView", "Event"))
COUNT = "from endpoints.models import SavedView; print(SavedView.objects.count())"


class Place:
    """An installation: its directory and its database."""

    def __init__(self, directory, **env):
        prepared.fill(directory, database_too=False)
        secrets = {"SECRET_KEY": "0123456789" * 5, "ENCRYPTION_KEYS": KEY}
        self.env = environment(directory, **secrets, **env)
        self.directory = directory

    def run(self, *words, **env):
        command = [sys.executable, "manage.py", *map(str, words)]
        everything = {**self.env, **env}
        return subprocess.run(command, cwd=ROOT, env=everything, capture_output=True, text=True, timeout=300)

    def done(self, *words, **env):
        """What a command prints that has to succeed."""
        finished = self.run(*words, **env)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def shell(self, code):
        return self.done("shell", "-v", "0", "--traceback", "-c", code)

    def tables(self):
        return json.loads(self.shell(TABLES))

    def filled(self):
        self.done("setup")
        self.shell(FILL)
        return self


@pytest.fixture
def place(request, tmp_path):
    """Makes installations: one with SQLite, one with PostgreSQL, or one whose role can only add events there."""
    names, roles = [], []

    def place(kind, *, migrated=False):
        name = f"{kind}_{len(names)}"
        if kind == "sqlite":
            made = Place(tmp_path / f"sqlite-{len([*tmp_path.iterdir()])}")
            if migrated:
                shutil.copy(prepared.database(), made.directory / "db.sqlite3")
            return made
        server = request.getfixturevalue("postgresql")
        server.create(name, migrated=migrated)
        names.append(name)
        owner = server.url(name)
        if kind == "postgresql":
            return Place(tmp_path / name, DATABASE_URL=owner)
        roles.append(f"{name}_app")
        application = f"postgres://{name}_app:few%20rights@127.0.0.1:{server.port}/{name}"
        return Place(tmp_path / name, DATABASE_URL=application, SETUP_DATABASE_URL=owner)

    yield place
    if names:
        server = request.getfixturevalue("postgresql")
        for name in names:
            server.ask("postgres", f"drop database {name} with (force)")
        for role in roles:
            server.ask("postgres", f"drop role if exists {role}")


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    """An installation with SQLite and rows in all tables that matter, and a backup of it."""
    old = Place(tmp_path_factory.mktemp("filled") / "var")
    shutil.copy(prepared.database(), old.directory / "db.sqlite3")
    old.filled()
    backup = old.directory.parent / "1.backup"
    old.done("backup", backup)
    return old, backup


@pytest.mark.parametrize("target", ["few_rights", "sqlite"], ids=["SQLite to PostgreSQL", "PostgreSQL to SQLite"])
def test_a_backup_of_either_database_restores_into_either(place, filled, tmp_path, target):
    old = filled[0] if target == "few_rights" else place("few_rights", migrated=True).filled()
    # Into an installation that has been set up, and has nothing in it yet; or into no database at all.
    new, backup = place(target, migrated=target == "few_rights"), tmp_path / "1.backup"
    hash_before = old.done("verify_activity").split()[-1]
    before = old.tables()
    # By the role of web and worker, which makes backups.
    printed = old.done("backup", backup, SETUP_DATABASE_URL="")
    assert "ENCRYPTION_KEYS are NOT in it" in printed
    if target == "few_rights":
        new.done("setup")
    printed = new.done("restore", backup)
    assert "All Speech resources are paused" in printed
    after = new.tables()
    assert {name for name in before if before[name] != after[name]} == CHANGED
    assert after["endpoints.Event"][: len(before["endpoints.Event"])] == before["endpoints.Event"]
    assert hash_before in new.done("verify_activity", "--expect", hash_before, SETUP_DATABASE_URL="")
    new.done("setup")
    added = "from django.contrib.auth.models import User; print(User.objects.create_user('carol').pk)"
    assert int(new.shell(added)) > 3  # that of an account that is gone isn't given away again
    found = "from endpoints.models.search import ENDPOINTS; from endpoints.models import Endpoint; "
    assert new.shell(found + "print(ENDPOINTS.matching(Endpoint.objects.all(), 'GRÖSSE 京')[0].count())") == "20\n"
    if target == "few_rights":
        with psycopg.connect(new.env["DATABASE_URL"]) as application, pytest.raises(psycopg.Error, match="denied"):
            application.execute("delete from endpoints_event")
    assert new.done("restore", "--resume") == "Resumed: Contoso.\n"
    refused = new.run("restore", backup)
    assert (refused.returncode, len(said(refused))) == (1, 1)
    assert said(refused)[0].startswith("The database isn't empty (")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_backup_while_others_write_shows_one_moment(place, tmp_path, kind):
    old, backup = place(kind, migrated=True).filled(), tmp_path / "1.backup"
    command = [*servers.LEASH, sys.executable, "manage.py", "shell", "-v", "0", "-c", WRITER]
    writers = [
        subprocess.Popen(command, cwd=ROOT, env=old.env, stdout=subprocess.PIPE, text=True) for _writer in range(2)
    ]
    try:
        assert [writer.stdout.readline() for writer in writers] == ["begun\n"] * 2
        until(lambda: int(old.shell(COUNT)) > 6)
        old.done("backup", backup)
        assert all(writer.poll() is None for writer in writers)
    finally:
        for writer in writers:
            servers.end(writer)
            writer.stdout.close()
    with archive.reading(backup) as reader:
        columns = reader.manifest["columns"]
        rows = {name: [*archive.rows_in(content)] for name, content in reader.members()}
    views = [dict(zip(columns["endpoints.SavedView"], row, strict=True)) for row in rows[VIEWS]]
    events = [dict(zip(columns["endpoints.Event"], row, strict=True)) for row in rows[EVENTS]]
    known = {event["facts"]["view"] for event in events if event["verb"] == "view-shared"}
    assert known == {view["id"] for view in views if view["name"] != "Mine"}
    assert 6 < len(views) < int(old.shell(COUNT))


def test_a_backup_of_an_older_version_is_migrated(place, tmp_path):
    old = place("sqlite")
    old_database = old.directory / "db.sqlite3"
    old_database.write_bytes(gzip.decompress((test_upgrade.HERE / "before-0002.sqlite3.gz").read_bytes()))
    old.done("migrate", "endpoints", "0015", "--verbosity", "0")
    backup = tmp_path / "old.backup"
    # What the command of that version would have written.
    old.shell(
        "from pathlib import Path; from django.db import connection; "
        "from django.db.migrations.loader import MigrationLoader; "
        "from endpoints.upkeep.backups import archive, making; from endpoints.upkeep.backups.stored_logs import Mode\n"
        "loader = MigrationLoader(connection)\n"
        "applied = [node for node in loader.graph.nodes if node in loader.applied_migrations]\n"
        "models = loader.project_state(applied).apps\n"
        f"with archive.writing(Path({str(backup)!r})) as writer:\n"
        "    making.write(writer, models, version='0.0.9', encryption_keys=[], logs=Mode.REFERENCE)\n"
    )
    new = place("postgresql")
    new.done("restore", backup)
    rows = (
        "from django.db import connection; cursor = connection.cursor(); cursor.execute({!r}); print(cursor.fetchall())"
    )
    assert new.shell(rows.format("select count(*) from endpoints_logentry where words like '%%'")) == "[(2,)]\n"
    names = "select actor_name, verb from endpoints_event order by id limit 7"
    assert new.shell(rows.format(names)) == f"{[event[:2] for event in test_upgrade.EVENTS]}\n"
    new.done("verify_activity")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_restore_that_is_killed_leaves_the_database_empty(place, filled, kind):
    new, backup = place(kind), filled[1]
    killed = (
        "import os; from pathlib import Path; from endpoints.upkeep.backups import restoring, settling\n"
        "settling.settle = lambda **facts: os._exit(137)\n"
        f"restoring.restore(Path({str(backup)!r}), application={{}})"
    )
    assert new.run("shell", "-v", "0", "-c", killed).returncode == 137
    assert "database has no tables" in new.run("verify_activity").stderr
