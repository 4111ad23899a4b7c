"""Several of what one would do: three setups, two beats, three workers and a second machine at once do no harm."""

import contextlib
import re
import shlex
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.demo import PLAIN, ROOT, environment, free_port, until
from tests.processes import servers
from tests.processes.installation import SERVICES
from tests.processes.person import signed_in

AT_ONCE = 3
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


@pytest.fixture
def empty(postgresql):
    """Names of a database and of a role of the application that nobody has made yet."""
    postgresql.ask("postgres", "create database several")
    yield "several"
    postgresql.ask("postgres", "drop database several with (force)")
    postgresql.ask("postgres", "drop role if exists several_app")


def ended_well(done):
    assert [one.stderr for one in done] == [""] * len(done)
    assert [one.returncode for one in done] == [0] * len(done)


def test_setups_at_once_on_an_empty_postgresql_all_end_well(postgresql, empty, tmp_path):
    owner = postgresql.url(empty)
    app = re.sub(r"//[^@]+@", "//several_app:secret@", owner)
    env = {**SHARED, "DATABASE_URL": app, "SETUP_DATABASE_URL": owner}
    ended_well(at_once(*[lambda n=n: set_up(tmp_path / str(n), **env) for n in range(AT_ONCE)]))
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


def test_setup_of_an_older_version_leaves_a_newer_database_as_it_is(postgresql, empty, tmp_path):
    """As after a rollback: a migration is recorded that this code does not have."""
    env = {**SHARED, "DATABASE_URL": postgresql.url(empty)}
    ended_well([set_up(tmp_path, **env)])
    newer = "insert into django_migrations (app, name, applied) values ('endpoints', '9999_of_the_next_version', now())"
    postgresql.ask(empty, newer)
    postgresql.ask(empty, "alter table endpoints_resource add column of_the_next_version integer not null default 7")
    ended_well([set_up(tmp_path, **env)])
    assert postgresql.ask(empty, "select of_the_next_version from endpoints_resource") == [(7,)]
    assert postgresql.ask(empty, "select count(*) from django_migrations where name like '9999%'") == [(1,)]


@contextlib.contextmanager
def more(installation, service, number):
    """One more process of a service, with a name of its own as on another machine."""
    command = SERVICES[service]["command"].replace("%h", f"machine-{number}")
    command = re.sub("--schedule (\\S+)", rf"--schedule \1-{number}", command)
    program, *arguments = shlex.split(installation.here(command))
    env = {**installation.environment(service), "ALIVE_FILE": str(installation.home / f"alive-{service}-{number}")}
    log = installation.home / f"{service}-{number}.log"
    with log.open("wb") as file:
        words = [*servers.LEASH, shutil.which(program, path=env["PATH"]), *arguments]
        process = subprocess.Popen(words, cwd=ROOT, env=env, stdout=file, stderr=file)
    try:
        yield process, log
    finally:
        servers.end(process, seconds=60)


def posts(installation):
    """Each request to the simulated service that creates an endpoint."""
    answer = httpx.get(f"{installation.simulator_url}/_world/ledger", trust_env=False, verify=PLAIN).json()
    return [one for one in answer if one["method"] == "POST" and one["path"].split("?")[0].endswith("/endpoints")]


def test_three_workers_and_two_beats_send_each_request_once(alice, installation):
    until(lambda: 'value="project:' in alice.get("/endpoints/new/").text, seconds=60)
    before = len(posts(installation))
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(more(installation, "worker", n)) for n in (2, 3)]
        beat = stack.enter_context(more(installation, "beat", 2))
        until(lambda: all("ready." in log.read_text() for _process, log in others), seconds=60)
        names = [f"One of several {n}" for n in range(6)]
        for name in names:
            alice.deploy(name)
        until(lambda: len(posts(installation)) >= before + len(names), seconds=60)
        pages = "One of several"
        until(lambda: alice.get(f"/endpoints/?q={pages}").text.count("Succeeded") >= len(names), seconds=120)
        assert [process.poll() for process, _log in (*others, beat)] == [None] * 3
        assert [log for _process, log in (*others, beat) if "Traceback" in log.read_text()] == []
    assert len(posts(installation)) == before + len(names)


def test_a_second_machine_needs_the_database_and_redis_alone(alice, installation, tmp_path):
    """It has a VAR of its own, and styles from its image; a session of the first machine holds on it."""
    port = free_port()
    env = {**installation.environment("web"), "VAR": str(tmp_path / "var"), "STATIC_ROOT": str(tmp_path / "collected")}
    command = shlex.split(installation.here(SERVICES["web"]["command"]).replace(str(installation.port), str(port)))
    code = "from django.core.management import execute_from_command_line as e; e(['manage.py', 'collect_styles'])"
    collect = [sys.executable, "-c", code]
    subprocess.run(collect, cwd=ROOT, env={**env, "DJANGO_SETTINGS_MODULE": "speechstudio.settings"}, check=True)
    program = shutil.which(command[0], path=env["PATH"])
    with subprocess.Popen([*servers.LEASH, program, *command[1:]], cwd=ROOT, env=env, stderr=subprocess.DEVNULL) as web:
        try:
            url = f"http://127.0.0.1:{port}"
            until(lambda: web.poll() is not None or answers(f"{url}/health/live"), seconds=60)
            there = httpx.get(f"{url}/endpoints/", cookies=dict(alice.cookies), trust_env=False, verify=PLAIN)
            assert there.status_code == 200
            here = alice.get("/endpoints/").text
            styles = re.findall(r'href="(/static/[^"]+\.css)"', here)
            assert styles
            assert styles == re.findall(r'href="(/static/[^"]+\.css)"', there.text)
            for path in styles:
                assert httpx.get(f"{url}{path}", trust_env=False, verify=PLAIN).status_code == 200
            with signed_in(url, "alice", "a long enough word") as other:
                other.deploy("From the second machine")
            until(lambda: "From the second machine" in alice.get("/endpoints/?q=From+the+second").text)
        finally:
            servers.end(web, seconds=60)


def answers(address):
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(address, trust_env=False, verify=PLAIN).status_code == 200
