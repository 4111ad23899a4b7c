"""Invariants after crashes and faults: the database compared with the service and its ledger."""

from collections import Counter
from datetime import timedelta

from django.utils import timezone

from endpoints.models import Change, Endpoint, Event
from endpoints.models.change import MARK
from endpoints.models.event import Verb
from endpoints.models.status import CLOSED, ChangeKind, ChangeState

ENDED = (Verb.DEPLOYED, Verb.EDITED, Verb.DELETED, Verb.REFUSED, Verb.FAILED, Verb.GAVE_UP, Verb.CANCELED)


def at_the_service(world):
    """The endpoints that the service has now, by their ids."""
    found, page = [], world.call("GET", "/endpoints")
    found += page["values"]
    while following := page.get("@nextLink"):
        page = world.call("GET", following.partition("/speechtotext/v3.2")[2])
        found += page["values"]
    return {remote["self"].rpartition("/")[2]: remote for remote in found}


def check(world, *, quiet=False):
    """Check the invariants I1 to I6. `quiet`: all changes have ended, and a refresh came after them."""
    remotes = at_the_service(world)
    marks = Counter(mark for remote in remotes.values() if (mark := remote.get("customProperties", {}).get(MARK)))
    creations = {str(change.pk): change for change in Change.objects.filter(kind=ChangeKind.CREATE)}

    # I1: no request has two endpoints.
    assert {mark: count for mark, count in marks.items() if count > 1} == {}

    # I2: a change has ended, waits for a person, or is due soon.
    for change in Change.objects.exclude(state=ChangeState.UNDECIDED):
        if change.state in CLOSED:
            assert change.closed_at, change
        elif change.scheduled_for is None or change.attempt:
            assert change.due_at, change
            assert change.due_at <= timezone.now() + timedelta(minutes=15), change

    # I3: each request was recorded before it was sent. Not counted: deletions, which the client retries by itself,
    # and requests refused with 429, which have no effect.
    sent = [entry for entry in world.ledger("POST") if entry["path"].startswith("/speechtotext/")]
    posts = sum(change.attempt for change in creations.values())
    assert sum(entry["status"] != 429 for entry in sent) <= posts

    # I4: each mark on the service belongs to a change of ours.
    assert set(marks) <= {mark for mark, change in creations.items() if change.attempt}

    # I5: the list has each endpoint of the service once.
    present = Endpoint.objects.present()
    ids = Counter(present.exclude(remote_id=None).values_list("remote_id", flat=True))
    assert {remote_id: count for remote_id, count in ids.items() if count > 1} == {}
    if quiet:
        assert {row.remote_id: row.display_name for row in present.exclude(remote_id=None)} == {
            remote_id: remote["displayName"] for remote_id, remote in remotes.items()
        }
        unmade = present.filter(remote_id=None)
        ended = (ChangeState.REFUSED, ChangeState.FAILED, ChangeState.UNDECIDED)
        assert not unmade.exclude(changes__state__in=ended).exists()

    # I6: the history has the end of each change once.
    told = Counter(Event.objects.filter(verb__in=ENDED).values_list("change_id", flat=True))
    assert told == dict.fromkeys(Change.objects.filter(state__in=CLOSED).values_list("pk", flat=True), 1)
