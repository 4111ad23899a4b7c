"""Setups, workers and beats of several machines at once, and the setup of an older version, do no harm."""

import contextlib
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests import prepared
from tests.conftest import World
from tests.demo import ROOT, environment, until
from tests.processes import servers

AT_ONCE = 3
PATIENCE = 600  # seconds that something may take on a machine that is busy with other tests
SPEECH = {"SPEECH_KEY": "simulated", "SPEECH_ENDPOINT": "http://127.0.0.1:9"}
SHARED = {"SECRET_KEY": "only these tests", "ENCRYPTION_KEYS": "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="}


def set_up(home, **env):
    """Run `setup` as `manage.py setup` does in `.venv`."""
    code = "from django.core.management import execute_from_command_line as e; e(['manage.py', 'setup'])"
    command = [sys.executable, "-c", code]
    told = environment(home, DJANGO_SETTINGS_MODULE="speechstudio.settings", **SPEECH, **env)
    return subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=300)


def at_once(*calls):
    with ThreadPoolExecutor(len(calls)) as threads:
        return [one.result() for one in [threads.submit(call) for call in calls]]


@contextlib.contextmanager
def database(postgresql, **how):
    """A database, and a name of a role of the application that nobody has made yet."""
    postgresql.create("several", **how)
    try:
        yield "several"
    finally:
        postgresql.ask("postgres", "drop database several with (force)")
        postgresql.ask("postgres", "drop role if exists several_app")


@pytest.fixture
def empty(postgresql):
    """The name of an empty database."""
    with database(postgresql) as name:
        yield name


@pytest.fixture
def migrated(postgresql):
    """The name of a database that `migrate` has made."""
    with database(postgresql, migrated=True) as name:
        yield name


def ended_well(done):
    assert [one.stderr for one in done] == [""] * len(done)
    assert [one.returncode for one in done] == [0] * len(done)


def test_setups_at_once_on_an_empty_postgresql_all_end_well(postgresql, empty, tmp_path):
    owner = postgresql.url(empty)
    app = re.sub(r"//[^@]+@", "//several_app:secret@", owner)
    env = {**SHARED, "DATABASE_URL": app, "SETUP_DATABASE_URL": owner}
    homes = [prepared.fill(tmp_path / str(n), database_too=False) for n in range(AT_ONCE)]
    ended_well(at_once(*[lambda home=home: set_up(home, **env) for home in homes]))
    assert postgresql.ask(empty, "select count(*) from endpoints_resource") == [(1,)]
    applied = "select count(*), count(distinct (app, name)) from django_migrations"
    ((rows, different),) = postgresql.ask(empty, applied)
    assert rows == different > 40
    groups = "select count(*), count(distinct name) from auth_group"
    ((rows, different),) = postgresql.ask(empty, groups)
    assert rows == different > 3


def test_setups_at_once_on_one_machine_with_sqlite_all_end_well(tmp_path):
    ended_well(at_once(*[lambda: set_up(tmp_path / "var")] * AT_ONCE))
    ended_well([set_up(tmp_path / "var")])


def test_setup_of_an_older_version_leaves_a_newer_database_as_it_is(postgresql, migrated, tmp_path):
    """As after a rollback: a migration is recorded that this code does not have."""
    prepared.fill(tmp_path, database_too=False)
    env = {**SHARED, "DATABASE_URL": postgresql.url(migrated)}
    ended_well([set_up(tmp_path, **env)])
    newer = "insert into django_migrations (app, name, applied) values ('endpoints', '9999_of_the_next_version', now())"
    postgresql.ask(migrated, newer)
    postgresql.ask(migrated, "alter table endpoints_resource add column of_the_next_version integer not null default 7")
    ended_well([set_up(tmp_path, **env)])
    assert postgresql.ask(migrated, "select of_the_next_version from endpoints_resource") == [(7,)]
    assert postgresql.ask(migrated, "select count(*) from django_migrations where name like '9999%'") == [(1,)]


@pytest.fixture
def more(installation):
    """Two more workers and another beat, as `--scale worker=3` and a second machine start them."""
    names = ["worker-2", "worker-3", "beat-2"]
    try:
        for service, number in (("worker", 2), ("worker", 3), ("beat", 2)):
            installation.start(service, number)
        alive = [Path(installation.environment("worker")["ALIVE_FILE"] + end) for end in ("-2", "-3")]
        alive.append(Path(installation.environment("beat")["ALIVE_FILE"] + "-2"))
        until(lambda: installation.ended() or all(file.exists() for file in alive), seconds=PATIENCE)
        assert installation.ended() == []
        yield names
    finally:
        for name in names:
            if name in installation.running:
                servers.end(installation.running.pop(name), seconds=PATIENCE)


def test_three_workers_and_two_beats_carry_out_each_request_once(installation, alice, more, postgresql):
    service = World(installation.simulator_url)
    said = {name: len(installation.log(name).read_text()) for name in installation.running}
    before = created(service)
    until(lambda: 'value="project:' in alice.get("/endpoints/new/").text, seconds=PATIENCE)
    names = [f"Once {number}" for number in range(6)]
    for name in names:
        alice.deploy(name)

    def events(verb):
        asked = "select endpoint_name from endpoints_event where endpoint_name like 'Once %%' and verb = %s"
        return sorted(name for (name,) in postgresql.ask("speechstudio", asked, verb))

    until(lambda: events("deployed") == names, seconds=PATIENCE)
    # Sweeps of both beats go on, and each worker has its turn.
    swept = "select at from endpoints_sweep"
    for _sweep in range(5):
        (last,) = postgresql.ask("speechstudio", swept)
        until(lambda last=last: postgresql.ask("speechstudio", swept) != [last], seconds=PATIENCE)
    assert (events("requested-create"), events("deployed")) == (names, names)
    assert len(created(service) - before) == len(names)
    rows = "select display_name, remote_id from endpoints_endpoint where display_name like 'Once %' order by 1"
    found = postgresql.ask("speechstudio", rows)
    assert [name for name, _id in found] == names
    assert len({remote for _name, remote in found}) == len(names)
    assert installation.ended() == []
    new = {name: installation.log(name).read_text()[length:] for name, length in said.items()}
    assert [name for name, text in new.items() if "Traceback" in text] == []


def created(service):
    """The IDs of the endpoints that the service has."""
    posts = [one for one in service.ledger("POST") if one["path"].endswith("/endpoints")]
    return {made for one in posts for made in one["effect"]["made"]}
