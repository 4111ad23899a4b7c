"""Row 56 of the fault table: while an update is under way, old code meets rows and messages of newer code."""

import pytest
from django.urls import reverse

from endpoints import tasks
from endpoints.models import Change, Resource
from endpoints.models.change import ChangeState
from tests.faults.conftest import ask_model


@pytest.mark.parametrize("newer", [{"kind": "rehearse"}, {"state": "rehearsing"}], ids=["a kind", "a state"])
def test_row_56_a_change_that_newer_code_wrote_is_left_to_it(alice, endpoint, other, world, worker, newer):
    change = ask_model(alice, endpoint, other)
    before = Change.objects.filter(pk=change.pk).values("kind", "state", "attempt").get() | newer
    Change.objects.filter(pk=change.pk).update(**newer)
    asked = len(world.ledger("PATCH"))
    for _round in range(2):
        worker.look_round()
        tasks.step(str(change.pk))
    assert Change.objects.filter(pk=change.pk).values("kind", "state", "attempt").get() == before
    assert len(world.ledger("PATCH")) == asked
    assert Resource.objects.get().failing_since is None  # the service has nothing to do with it
    assert alice.get(reverse("endpoints:list")).status_code == 200

    # The newer worker has done its part, or the update was taken back.
    Change.objects.filter(pk=change.pk).update(kind=change.kind, state=change.state)
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    assert change.state == ChangeState.DONE
