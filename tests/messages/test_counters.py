"""Counters of many processes are added up by the database, and none is lost."""

from threading import Barrier, Thread

import pytest
from django.db import OperationalError, connection

from endpoints.models import Counter
from endpoints.models.counter import MOST_AT_ONCE, Counting

PROCESSES, ROUNDS = 4, 25


def stored():
    return {(row.name, row.labels): row.value for row in Counter.objects.all()}


@pytest.mark.django_db(transaction=True)
def test_processes_that_add_at_the_same_time_lose_nothing():
    ready = Barrier(PROCESSES)

    def process():
        own = Counting()
        ready.wait()
        for _round in range(ROUNDS):
            for name in ("b", "a", "c"):
                own.add(name, 2, of="all")
            own.flush()
        connection.close()

    threads = [Thread(target=process) for _process in range(PROCESSES)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored() == {(name, '{"of": "all"}'): 2 * PROCESSES * ROUNDS for name in "abc"}


def test_what_the_database_refuses_is_added_later_and_once(db):
    own = Counting()
    for number in range(MOST_AT_ONCE + 10):
        own.add(f"series {number:04}")
    statements = []

    def refuse_the_second(execute, *arguments):
        statements.append(arguments[0])
        if len(statements) == 2:
            raise OperationalError("the database is away")
        return execute(*arguments)

    with connection.execute_wrapper(refuse_the_second), pytest.raises(OperationalError):
        own.flush()
    own.add("series 0000")
    own.flush()
    found = stored()
    assert len(found) == MOST_AT_ONCE + 10
    assert {name for (name, _labels), value in found.items() if value != 1} == {"series 0000"}


def test_what_has_not_changed_is_not_written(db, django_assert_num_queries):
    own = Counting()
    with django_assert_num_queries(0):
        own.flush()
    own.add("one", what="a")
    own.add("one", what="b")
    own.add("two")
    with django_assert_num_queries(1):
        own.flush()
    with django_assert_num_queries(0):
        own.flush()


def test_labels_in_another_order_are_the_same_series(db):
    own = Counting()
    own.add("calls", operation="Endpoints_List", status="200")
    own.add("calls", status="200", operation="Endpoints_List")
    own.flush()
    assert list(stored().values()) == [2]
