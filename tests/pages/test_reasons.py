"""Reasons: required where something is deleted, never filled in before, and the person's recent ones offered."""

import html
import re

import pytest
from django.urls import reverse

from endpoints import audit
from endpoints.models import Endpoint, Event, LogEntry
from endpoints.models.event import Verb
from endpoints.pages.forms.reasons import OFFERED, recent_reasons
from tests.logs.steps import keep_logs
from tests.rewriting import events_rewritten


@pytest.fixture
def entry(resource, world, worker, alice):
    world.begin(endpoints=12, logs=4, log_bytes=5000, rate_limit="0/0")
    worker.mirror()
    keep_logs(alice, Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first())
    return LogEntry.objects.first()


def offered(page):
    return [html.unescape(reason) for reason in re.findall(r'<option value="([^"]*)"></option>', page)]


def test_the_reasons_that_a_person_typed_last_are_offered_once_each(alice, bob):
    for reason in ["Old model", "Cost", "Old model", "", *(f"Reason {n}" for n in range(OFFERED))]:
        audit.record(Verb.REQUESTED_DELETE, actor=alice.user, detail=reason)
    audit.record(Verb.PURGE_REQUESTED, actor=bob.user, detail="Of another person")
    audit.record(Verb.PURGE_REQUESTED, actor=alice.user, detail="Law")
    audit.record(Verb.LOGS_REQUESTED, actor=alice.user, detail="A purpose, not a reason")
    assert recent_reasons(alice.user) == ["Law", "Reason 4", "Reason 3", "Reason 2", "Reason 1"]
    assert recent_reasons(bob.user) == ["Of another person"]


def test_a_reason_that_is_typed_twice_is_offered_where_it_was_typed_last(alice):
    for reason in ("One", "Two", "One"):
        audit.record(Verb.REQUESTED_BULK, actor=alice.user, detail=reason)
    assert recent_reasons(alice.user) == ["One", "Two"]


def test_who_may_no_longer_see_endpoints_is_offered_nothing(nemo):
    audit.record(Verb.REQUESTED_DELETE, actor=nemo.user, detail="Mine")
    assert recent_reasons(nemo.user) == []


def test_the_field_suggests_recent_reasons_and_has_none_filled_in(alice, entry):
    audit.record(Verb.PURGE_REQUESTED, actor=alice.user, detail='Customer "42" & <others>')
    address = reverse("endpoints:logs-purge", args=[entry.endpoint_id])
    page = alice.get(f"{address}?entry={entry.pk}").content.decode()
    field = re.search(r'<input[^>]*name="reason"[^>]*>', page)[0]
    assert "value=" not in field
    assert "required" in field
    suggestions = re.search(r' list="([^"]+)"', field)[1]
    assert f'<datalist id="{suggestions}">' in page
    assert offered(page) == ['Customer "42" & <others>']


def test_without_recent_reasons_nothing_is_suggested(bob, alice, entry):
    with events_rewritten():
        Event.objects.all().delete()
    address = reverse("endpoints:logs-purge", args=[entry.endpoint_id])
    assert "<datalist" not in alice.get(f"{address}?entry={entry.pk}").content.decode()


def test_a_deletion_without_a_reason_is_refused_in_words(alice, entry):
    address = reverse("endpoints:logs-purge", args=[entry.endpoint_id])
    answer = alice.post(address, {"key": "0b9b6a3e-94a8-4b0c-9a37-4b3f6e6a8f0e", "entry": [entry.pk], "reason": " "})
    assert answer.status_code == 422
    assert "Enter a reason." in answer.content.decode()
