"""The team installation, driven by several people while its processes are killed.

TEAM_SECONDS and TEAM_SEED set how long and by which seed; the seed is printed.
"""

import random
import threading
import time

import pytest

from tests.demo import until
from tests.processes import servers
from tests.processes.installation import SERVICES
from tests.team import acts
from tests.team.installation import Team, environment_of_trial
from tests.team.invariants import EXPECTED, tracebacks, violations
from tests.team.people import Journal

KILLED: tuple[str, ...] = ("web", "web", "worker", "worker", "logs-worker", "beat", "redis", "postgresql")
KILLED += ("web child", "worker child", "logs-worker child")
EFFECTS = [
    {"stage": "before", "effect": {"close": True}},
    {"stage": "after", "effect": {"close": True}},
    {"stage": "before", "effect": {"status": 503}},
    {"stage": "after", "effect": {"status": 503}},
    {"stage": "after", "effect": {"status": 500}},
    {"stage": "before", "effect": {"status": 429, "headers": {"Retry-After": "1"}}},
    {"stage": "before", "effect": {"delay": 2}},
    {"stage": "after", "effect": {"delay": 3}},
    {"stage": "after", "effect": {"truncate": 40}},
]
QUIET_SECONDS = 1500
OPEN = """select id::text, kind, state, attempt, lost_answers, error, due_at - now() from endpoints_change
          where state in ('queued', 'sending', 'unknown', 'deploying', 'undecided')"""
WORKING = (
    "select id::text, state, error from endpoints_download where state in ('queued','listing','fetching','packing')"
)


@pytest.fixture
def team(tmp_path):
    if not (servers.INITDB and servers.REDIS):
        pytest.skip("PostgreSQL or Redis is not installed")
    with servers.postgresql() as postgresql, servers.redis(SERVICES["redis"]["command"], tmp_path) as redis:
        postgresql.ask("postgres", "create database speechstudio")
        team = Team(postgresql, redis, tmp_path)
        try:
            team.begin()
            yield team
        finally:
            team.down()


def faults(chance):
    some = []
    for _each in range(chance.randint(0, 3)):
        method, path = chance.choice([("POST", "/endpoints"), ("PATCH", "/endpoints"), ("GET", ""), ("DELETE", "")])
        some.append({"method": method, "path": path, "times": 1, **chance.choice(EFFECTS)})
    return some


def drive(team, journal, people, seconds, chance):
    """Let them act, and kill; this thread starts all processes, because they end with it."""
    threads = [threading.Thread(target=acts.live, args=(person,), name=person.name) for person in people]
    for thread in threads:
        thread.start()
    over = time.monotonic() + seconds
    kill_at = time.monotonic() + chance.uniform(2, 6)
    try:
        while time.monotonic() < over:
            for simulator in team.simulators:
                simulator.ask("faults", faults(chance))
            team.restart_ended()
            team.skip_settling()
            if time.monotonic() > kill_at:
                team.kill(chance.choice(KILLED))
                kill_at = time.monotonic() + chance.uniform(3, 15)
            time.sleep(0.5)
    finally:
        for person in people:
            person.over.set()
        for simulator in team.simulators:
            simulator.ask("faults", [])
        for thread in threads:
            thread.join()


def settle(team, alice):
    """All changes and downloads end; alice decides what needs a decision."""
    over = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < over:
        team.restart_ended()
        team.skip_settling()
        open_now = team.ask(OPEN)
        for pk in [row[0] for row in open_now if row[2] == "undecided"]:
            page = team.ask("select endpoint_id::text from endpoints_change where id = %s", pk)[0][0]
            form = alice.page(f"/endpoints/{page}/").form(f"/changes/{pk}/decide/")
            if form:
                alice.send(form, form.action, decision="again" if "again" in str(form) else "give-up")
        if not open_now and not team.ask(WORKING):
            return
        time.sleep(1)
    raise AssertionError(f"still open: {team.ask(OPEN)} {team.ask(WORKING)}")


def waiting(team):
    return {queue: int(team.redis.ask("llen", queue)) for queue in ("celery", "logs", "sweeps")}


def mirrored(team):
    """Each resource was read after all was quiet."""
    (now,) = team.ask("select now()")[0]
    asked = "select count(*) from endpoints_resource where mirrored_at > %s and failing_since is null"
    until(lambda: team.ask(asked, now) == [(2,)], seconds=600, every=1)


def quiet(team, alice):
    """Everything has ended, was read again, and the workers wait for more."""
    until(lambda: team.ready() == 200, seconds=600)
    settle(team, alice)
    mirrored(team)
    until(lambda: not any(waiting(team).values()), seconds=600, every=0.2)
    beats = "select least(at, beat_at, logs_beat_at) > now() - interval '15 seconds' from endpoints_sweep"
    until(lambda: team.ask(beats) == [(True,)], seconds=300)


def told(team, journal):
    """What was done, for whoever reads the output."""
    yield f"killed: {', '.join(team.kills)}"
    yield f"acts: {journal.acts}; answers: {len(journal.answers)}; accepted: {len(journal.accepted)}"
    for table, columns in (("change", "kind, state"), ("download", "state"), ("event", "kind")):
        asked = f"select {columns}, count(*) from endpoints_{table} group by {columns} order by {columns}"  # noqa: S608 (our own names)
        yield f"{table}s: {team.ask(asked)}"
    yield f"seconds from a kill to the first page: {journal.first_answers(team.killed_at)}"


@pytest.mark.long
def test_a_team_loses_nothing_while_its_processes_are_killed(team):
    seconds, seed = environment_of_trial()
    print(f"\nTEAM_SEED={seed} TEAM_SECONDS={seconds}", flush=True)
    journal, chance = Journal(), random.Random(seed)
    people = team.people(journal, seed)
    acts.projects.update(team.prefixes())
    drive(team, journal, people, seconds, chance)
    began = time.monotonic()
    quiet(team, people[0])
    print(f"quiet after {time.monotonic() - began:.0f} s", *told(team, journal), sep="\n", flush=True)
    found = violations(team, journal)
    verified = team.run("setup", ["python", "manage.py", "verify_activity"])
    print(verified.stdout)
    if verified.returncode:
        found.append(f"verify_activity: {verified.stdout} {verified.stderr}")
    seen = tracebacks(team)
    print(*(f"{count} {line}" for line, count in seen.items()), sep="\n")
    found += [f"traceback: {line}" for line in seen if not EXPECTED.search(line)]
    for simulator in team.simulators:
        found += [f"not as the contract says: {one}" for one in simulator.ask("violations")]
    assert not found, f"TEAM_SEED={seed}\n" + "\n".join(found[:60])
