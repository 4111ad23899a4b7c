"""PostgreSQL behind PgBouncer in transaction mode: each transaction may be on another connection of the server."""

import contextlib
import csv
import io
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from speechstudio.demo.processes import accepts, web
from tests import prepared
from tests.demo import ROOT, environment, free_port, until
from tests.processes import servers
from tests.processes.person import signed_in
from tests.processes.test_settings import SECRETS

PASSWORD = "a long enough word"
ENDPOINTS = 1500
# Round robin, so that a transaction is on another connection than the one before whenever there are several.
INI = """
[databases]
* = host=127.0.0.1 port={server.port} user={owner} password={server.password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 6
server_round_robin = 1
"""
FILL = f"""
from django.contrib.auth.models import Group, User
from django.utils import timezone
from endpoints.models import Endpoint, LogEntry, Resource
from endpoints.models.secret import Secret
now = timezone.now()
resource = Resource.objects.create(name="Contoso", region="eastus", key=Secret.of("k"))
made = [
    Endpoint(resource=resource, remote_id=f"e{{n}}", display_name=f"Endpoint {{n}}", locale="en-US")
    for n in range({ENDPOINTS})
]
Endpoint.objects.bulk_create(made)
LogEntry.objects.bulk_create(
    [LogEntry(endpoint=made[0], key=f"log{{n}}", day=now.date(), at=now) for n in range({ENDPOINTS})]
)
User.objects.create_user("bob", password="{PASSWORD}").groups.add(Group.objects.get(name="viewer"))
"""
# As a zip reads the entries of a download.
READ = """
from endpoints.models import LogEntry
for _ in range(4):
    print(len(list(LogEntry.objects.order_by("day", "at", "pk").values_list("pk", flat=True).iterator())))
"""


@pytest.fixture(scope="module")
def pooled(postgresql, tmp_path_factory):
    """The environment of a product whose database is behind PgBouncer, filled."""
    if not servers.PGBOUNCER:
        pytest.skip("PgBouncer is not installed")
    home, port = prepared.fill(tmp_path_factory.mktemp("pgbouncer"), database_too=False), free_port()
    ini = postgresql.home / "pgbouncer.ini"
    ini.write_text(INI.format(server=postgresql, owner=servers.OWNER, port=port))
    if postgresql.who:
        os.chown(ini, postgresql.who["user"], postgresql.who["group"])
    postgresql.create("pooled", migrated=True)
    env = environment(
        home,
        DATABASE_URL=f"postgres://{servers.OWNER}:any@127.0.0.1:{port}/pooled",
        BROKER_URL="redis://127.0.0.1:1/0",
        **SECRETS,
    )
    with (home / "log").open("wb") as log:
        command = [*servers.LEASH, servers.PGBOUNCER, str(ini)]
        bouncer = subprocess.Popen(command, cwd=postgresql.home, stdout=log, stderr=log, **postgresql.who)
    try:
        until(lambda: bouncer.poll() is not None or accepts(("127.0.0.1", port)))
        assert bouncer.poll() is None, (home / "log").read_text()
        manage(env, "setup")
        manage(env, "shell", "-c", FILL)
        with several_connections(env["DATABASE_URL"]):
            yield env
    finally:
        servers.end(bouncer)


def manage(env, *arguments):
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextlib.contextmanager
def several_connections(url):
    """Has PgBouncer open four connections to the server, and keep them."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(psycopg.connect(url)) for _ in range(4)]
        for client in clients:
            client.execute("select 1")  # begins a transaction, which occupies a connection
        for client in clients:
            client.commit()
        yield


@pytest.fixture
def bob(pooled, tmp_path):
    port = free_port()
    with (tmp_path / "web.log").open("wb") as log:
        process = subprocess.Popen(
            [*servers.LEASH, *web(port, "--workers", "2")], cwd=ROOT, env=pooled, stdout=log, stderr=log
        )
    try:
        until(lambda: accepts(("127.0.0.1", port)))
        with signed_in(f"http://127.0.0.1:{port}", "bob", PASSWORD) as bob:
            yield bob
    finally:
        servers.end(process)


def test_exports_at_once_with_pages_are_whole(bob):
    def export(_):
        return len(list(csv.DictReader(io.StringIO(bob.get("/endpoints/export/").text))))

    with ThreadPoolExecutor(8) as people:
        exports = people.map(export, range(12))
        pages = people.map(lambda _: bob.get("/endpoints/").status_code, range(24))
        assert set(pages) == {200}
        assert list(exports) == [ENDPOINTS] * 12


def test_a_long_list_of_log_entries_is_whole(pooled):
    assert manage(pooled, "shell", "-v", "0", "-c", READ).split() == [str(ENDPOINTS)] * 4
