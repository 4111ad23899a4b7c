"""Showing recognized text is an act: one event for a person, endpoint and quarter of an hour, without the text."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.audit import sealing, verifying
from endpoints.audit.erasing import anonymize
from endpoints.logs import readings
from endpoints.models import Event, LogReading, SealedEvent, log_reading
from endpoints.models.event import Verb

HTMX = {"HX-Request": "true", "HX-Target": "entries"}


def logs(endpoint):
    return reverse("endpoints:logs", args=[endpoint.pk])


def acts(**of):
    return list(Event.objects.filter(verb=Verb.TEXT_READ, **of).order_by("pk"))


@pytest.fixture
def later(monkeypatch):
    """A function that moves the clock of readings by so many quarters of an hour."""

    def move(quarters):
        now = log_reading.current_quarter()
        monkeypatch.setattr(readings, "current_quarter", lambda: now + quarters)

    return move


def test_opening_a_list_with_recognized_text_is_one_event(lena, kept):
    for _visit in range(3):
        lena.get(logs(kept))
    lena.get(logs(kept), headers=HTMX)
    (event,) = acts()
    shown = kept.log_entries.exclude(text="").count()
    assert (event.actor_name, event.endpoint_id, event.facts) == ("lena", kept.pk, {"entries": shown})
    assert event.text == f"lena read recognized text of {kept.display_name}: {shown} entries"


@pytest.mark.parametrize("headers", [{}, HTMX, {**HTMX, "HX-History-Restore-Request": "true"}])
def test_fragments_are_recorded_like_whole_pages_with_what_was_searched_for(lena, kept, headers):
    word = kept.log_entries.exclude(text="").first().text.split()[0]
    found = kept.log_entries.filter(text__icontains=word).count()
    lena.get(logs(kept), {"q": f"  {word} "}, headers=headers)
    (event,) = acts()
    assert event.facts == {"entries": found, "search": word}
    assert f"search “{word}”" in event.text


def test_each_different_search_is_an_event_and_a_repeated_one_is_none(lena, kept, later):
    first, second = (entry.text.split()[0] for entry in kept.log_entries.exclude(text="").order_by("pk")[:2])
    assert first.casefold() != second.casefold()
    asked = [{"q": first}, {"q": first.upper()}, {"q": second}, {"q": f" {first}", "page": ""}, {"q": second}, {}]
    for query in asked:
        lena.get(logs(kept), query, headers=HTMX)
    assert [event.facts.get("search") for event in acts()] == [first, second, None]
    later(1)
    lena.get(logs(kept), {"q": first})
    assert [event.facts.get("search") for event in acts()] == [first, second, None, first]


def test_filters_are_part_of_a_search(lena, kept):
    for query in ({"longer": "0"}, {"longer": "0.0"}, {"longer": "0", "result": "nonsense"}, {"longer": "0.01"}):
        lena.get(logs(kept), query)
    first, second = acts()
    assert (first.facts["filters"], second.facts["filters"]) == ("longer=0", "longer=0.01")
    shown = kept.log_entries.exclude(text="").count()
    assert first.text == f"lena read recognized text of {kept.display_name}: {shown} entries, filtered"


def test_very_many_searches_are_bounded_and_that_there_were_more_is_recorded_once(lena, kept, monkeypatch):
    monkeypatch.setattr(readings, "MOST_SEARCHES", 3)
    for seconds in range(6):
        lena.get(logs(kept), {"longer": f"0.0{seconds}"})
    lena.get(logs(kept))
    assert [event.facts.get("more_than") for event in acts()] == [None, None, None, 3, None]
    assert acts()[3].text.endswith(": more than 3 different searches within 15 minutes")


def test_each_person_endpoint_and_quarter_has_an_event_of_its_own(lena, alice, kept, later):
    lena.get(logs(kept))
    alice.get(logs(kept))
    later(1)
    lena.get(logs(kept))
    assert [event.actor_name for event in acts()] == ["lena", "alice", "lena"]


def test_what_shows_no_text_is_no_act(lena, kept):
    lena.head(logs(kept))
    lena.get(logs(kept), {"q": "zzzzzz"})
    kept.log_entries.update(text="")
    lena.get(logs(kept))
    assert acts() == []


def test_the_preview_of_a_deletion_is_an_act_too(alice, kept):
    entry = kept.log_entries.exclude(text="").first()
    page = alice.get(reverse("endpoints:logs-purge", args=[kept.pk]), {"entry": entry.pk})
    assert entry.text in page.content.decode()
    (event,) = acts()
    assert event.facts == {"entries": 1}


def test_an_entry_is_recorded_each_time_and_its_fragments_with_it(lena, kept, later):
    entry = kept.log_entries.exclude(text="").first()
    address = entry.get_absolute_url()
    read = Event.objects.filter(verb=Verb.LOGS_READ)
    lena.get(address, headers=HTMX)
    assert read.count() == 1
    lena.get(address, headers=HTMX)
    assert read.count() == 1
    for number in (2, 3):
        lena.get(address)
        assert read.count() == number
    later(1)
    lena.get(address, headers=HTMX)
    assert read.count() == 4
    assert {event.facts["entry"] for event in read} == {entry.key}


def test_no_event_contains_what_was_said(lena, alice, kept):
    entry = kept.log_entries.exclude(text="").first()
    for address in (
        logs(kept),
        entry.get_absolute_url(),
        reverse("endpoints:log-transcript", args=[kept.pk, entry.pk]),
    ):
        b"".join(lena.get(address))
    stored = json.dumps(list(Event.objects.values("facts", "detail", "words")))
    assert entry.text not in stored
    assert entry.text.lower() not in stored


def test_reading_again_takes_one_query_more(lena, kept):
    lena.get(logs(kept))
    lena.get(logs(kept))
    with CaptureQueriesContext(connection) as asked:
        lena.get(logs(kept))
    assert sum("endpoints_logreading" in one["sql"] for one in asked) == 1
    assert not [one["sql"] for one in asked if one["sql"].startswith(("INSERT", "BEGIN", "SAVEPOINT"))]


@pytest.mark.django_db(transaction=True)
def test_of_windows_that_open_the_list_at_once_one_records_it(lena, kept):
    def show(_number):
        try:
            readings.record_list(actor=lena.user, endpoint=kept, entries=4)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(show, range(16)))
    assert len(acts()) == 1


def test_a_search_is_shown_only_to_those_who_may_read_content_logs(lena, bob, kept):
    word = kept.log_entries.exclude(text="").first().text.split()[0]
    lena.get(logs(kept), {"q": word})
    for address in ("/activity/", "/activity/export/?format=json", "/activity/export/"):
        seen = b"".join(lena.get(address)).decode()
        hidden = b"".join(bob.get(address)).decode()
        assert "read recognized text" in hidden
        assert f"search “{word}”" in seen.replace("<bdi>", "").replace("</bdi>", "")
        assert "search “" not in hidden
        assert '"search": ' not in hidden
    history = reverse("endpoints:history", args=[kept.pk])
    assert "search “" in lena.get(history).content.decode()
    assert "search “" not in bob.get(history).content.decode()


def test_a_search_is_erased_with_its_person_and_the_chain_stays_whole(lena, kept):
    lena.get(logs(kept), {"q": kept.log_entries.exclude(text="").first().text.split()[0]})
    sealing.seal(timezone.now() + timedelta(minutes=5))
    (event,) = acts()
    assert SealedEvent.objects.filter(pk=event.pk).exists()
    anonymize([lena.user.pk])
    (event,) = acts()
    assert "search" not in event.facts
    assert verifying.verify().problem is None


def test_rows_of_earlier_quarters_are_removed(lena, kept, monkeypatch):
    lena.get(logs(kept))
    tasks.tidy()
    assert LogReading.objects.count() == 1
    LogReading.objects.update(quarter=log_reading.current_quarter() - 1)
    tasks.tidy()
    assert LogReading.objects.count() == 0
    assert len(acts()) == 1
