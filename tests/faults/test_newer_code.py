"""During an update, old code meets rows and messages of newer code."""

import pytest
from django.urls import reverse

from endpoints import audit, tasks
from endpoints.models import Change, Event, Resource
from endpoints.models.event import Verb
from endpoints.models.status import ChangeState
from tests.changes.requests import request_model
from tests.rewriting import events_rewritten


@pytest.mark.parametrize("newer", [{"kind": "rehearse"}, {"state": "rehearsing"}], ids=["a kind", "a state"])
def test_a_change_that_newer_code_wrote_is_left_to_it(alice, endpoint, other, world, worker, newer):
    change = request_model(alice, endpoint, other)
    before = Change.objects.filter(pk=change.pk).values("kind", "state", "attempt").get() | newer
    Change.objects.filter(pk=change.pk).update(**newer)
    asked = len(world.ledger("PATCH"))
    for _round in range(2):
        worker.run_round()
        tasks.step(str(change.pk))
    assert Change.objects.filter(pk=change.pk).values("kind", "state", "attempt").get() == before
    assert len(world.ledger("PATCH")) == asked
    assert Resource.objects.get().failing_since is None  # the service has nothing to do with it
    history = reverse("endpoints:history", args=[endpoint.pk])
    for address in (reverse("endpoints:list"), endpoint.get_absolute_url(), history, reverse("endpoints:activity")):
        assert alice.get(address).status_code == 200
    page = alice.get(f"{endpoint.get_absolute_url()}?history=all").content.decode()
    assert all(word in page for word in newer.values())

    # A newer worker has done its part, or the update was reverted.
    Change.objects.filter(pk=change.pk).update(kind=change.kind, state=change.state)
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE


def test_what_newer_code_recorded_is_shown_by_its_own_word(alice, endpoint):
    event = audit.record(Verb.FOUND, endpoint=endpoint)
    with events_rewritten():
        Event.objects.filter(pk=event.pk).update(verb="rehearsed", facts={"scene": "100%"})
    for address in (reverse("endpoints:history", args=[endpoint.pk]), reverse("endpoints:activity")):
        assert "<bdi>rehearsed</bdi>" in alice.get(address).content.decode()
    with events_rewritten():
        event.delete()
