"""Browsers that go away in the middle, several people at once, a worker that is killed."""

import hashlib
import http.client
import io
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.db.models.functions import Now
from django.urls import reverse

from endpoints import tasks
from endpoints.logs.download import requests as downloads
from endpoints.logs.fetch import run
from endpoints.models import Download, Endpoint, Event, LogFile
from endpoints.models.download import DownloadState
from speechstudio.demo.processes import accepts, free_port, web
from tests.demo import ROOT, descendants, environment, until

TIMES = 200
LARGE = 20_000_000  # bytes, or about as many; more than what is on its way between the server and a browser
SLOTS = 8
NOW = struct.pack("ii", 1, 0)  # close with a reset, as a browser that is killed

pytestmark = pytest.mark.django_db(transaction=True)


def ours(**more):
    """What a process of the product needs to work on the tests' own database and storage."""
    database = f"sqlite:///{connection.settings_dict['NAME']}"
    networks = os.environ["PRIVATE_NETWORKS"]  # the simulator is on this machine
    return environment(os.environ["VAR"], DATABASE_URL=database, PRIVATE_NETWORKS=networks, **more)


@pytest.fixture
def server(tmp_path):
    """A web server as it is installed: its port, its process, and its directory for temporary files."""
    port, temporary = free_port(), tmp_path / "tmp"
    temporary.mkdir()
    with (tmp_path / "web.log").open("wb") as log:
        how = {"cwd": ROOT, "env": ours(TMPDIR=temporary), "stdout": log, "stderr": log}
        process = subprocess.Popen(web(port, "--threads", f"{SLOTS}"), **how)
    try:
        until(lambda: accepts(("127.0.0.1", port)))
        yield port, process.pid, temporary
    finally:
        process.terminate()
        process.wait(20)


def open_zips(pid):
    """How many zips the processes of the server have open."""
    found = 0
    for one in [pid, *descendants(pid)]:
        for link in Path(f"/proc/{one}/fd").iterdir():
            try:
                found += ".zip" in os.readlink(link)
            except FileNotFoundError:
                continue
    return found


def go_away(port, request, number):
    """Read the beginning, and close: in order, or with a reset; sometimes before anything came."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(request)
        if number % 3:
            assert line.recv(15) == b"HTTP/1.1 200 OK"
        if number % 2:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)


def test_browsers_that_go_away_leave_nothing_open_and_the_next_one_gets_all(lena, resource, world, worker, server):
    world.begin(endpoints=12, logs=1, log_bytes=LARGE, rate_limit="0/0")
    worker.mirror()
    endpoint = Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()
    download = worker.download(downloads.request_download(actor=lena.user, endpoint=endpoint))
    assert download.size > LARGE / 2
    port, pid, temporary = server
    address = reverse("endpoints:download-file", args=[download.pk])
    cookie = f"sessionid={lena.cookies['sessionid'].value}"
    request = f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    for number in range(TIMES):
        go_away(port, request, number)
    until(lambda: open_zips(pid) == 0, 5)
    assert not [path for path in temporary.iterdir() if path.suffix == ".zip"]

    for _slot in range(SLOTS + 1):
        browser = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        browser.request("GET", address, headers={"Cookie": cookie})
        answer = browser.getresponse()
        assert (answer.status, answer.length) == (200, download.size)
        assert hashlib.sha256(answer.read()).hexdigest() == download.sha256
        browser.close()
    assert Event.objects.filter(verb="logs-downloaded").count() <= TIMES + SLOTS + 1


def killed_in_the_middle(download, world):
    """A worker that is killed while it fetches, in a process of its own; returns what it had asked for."""
    work = f"import django; django.setup(); from endpoints import tasks; tasks.fetch('{download.pk}')"
    env = ours() | {"DJANGO_SETTINGS_MODULE": "speechstudio.settings"}
    with subprocess.Popen([sys.executable, "-c", work], cwd=ROOT, env=env) as process:
        until(lambda: len(contents(world)) > run.AT_ONCE, 20)
        process.send_signal(signal.SIGKILL)


def contents(world):
    return [entry["path"] for entry in world.ledger("GET") if "/speechtotext/" not in entry["path"]]


def finish(download):
    """A worker's rounds until it is ready; time for waiting is skipped, but not that for others of its resource."""

    def round_of_a_worker():
        Download.objects.active().filter(pk=download.pk).update(due_at=Now())
        tasks.fetch(str(download.pk))
        return Download.objects.filter(pk=download.pk, state=DownloadState.READY).exists()

    until(round_of_a_worker, 50)
    connection.close()


def test_three_people_and_a_killed_worker_fetch_each_file_once(lena, alice, bob, resource, world, worker, monkeypatch):
    world.begin(endpoints=12, logs=20, log_bytes=5000, rate_limit="0/0")
    worker.mirror()
    endpoint = Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()
    asked = [downloads.request_download(actor=person.user, endpoint=endpoint) for person in (lena, alice, bob)]
    with monkeypatch.context() as patched:
        patched.setattr("endpoints.logs.job.WORK_SECONDS", 0)
        tasks.fetch(str(asked[0].pk))  # the list alone
    slow = {"method": "GET", "path": r"\.(wav|json)", "times": 999, "stage": "before", "effect": {"delay": 0.1}}
    world.fail(slow)
    Download.objects.update(due_at=None)
    Download.objects.filter(pk=asked[0].pk).update(due_at=Now())  # it need not let the others go first
    killed_in_the_middle(asked[0], world)
    assert Download.objects.get(pk=asked[0].pk).state == DownloadState.FETCHING
    # Some time goes by.
    Download.objects.update(leased_until=None)
    LogFile.objects.update(leased_until=None)
    workers = [threading.Thread(target=finish, args=[download]) for download in asked]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    assert set(Download.objects.values_list("state", "files_done", "files_missing")) == {("ready", 40, 0)}
    again = {path: count for path, count in Counter(contents(world)).items() if count > 1}
    # What was on its way to the killed worker, or had come and was not written down yet.
    assert len(again) <= 4 * run.AT_ONCE
    assert set(again.values()) <= {2}
    inside = []
    for download in Download.objects.all():
        with storages["logs"].open(download.stored_as) as stored:
            archive = zipfile.ZipFile(io.BytesIO(stored.read()))
        assert archive.testzip() is None
        inside.append({name: archive.read(name) for name in archive.namelist() if name[:2] == "20"})
    assert inside[0] == inside[1] == inside[2]
    assert len(inside[0]) == 40
