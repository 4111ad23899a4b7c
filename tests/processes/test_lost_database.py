"""PostgreSQL becomes unavailable: a connection is killed, the server is restarted."""

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.demo import until

DATABASE = "speechstudio"
BOUND = 30  # seconds that a person may wait for a page
WAITING = """select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
             and query ilike 'insert into "endpoints_change"%'"""
STATE = """select state from endpoints_change join endpoints_endpoint as row on row.id = endpoint_id
           where row.display_name = %s"""
HALF = """select count(*) from endpoints_endpoint as row where remote_id is null
          and not exists (select from endpoints_change where endpoint_id = row.id)"""


@pytest.fixture
def ready(alice, installation):
    """Models can be chosen."""
    until(lambda: 'value="project:' in alice.get("/endpoints/new/").text, seconds=60)
    return alice


def found_in_list(person, name):
    answer = person.get("/endpoints/")
    return answer.status_code == 200 and name in answer.text


def deployed(person, postgresql, name):
    """The list shows it, and the service has it."""
    until(lambda: found_in_list(person, name), seconds=60)
    until(lambda: postgresql.ask(DATABASE, STATE, name) in ([("deploying",)], [("done",)]), seconds=60)


def check_away(answer):
    """The page says that the database is unavailable, and when to try again; returns it."""
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "<h1>The database is unavailable</h1>" in answer.text
    return answer.text


def test_a_connection_killed_in_the_middle_of_a_request_leaves_no_half_change(ready, postgresql, installation):
    review = ready.fill_wizard("Cut off")
    with ThreadPoolExecutor(1) as pool, psycopg.connect(postgresql.url(DATABASE)) as busy:
        busy.execute("lock table endpoints_change in share row exclusive mode")
        pressed = pool.submit(ready.add, review)
        ((pid,),) = until(lambda: postgresql.ask(DATABASE, WAITING), seconds=60)
        postgresql.ask("postgres", f"select pg_terminate_backend({pid})")
        answer = pressed.result(BOUND)
        busy.rollback()
    check_away(answer)
    assert postgresql.ask(DATABASE, HALF) == [(0,)]
    # Submitting it again makes the same request.
    assert ready.add(review).status_code == 200
    deployed(ready, postgresql, "Cut off")
    assert installation.ended() == []


def test_all_processes_reconnect_to_a_restarted_database(ready, postgresql, installation):
    review = ready.fill_wizard("Through a restart")
    postgresql.stop()
    try:
        began = time.monotonic()
        assert "reload it" in check_away(ready.get("/endpoints/"))
        assert "submit the form again" in check_away(ready.add(review))
        assert installation.ready() == 503
        assert time.monotonic() - began < BOUND
    finally:
        postgresql.start()
    until(lambda: installation.ready() == 200, seconds=60)
    assert ready.add(review).status_code == 200
    deployed(ready, postgresql, "Through a restart")
    assert postgresql.ask(DATABASE, HALF) == [(0,)]
    assert installation.ended() == []
