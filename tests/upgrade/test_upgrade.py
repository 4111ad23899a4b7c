"""A database of the first release is brought to today's tables, and nothing in it is lost."""

import gzip
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from endpoints.models.search_words import words_of
from tests.demo import ROOT
from tests.processes.servers import INITDB, postgresql

HERE = Path(__file__).parent
EVENTS = [
    ("alice", "requested-create", "Support calls", "contoso"),
    ("", "deployed", "Support calls", "contoso"),
    ("alice", "requested-bulk", "", ""),
    ("alice", "canceled", "Support calls", "contoso"),
    ("bob", "requested-change-model", "Support calls", "contoso"),
    ("alice", "resource-added", "", "contoso"),
    ("", "vanished", "Dictation", "contoso"),
]
CHANGES = [
    ("create", "done", "Support calls", "contoso", "Voicemail", "alice"),
    ("edit", "canceled", "Support calls", "contoso", "", "alice"),
    ("change-model", "unknown", "Support calls", "contoso", "20260915", "bob"),
]
PURGES = [("Support calls", "contoso", "alice", "done")]
KEPT = {
    "bulk": 1, "change": 3, "download": 2, "draft": 1, "endpoint": 2, "event": 7, "favorite": 1, "hookcall": 1,
    "logarchive": 1, "logday": 1, "logentry": 2, "logfile": 2, "preferences": 1, "project": 1, "purge": 1,
    "resource": 1, "savedview": 1, "speechmodel": 2, "sweep": 1,
}  # fmt: skip

# Texts that are searched, as SQL; a new version may compare their words in another way.
SEARCHED = {
    "endpoint": "display_name || ' ' || description || ' ' || model_name || ' ' || coalesce(remote_id, '')",
    "logentry": "text",
    "speechmodel": "display_name || ' ' || description",
}


def migrate(*target, **env):
    secrets = {"SECRET_KEY": "only this test signs with it", "ENCRYPTION_KEYS": Fernet.generate_key().decode()}
    command = [sys.executable, "manage.py", "migrate", *target, "--verbosity", "0"]
    inherited = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=ROOT, env=inherited | secrets | env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def upgraded_sqlite(directory):
    (directory / "db.sqlite3").write_bytes(gzip.decompress((HERE / "before-0002.sqlite3.gz").read_bytes()))
    migrate(VAR=str(directory))
    return sqlite3.connect(directory / "db.sqlite3")


def check(rows):
    assert rows("select actor_name, verb, endpoint_name, resource_name from endpoints_event order by id") == EVENTS
    columns = "kind, state, endpoint_name, resource_name, model_name, actor_name"
    assert rows(f"select {columns} from endpoints_change order by id") == CHANGES  # noqa: S608 (our own names)
    (edited, registered_as), *others = rows("select edited, registered_as from endpoints_resource")
    assert not others
    assert "api_version" in str(edited)  # alice has added it, so no start changes it
    assert registered_as == ""
    columns = "endpoint_name, resource_name, actor_name, state"
    assert rows(f"select {columns} from endpoints_purge") == PURGES  # noqa: S608 (our own names)
    assert {name: rows(f"select count(*) from endpoints_{name}")[0][0] for name in KEPT} == KEPT  # noqa: S608 (our own names)
    unseen = "select count(*) from endpoints_event where resource_name <> '' and resource_id is null"
    assert rows(unseen) == [(0,)]
    for table, text in SEARCHED.items():
        found = rows(f"select words, {text} from endpoints_{table}")  # noqa: S608 (our own names)
        assert found
        assert all(words == words_of(said) for words, said in found), table


def test_a_database_of_the_first_release_keeps_its_rows(tmp_path):
    database = upgraded_sqlite(tmp_path)
    check(lambda query: database.execute(query).fetchall())
    for index, term in (("endpoints_words", "support"), ("endpoints_beginnings", "su*")):
        found = f"select count(*) from {index} where {index} match ?"  # noqa: S608 (our own names)
        assert database.execute(found, [term]).fetchall() == [(1,)]
    database.close()


def test_it_can_be_migrated_back_and_forward_again(tmp_path):
    database = upgraded_sqlite(tmp_path)
    found = "select count(*) from events_words where events_words match 'support'"
    count = database.execute(found).fetchone()
    assert count > (0,)
    triggers = "select name from sqlite_master where type = 'trigger' order by name"
    before = database.execute(triggers).fetchall()
    migrate("endpoints", "0015", VAR=str(tmp_path))
    assert "words" not in {column[1] for column in database.execute("pragma table_xinfo(endpoints_event)")}
    on_events = "select name from sqlite_master where type = 'trigger' and tbl_name = 'endpoints_event'"
    for (name,) in database.execute(on_events).fetchall():  # the earlier version has none
        database.execute(f"drop trigger {name}")
    database.execute("update endpoints_event set detail = 'written in the earlier version' where id = 1")
    database.commit()
    migrate(VAR=str(tmp_path))
    check(lambda query: database.execute(query).fetchall())
    assert database.execute(triggers).fetchall() == before
    assert database.execute(found).fetchone() == count
    assert database.execute("select rowid from events_words where events_words match 'earlier'").fetchall() == [(1,)]
    database.close()


def test_it_has_the_columns_of_a_new_database(tmp_path):
    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    migrate(VAR=str(tmp_path / "new"))
    old, new = upgraded_sqlite(tmp_path / "old"), sqlite3.connect(tmp_path / "new" / "db.sqlite3")
    tables = "select name from sqlite_master where type = 'table' and name like 'endpoints_%' order by name"

    def columns(database):
        found = {
            name: database.execute(f"pragma table_xinfo({name})").fetchall() for (name,) in database.execute(tables)
        }
        return {name: sorted(column[1:] for column in rows) for name, rows in found.items()}

    def indexes(database):
        return sorted(database.execute("select name from sqlite_master where type in ('index', 'trigger')").fetchall())

    assert columns(old) == columns(new)
    assert {name for (name,) in indexes(old) if "_by_" in name} == {name for (name,) in indexes(new) if "_by_" in name}
    assert {name for (name,) in indexes(old) if "words" in name} == {
        name for (name,) in indexes(new) if "words" in name
    }
    old.close()
    new.close()


@pytest.mark.skipif(INITDB is None, reason="PostgreSQL is not installed")
def test_so_does_one_on_postgresql(tmp_path):
    with postgresql() as server:
        server.ask("postgres", "create database old")
        with psycopg.connect(server.url("old"), autocommit=True) as connection:
            connection.execute((HERE / "before-0002.postgresql.sql").read_text())
        migrate(VAR=str(tmp_path), DATABASE_URL=server.url("old"))
        check(lambda query: server.ask("old", query))
        indexes = "select count(*) from pg_indexes where indexdef like '%% USING gin %%'"
        assert server.ask("old", indexes) == [(6,)]
