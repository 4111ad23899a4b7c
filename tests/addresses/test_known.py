"""The table in the memory of a process: how it stays current, and what is answered while it can't."""

import json
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connection, connections
from django.test.utils import CaptureQueriesContext

from endpoints.addresses.resolving.hours import TOTAL
from endpoints.addresses.resolving.known import Known
from endpoints.addresses.resolving.limit import Limit
from endpoints.models import Address, Counter, Endpoint, Resource
from endpoints.models.counter import counting
from tests.addresses.conftest import Asking, address, resource, serving
from tests.demo import until

MOVES = 10
AGREE_SECONDS = 2


@pytest.fixture
def hotline(ask):
    there = resource()
    serving(there, "b")
    return address("hotline", serving(there, "a"))


def test_ten_thousand_resolutions_while_the_address_moves(ask, hotline):
    """Each is one of the two endpoints, and none that began two seconds after a move is the one before."""
    ends = {one.display_name: one for one in Endpoint.objects.all()}
    moves, answers, over = [(float("-inf"), float("-inf"), "a")], [], threading.Event()

    def resolve(_number):
        began = time.monotonic()
        answer = ask.socket("hotline")
        answers.append((began, time.monotonic(), answer.headers["Location"].partition("cid=")[2][:4], answer.headers))

    def move():
        for number in range(MOVES):
            began, to = time.monotonic(), "ba"[number % 2]
            Address.objects.update(endpoint=ends[to])
            moves.append((began, time.monotonic(), to))
            over.wait(AGREE_SECONDS + 0.5)
        connection.close()

    mover = threading.Thread(target=move)
    mover.start()
    try:
        with ThreadPoolExecutor(4) as threads:
            while mover.is_alive() or len(answers) < 10_000:
                list(threads.map(resolve, range(500)))
                mover.join(0.3)
    finally:
        over.set()
        mover.join()
    assert len(answers) >= 10_000
    assert {found for _began, _ended, found, _headers in answers} == {"a-id", "b-id"}
    for began, ended, found, headers in answers:
        settled = [to for _from, done, to in moves if done <= began - AGREE_SECONDS]
        since = [to for start, done, to in moves if done > began - AGREE_SECONDS and start <= ended]
        assert found[0] in [settled[-1], *since] or "Last-Known-Since" in headers


def test_a_request_costs_no_query(ask, hotline):
    ask.socket("hotline")
    with CaptureQueriesContext(connection) as queries:
        for _ in range(100):
            assert ask.socket("hotline").status == 307
    assert len(queries) == 0


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda: Endpoint.objects.update(status="Failed"), 503),
        (lambda: Endpoint.objects.update(gone_at="2026-01-01T00:00Z"), 503),
        (lambda: Address.objects.all().delete(), 404),
        (lambda: Address.objects.update(name="other"), 404),
    ],
)
def test_what_changes_is_noticed_without_a_restart(ask, hotline, change, seen):
    assert ask.socket("hotline").status == 307
    change()
    until(lambda: ask.socket("hotline").status == seen)


@pytest.mark.parametrize(
    ("rows", "change", "part"),
    [
        (Resource, {"region": "eastus"}, "wss://eastus.stt"),
        (Endpoint, {"remote_id": "new"}, "cid=new&"),
        (Address, {"locale": "de-AT"}, "language=de-AT&"),
    ],
)
def test_a_change_that_leaves_no_time_behind_is_noticed(ask, rows, change, part):
    address("hotline", serving(resource(), "a"))
    assert part not in ask.socket("hotline").headers["Location"]
    rows.objects.update(**change)
    until(lambda: part in ask.socket("hotline").headers["Location"])


class Database:
    """In the place of the queries: it answers, fails, or hangs."""

    def __init__(self, table):
        self.table, self.asked, self.away = table, 0, None
        self.go = threading.Event()
        self.go.set()

    def version(self):
        self.asked += 1
        assert self.go.wait(60)
        if self.away:
            raise self.away
        return str(self.table).encode()

    def load(self):
        return self.table


@pytest.fixture
def database():
    return Database({})


@pytest.fixture
def kept(database):
    known = Known(database.version, database.load)
    yield known
    database.go.set()
    known.end()


def test_a_process_that_has_never_read_them_says_so(kept, database):
    database.away = OperationalError("connection refused")
    program = Asking(kept)
    program.patient = False
    answer = program.socket("hotline")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    database.away = None
    until(lambda: Asking(kept).socket("hotline").status == 404)


@pytest.mark.parametrize("hangs", [False, True])
def test_without_the_database_the_last_answer_is_given_and_marked(kept, database, hangs):
    assert kept.now()[1] is None
    if hangs:
        database.go.clear()
    else:
        database.away = OperationalError("connection refused")
    until(lambda: kept.now()[1])
    since = kept.now()[1]
    assert since == kept.as_of()
    answer = Asking(kept).socket("hotline")
    assert (answer.status, answer.headers["Last-Known-Since"][:10]) == (404, since.date().isoformat())
    database.away = None
    database.go.set()
    until(lambda: kept.now()[1] is None)


def test_whatever_goes_wrong_in_a_look_the_next_one_comes(kept, database):
    kept.now()
    database.away = ValueError("a row that nobody expected")
    until(lambda: kept.now()[1])
    database.away = None
    until(lambda: kept.now()[1] is None)


def test_nothing_is_asked_while_no_program_asks(kept, database, monkeypatch):
    monkeypatch.setattr("endpoints.addresses.resolving.known.REST_SECONDS", -1)
    assert kept.now()[1] is None
    until(lambda: time.monotonic() - kept._looked > 2.5)
    assert database.asked == 1
    database.table = {"x": 1}
    assert kept.now() == ({"x": 1}, None)  # which waits for a look


def test_a_forked_process_looks_for_itself(kept, database):
    kept.now()
    reader, writer = os.pipe()
    if not (child := os.fork()):
        try:
            database.table = {"child": 1}
            os.write(writer, json.dumps(kept.now()[0]).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert json.loads(os.read(reader, 100)) == {"child": 1}
    os.close(reader)
    os.close(writer)
    assert kept.now()[0] == {}


def test_the_thread_leaves_no_connection(transactional_db):
    known, seen = Known(), []

    class Watched(Known):
        def _run(self):
            super()._run()
            seen.append(connections["default"].connection)

    known = Watched()
    known.now()
    known.end()
    assert seen == [None]


class TestLimit:
    @pytest.fixture
    def clock(self):
        return SimpleNamespace(now=600.0)

    @pytest.fixture
    def limit(self, clock):
        return Limit(3, lambda: clock.now)

    def test_it_counts_for_each_address_and_client(self, limit):
        assert [limit.seconds_to_wait("a", "203.0.113.1") for _ in range(4)] == [0, 0, 0, 60]
        assert limit.seconds_to_wait("b", "203.0.113.1") == 0
        assert limit.seconds_to_wait("a", "203.0.113.2") == 0

    def test_the_next_minute_is_another(self, limit, clock):
        for _ in range(4):
            limit.seconds_to_wait("a", "203.0.113.1")
        clock.now += 50
        assert limit.seconds_to_wait("a", "203.0.113.1") == 10
        clock.now += 10
        assert limit.seconds_to_wait("a", "203.0.113.1") == 0

    @pytest.mark.parametrize("network", ["2001:db8:1:2:", "2001:db8:", "2001:db8::7"])
    def test_a_subscriber_with_many_addresses_is_one_client(self, limit, network):
        found = [limit.seconds_to_wait("a", f"{network}:{n:x}:1") for n in range(1, 5)]
        assert [bool(wait) for wait in found] == [False, False, False, True]
        assert limit.seconds_to_wait("a", "2001:db8:1:3::1") == 0

    def test_programs_read_when_to_come_again_and_guessing_is_limited(self, transactional_db, known):
        hotline = address("hotline", serving(resource(), "a"))
        ask = Asking(known, most=2)
        assert [ask.socket("hotline").status for _ in range(2)] == [307, 307]
        while (answer := ask.socket("hotline")).status != 429:
            pass  # a minute has ended in between
        assert 0 < int(answer.headers["Retry-After"]) <= 60
        assert 429 in [ask.socket(f"guess-{n}").status for n in range(10)]
        assert ask.socket("hotline", REMOTE_ADDR="203.0.113.77").status == 307
        ask.counts.flush()
        assert sum(hour.unanswered for hour in hotline.hours.all()) >= 1

    def test_behind_a_proxy_the_client_is_who_it_says(self, transactional_db, known):
        address("hotline", serving(resource(), "a"))
        ask = Asking(known, most=1, trusted=["10.0.0.0/8"])
        clients = {"REMOTE_ADDR": "10.0.0.1"}
        found = [ask.socket("hotline", x_forwarded_for=f"198.51.100.{n}", **clients).status for n in range(5)]
        assert found == [307] * 5
        forged = [ask.socket("hotline", x_forwarded_for=f"198.51.100.{n}").status for n in range(5)]
        assert 429 in forged


class TestHours:
    def test_what_several_processes_count_is_added(self, ask, other_process, hotline):
        for one in (ask, other_process):
            one.socket("hotline")
            one("/speech/hotline.json")
            one("/speech/hotline", accept="text/html")  # a person
            one.counts.flush()
        assert sum(hour.requests for hour in hotline.hours.all()) == 4

    def test_what_could_not_be_served_is_counted_apart(self, ask, hotline):
        Endpoint.objects.update(status="Failed")
        ask.socket("hotline")
        ask.counts.flush()
        assert [(hour.requests, hour.unanswered) for hour in hotline.hours.all()] == [(1, 1)]

    def test_an_address_that_was_deleted_meanwhile_takes_nothing_with_it(self, ask, hotline):
        other = address("other", Endpoint.objects.first())
        ask.socket("hotline")
        ask.socket("other")
        hotline.delete()
        ask.counts.flush()
        assert sum(hour.requests for hour in other.hours.all()) == 1

    def test_what_the_database_refuses_is_kept(self, ask, hotline, monkeypatch):
        ask.socket("hotline")
        with monkeypatch.context() as patched:
            patched.setattr("endpoints.addresses.resolving.hours._add", _refuse)
            with pytest.raises(OperationalError):
                ask.counts.flush()
        ask.socket("hotline")
        counting.forget()
        ask.counts.flush()
        assert sum(hour.requests for hour in hotline.hours.all()) == 2
        counting.flush()
        assert [(row.facts, row.value) for row in Counter.objects.filter(name=TOTAL)] == [({"outcome": "first"}, 2)]


def _refuse(_counts):
    raise OperationalError("the disk is full")
