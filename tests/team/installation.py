"""The team installation of docker-compose.yml as processes, with two simulated Speech resources and people."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from datetime import timedelta
from typing import Any

import httpx

from endpoints.changes.reconcile import SETTLE
from tests.demo import CHECKED, PLAIN, ROOT, descendants, free_port, until
from tests.processes import servers
from tests.processes.installation import Installation
from tests.team.forms import Page
from tests.team.people import Journal, Person
from tests.team.pipelines import PIPELINES, Pipeline, prefixes

DATABASE = "speechstudio"
SERVICES = ("web", "worker", "logs-worker", "beat")
# A creation whose answer was lost is searched for during ten minutes, because the service may be so late with it. The
# simulated one never is for longer than a few seconds, so that this time can be skipped.
SKIP = """update endpoints_change set sent_at = sent_at - %s, due_at = now()
          where kind = 'create' and state = 'unknown' and empty_listings > 0 and lease is null
          and sent_at > now() - %s and sent_at < now() - interval '25 seconds'"""
SETTLED = SETTLE + timedelta(seconds=1)


class Simulator:
    """One simulated Speech resource; its ledger says what it was asked and what it did."""

    def __init__(self, home: Any, key: str, seed: int) -> None:
        self.port, self.key = free_port(), key
        self.url = f"http://127.0.0.1:{self.port}"
        how = ["--control", "--logs", "5", "--log-bytes", "20000", "--deploy-seconds", "4", "--latency-ms", "30"]
        command = [sys.executable, "-m", CHECKED, "--port", str(self.port), "--key", key, "--seed", str(seed), *how]
        self.log = home / f"simulator-{seed}.log"
        with self.log.open("wb") as log:
            command = [*servers.LEASH, *command, "--rate-limit", "60/5"]
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        until(lambda: self.log.stat().st_size, seconds=300)

    def ask(self, what: str, body: Any = None, method: str | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_world/{what}", data, method=method)
        request.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def endpoints(self) -> dict[str, dict[str, Any]]:
        """What it has now, by id."""
        found: list[dict[str, Any]] = []
        headers = {"Ocp-Apim-Subscription-Key": self.key}
        while True:
            address = f"{self.url}/speechtotext/v3.2/endpoints?top=100&skip={len(found)}"
            answer = httpx.get(address, headers=headers, verify=PLAIN, trust_env=False, timeout=60)
            if answer.status_code == 429:
                time.sleep(float(answer.headers.get("Retry-After", 1)))
                continue
            page = answer.json()["values"]
            found += page
            if not page:
                return {one["self"].rpartition("/")[2]: one for one in found}

    def made(self) -> list[str]:
        """The ids of all endpoints that requests have made, also of those that are gone."""
        ids: list[str] = []
        for entry in self.ask("ledger"):
            if entry["method"] == "POST" and entry["path"].partition("?")[0].endswith("/endpoints"):
                ids += [one.rpartition("/")[2] for one in (entry.get("effect") or {}).get("made", [])]
        return ids


class Team(Installation):
    """The services of docker-compose.yml; any of them can be killed and is started again, as its `restart` says."""

    patience = 900

    def __init__(self, postgresql: Any, redis: Any, home: Any) -> None:
        super().__init__(postgresql, redis, home)
        self.simulators = [Simulator(home, "first-simulated-key", 1), Simulator(home, "second-simulated-key", 2)]
        first = self.simulators[0]
        self.dotenv |= {"SPEECH_KEY": first.key, "SPEECH_ENDPOINT": first.url, "LOOK_SECONDS": "10"}
        self.away: list[tuple[float, float]] = []  # when the database was away
        self.uncounted: list[tuple[float, float]] = []  # when Redis was, without which nobody can sign in
        self.kills: list[str] = []
        self.everybody: list[Person] = []
        self.killed_at: list[tuple[str, float]] = []

    def begin(self) -> None:
        second = self.simulators[1]
        other = {"SPEECH_REGION": "westeurope", "SPEECH_ENDPOINT": second.url, "SPEECH_KEY": second.key}
        for more in ({}, other):
            done = self.run("setup", **more)
            assert done.returncode == 0, done.stderr
        for service in SERVICES:
            self.start(service)
        until(lambda: self.ready() == 200, seconds=600)

    def ask(self, question: str, *values: Any) -> list[tuple[Any, ...]]:
        return self.postgresql.ask(DATABASE, question, *values)

    def kill(self, what: str) -> None:
        """SIGKILL a service with all of its processes, or one of its child processes, and start it again."""
        began = time.time()
        self.kills.append(what)
        self.killed_at.append((what, began))
        if what == "postgresql":
            servers.end(self.postgresql.process, signal.SIGQUIT)  # an immediate stop: no checkpoint, no goodbye
            time.sleep(1)
            self.postgresql.start()
            self.away.append((began - 1, time.time() + 60))
        elif what == "redis":
            self.redis.stop(signal.SIGKILL)
            time.sleep(1)
            self.redis.start()
            self.uncounted.append((began - 1, time.time() + 1))
        elif what.endswith(" child"):
            service = what.removesuffix(" child")
            children = descendants(self.running[service].pid)
            if children:
                servers.kill([children[-1]])
        else:
            servers.kill(servers.family(self.running[what]))
            self.running.pop(what).wait()
            self.start(what)

    def restart_ended(self) -> None:
        """What `restart: unless-stopped` does."""
        for service in self.ended():
            self.running.pop(service)
            self.start(service)
            self.kills.append(f"{service} ended by itself")

    def skip_settling(self) -> None:
        self.ask(SKIP, SETTLED, SETTLED)

    def people(self, journal: Journal, seed: str) -> list[Person]:
        """The superuser of the README, and the others whom she invites."""
        alice = self.superuser(journal, seed)
        self._wait_for_projects()
        for pk, url in self.ask("select id::text, url from endpoints_resource"):
            prefixes[pk] = "SECOND" if url == self.simulators[1].url else "FIRST"
        asked = "select id::text from endpoints_resource where url = %s"
        ((second,),) = self.ask(asked, self.simulators[1].url)
        groups = {"dora": ["deployer"], "dan": ["deployer", "listener"], "rita": [], "lena": ["listener"]}
        groups |= {name: ["deployer"] for name in PIPELINES}
        groups |= {"lars": ["log-admin"], "olga": ["on-call"], "vera": ["viewer"], "nemo": [], "mo": ["viewer"]}
        hidden = {"rita": ("FIRST calls",), "nemo": ("FIRST calls", "SECOND calls")}
        others = [
            self.invited(alice, name, roles, journal, seed, hidden.get(name, ())) for name, roles in groups.items()
        ]
        form = alice.page("/people/rita/").form("/grants/")
        alice.send(form, form.action, role="deployer", place=f"resource:{second}")
        for one in others:
            one.sign_in()
            if isinstance(one, Pipeline):
                one.make_token()
        return [alice, *others]

    def superuser(self, journal: Journal, seed: str) -> Person:
        alice = Person("alice", self.url, journal, seed)
        self.everybody.append(alice)
        words = {"DJANGO_SUPERUSER_PASSWORD": alice.password, "DJANGO_SUPERUSER_EMAIL": "alice@example.com"}
        command = ["python", "manage.py", "createsuperuser", "--noinput", "--username", "alice"]
        made = self.run("web", command, **words)
        assert made.returncode == 0, made.stderr
        alice.sign_in()
        return alice

    def invited(
        self, alice: Person, name: str, roles: list[str], journal: Journal, seed: str, hidden: tuple[str, ...]
    ) -> Person:
        path = "/invitations/new/"
        form = alice.page(path).with_field("roles")
        shown = alice.send(form, path, name=name, email=f"{name}@example.com", roles=roles).text
        link = re.search(rf"{re.escape(self.url)}(/[^\s\"'<]+)", shown)
        assert link, "no link for the new password"
        kind = Pipeline if name in PIPELINES else Person
        person = kind(name, self.url, journal, seed, hidden)
        self.everybody.append(person)
        address = link[1]
        answer = person.request("GET", address)
        while answer.status_code == 302:
            address = answer.headers["Location"]
            answer = person.request("GET", address)
        form = Page(answer.text).with_field("password1")
        done = person.send(form, address, password1=person.password, password2=person.password)
        assert done.status_code == 302, done.status_code
        return person

    def _wait_for_projects(self) -> None:
        both = "select count(distinct resource_id) from endpoints_project"
        until(lambda: self.ask(both) == [(2,)], seconds=600)

    def prefixes(self) -> dict[str, str]:
        """FIRST or SECOND by the project's id."""
        asked = """select one.id::text, resource.url from endpoints_project as one
                   join endpoints_resource as resource on resource.id = one.resource_id"""
        return {pk: "SECOND" if url == self.simulators[1].url else "FIRST" for pk, url in self.ask(asked)}

    def down(self) -> None:
        try:
            super().down()
        finally:
            for person in self.everybody:
                person.close()
            for one in self.simulators:
                servers.end(one.process)


def environment_of_trial() -> tuple[int, str]:
    """Seconds of the run, and its seed."""
    seconds = int(os.environ.get("TEAM_SECONDS", "600"))
    return seconds, os.environ.get("TEAM_SEED", str(int(time.time())))
