"""Activity as evidence: whatever someone does to a sealed event by SQL, verifying names the first event of it."""

import csv
import io
import json
import re
from datetime import timedelta
from hashlib import sha256

import pytest
from django.contrib.auth.models import Group
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from endpoints import audit, tasks
from endpoints.audit import erasing, sealing, verifying
from endpoints.models import Event, Seal, SealedEvent, Verification
from endpoints.models.event import Verb
from endpoints.models.seal import SealKind
from tests.rewriting import events_rewritten

COPY = "at, actor_id, actor_name, verb, endpoint_name, resource_name, change_kind, facts, detail"


def recorded(person, view, ago=timedelta(hours=3)):
    event = audit.record(Verb.VIEW_SHARED, actor=person.user, view=view, address="192.0.2.7", detail=f"About {view}")
    with events_rewritten():
        Event.objects.filter(pk=event.pk).update(at=timezone.now() - ago)
    return event.pk


@pytest.fixture
def events(alice, bob):
    """Ten, of two people, in two seals."""
    first = [recorded(person, f"view {number}") for number in range(3) for person in (alice, bob)]
    sealing.seal(timezone.now() - timedelta(hours=2, minutes=30))
    second = [recorded(person, f"view {number}", timedelta(hours=2)) for number in range(2) for person in (alice, bob)]
    sealing.seal()
    return first + second


def sql(statement, *values):
    with events_rewritten(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def verified(**options):
    """What the command prints, and its error."""
    out = io.StringIO()
    try:
        call_command("verify_activity", stdout=out, **options)
    except CommandError as error:
        return out.getvalue(), str(error) if error.returncode == 1 else repr(error)
    return out.getvalue(), ""


def test_a_whole_chain_is_verified_until_the_last_seal(events):
    printed, error = verified()
    assert error == ""
    assert "10 events, 2 seals" in printed
    assert f"Verified until {Seal.objects.last().until:%Y-%m-%d %H:%M:%S} UTC" in printed


@pytest.mark.parametrize(
    ("assignment", "values"),
    [
        ("detail = %s", ["another reason"]),
        ("verb = %s", ["view-deleted"]),
        ("actor_name = %s", ["mallory"]),
        ("actor_id = %s", [4711]),
        ("facts = %s", ['{"view": "another", "address": "192.0.2.7"}']),
        ("facts = %s", ['{"view": "view 1", "address": "192.0.2.8"}']),
        ("endpoint_name = %s", ["another"]),
    ],
)
def test_a_changed_event_is_named(events, assignment, values):
    sql(f"UPDATE endpoints_event SET {assignment} WHERE id IN (%s, %s)", *values, events[3], events[7])  # noqa: S608 (our own names)
    assert verified()[1] == f"Event {events[3]} was changed."


def test_a_time_that_was_changed_is_named(events):
    with events_rewritten():
        Event.objects.filter(pk=events[4]).update(at=timezone.now() - timedelta(days=9))
    assert verified()[1] == f"Event {events[4]} was changed."


def test_a_removed_event_is_named(events):
    sql("DELETE FROM endpoints_event WHERE id IN (%s, %s)", events[2], events[8])
    assert verified()[1] == f"Event {events[2]} was removed."


def test_an_event_that_was_removed_with_its_digest_is_named(events):
    sql("DELETE FROM endpoints_event WHERE id = %s", events[2])
    sql("DELETE FROM endpoints_sealedevent WHERE event_id = %s", events[2])
    assert verified()[1] == f"Event {events[2]} was removed."


def test_an_added_event_is_named_also_after_the_next_seal(events, alice):
    sql(
        f"INSERT INTO endpoints_event ({COPY}) SELECT {COPY} FROM endpoints_event WHERE id = %s",  # noqa: S608 (our own names)
        events[1],
    )
    added = Event.objects.order_by("pk").last()
    with events_rewritten():
        Event.objects.filter(pk=added.pk).update(at=timezone.now() - timedelta(days=1))
    assert verified()[1] == f"Event {added.pk} was added later."
    recorded(alice, "another", timedelta(minutes=5))
    sealing.seal()
    assert verified()[1] == f"Event {added.pk} was added later."


def test_of_two_events_that_were_swapped_the_first_is_named(events):
    sql("UPDATE endpoints_event SET id = -1 WHERE id = %s", events[2])
    sql("UPDATE endpoints_event SET id = %s WHERE id = %s", events[2], events[5])
    sql("UPDATE endpoints_event SET id = %s WHERE id = -1", events[5])
    assert verified()[1] == f"Event {events[2]} was changed."


def test_an_end_that_was_cut_off_is_named(events):
    sql("DELETE FROM endpoints_event WHERE id > %s", events[7])
    assert verified()[1] == f"Event {events[8]} was removed."


def test_an_end_that_was_cut_off_with_its_seals_is_shown_by_a_hash_that_was_kept_elsewhere(events):
    kept = re.search(r": ([0-9a-f]{64})", verified()[0])[1]
    sql("DELETE FROM endpoints_event WHERE id >= %s", events[6])
    sql("DELETE FROM endpoints_sealedevent WHERE event_id >= %s", events[6])
    sql("DELETE FROM endpoints_seal WHERE number = 2")
    assert verified()[1] == ""
    assert verified(expect=kept)[1] == "An event at the end was removed, or the seals after it were replaced."


def test_an_event_whose_digest_was_changed_with_it_is_in_a_seal_that_is_named(events):
    with events_rewritten():
        Event.objects.filter(pk=events[3]).update(detail="another")
    row = Event.objects.filter(pk=events[3]).values(*audit.digests.FIELDS).get()
    one = SealedEvent.objects.get(pk=events[3])
    SealedEvent.objects.filter(pk=events[3]).update(digest=audit.digests.of_event(row, bytes(one.salt)))
    assert verified()[1] == f"Event {events[0]} is in a seal that was changed, removed or added."


@pytest.mark.parametrize("change", ["UPDATE endpoints_seal SET count = 7 WHERE number = 2", "seal"])
def test_a_seal_that_was_changed_or_removed_is_named_by_its_first_event(events, change):
    if change == "seal":
        sql("DELETE FROM endpoints_sealedevent WHERE seal_id = 1")
        change = "DELETE FROM endpoints_seal WHERE number = 1"
    sql(change)
    assert verified()[1] == f"Event {events[6]} is in a seal that was changed, removed or added."


def test_an_anonymous_person_leaves_the_chain_whole_and_no_trace(events, bob):
    assert erasing.anonymize([bob.user.pk]) == 5
    assert verified()[1] == ""
    rows = Event.objects.filter(pk__in=events)
    assert {(event.actor_id, event.actor_name) for event in rows} == {
        *rows.exclude(actor_id=0).values_list("actor_id", "actor_name"),
        (0, "deleted user"),
    }
    assert all("address" not in event.facts for event in rows.filter(actor_id=0))
    assert {bytes(one.salt) for one in SealedEvent.objects.filter(pk=events[1])} == {b""}


def test_who_makes_a_person_anonymous_by_hand_is_found(events):
    sql("UPDATE endpoints_event SET actor_id = 0, actor_name = 'deleted user' WHERE id = %s", events[1])
    assert verified()[1] == f"Event {events[1]} was changed."


def test_an_anonymous_event_that_is_changed_later_is_named(events, bob):
    erasing.anonymize([bob.user.pk])
    sql("UPDATE endpoints_event SET actor_name = 'mallory' WHERE id = %s", events[1])
    assert verified()[1] == f"Event {events[1]} was changed."
    sql("UPDATE endpoints_event SET actor_name = 'deleted user', detail = 'another' WHERE id = %s", events[1])
    assert verified()[1] == f"Event {events[1]} was changed."


def test_the_end_of_a_retention_leaves_the_chain_whole(events, bob):
    erasing.anonymize([bob.user.pk])
    assert erasing.remove_before(timezone.now() - timedelta(hours=2, minutes=30)) == 6
    assert Event.objects.filter(pk__in=events).count() == 4
    assert verified()[1] == ""
    assert [seal.kind for seal in Seal.objects.all()] == [*["events"] * 2, SealKind.ANONYMIZED, SealKind.REMOVED]


def test_an_event_that_becomes_visible_late_is_sealed_and_told(events, alice):
    late = recorded(alice, "late", timedelta(minutes=30))
    sealing.seal()
    assert SealedEvent.objects.filter(pk=late).exists()
    printed, error = verified()
    assert error == ""
    assert f"Recorded late: {late} (1 in all)" in printed


def test_what_happened_just_now_is_not_sealed_yet(events, alice):
    new = recorded(alice, "new", timedelta(seconds=30))
    tasks.seal()
    assert not SealedEvent.objects.filter(pk=new).exists()
    assert verified()[1] == ""


def test_a_long_history_is_sealed_in_batches(alice, monkeypatch):
    monkeypatch.setattr(sealing, "BATCH", 4)
    same = timezone.now() - timedelta(days=40)
    for number in range(10):
        recorded(alice, f"view {number}", timedelta(days=40 - number))
    with events_rewritten():
        Event.objects.filter(detail__in=("About view 3", "About view 4", "About view 5")).update(at=same)
    tasks.seal()
    assert [seal.count for seal in Seal.objects.all()] == [4, 4, 2]
    assert "late" not in verified()[0]


def test_two_workers_that_seal_at_once_make_one_chain(events, alice):
    recorded(alice, "another", timedelta(minutes=5))
    last = Seal.objects.last()
    tasks.seal()
    with pytest.raises(IntegrityError), transaction.atomic():
        sealing.chain(last, SealKind.EVENTS, [1], timezone.now())
    tasks.seal()
    assert verified()[1] == ""


def test_the_task_goes_on_from_what_was_verified_and_keeps_a_problem(events, alice):
    tasks.seal()
    assert Verification.objects.get().seal_number == 2
    assert Verification.objects.get().until > timezone.now() - timedelta(minutes=3)
    sql("DELETE FROM endpoints_event WHERE id = %s", events[0])
    tasks.verify_activity()
    tasks.seal()
    assert (Verification.objects.get().problem, Verification.objects.get().event_id) == ("removed", events[0])
    assert verifying.verify().seal == 0


def test_the_page_says_until_when_activity_is_verified_and_names_the_event_that_is_not(events, bob):
    assert 'id="verified"' not in bob.get("/activity/").content.decode()
    tasks.seal()
    page = bob.get("/activity/").content.decode()
    shown = re.search(r'Verified until <time datetime="([^"]+)" [^>]*>([^<]+)</time>', page)
    assert shown[1] == f"{Verification.objects.get().until:%Y-%m-%dT%H:%M}+0000"
    assert re.search(r"(^| )\d\d:\d\d$", shown[2])  # to the minute, as the time of the last update beside it
    sql("DELETE FROM endpoints_event WHERE id = %s", events[4])
    tasks.verify_activity()
    assert f"Activity was changed: see event {events[4]}" in bob.get("/activity/").content.decode()


def test_exports_have_the_hash_of_each_event(events, bob, alice):
    new = audit.record(Verb.VIEW_SHARED, actor=alice.user, view="new").pk
    found = {one["id"]: one for one in json.loads(b"".join(bob.get("/activity/export/?format=json")))}
    assert found[events[0]]["hash"] == bytes(SealedEvent.objects.get(pk=events[0]).digest).hex()
    assert (found[events[0]]["seal"], found[events[9]]["seal"]) == (1, 2)
    assert (found[new]["seal"], found[new]["hash"]) == (None, "")
    rows = list(csv.DictReader(io.StringIO(b"".join(bob.get("/activity/export/")).decode("utf-8-sig"))))
    assert [row["Hash"] for row in rows] == [one["hash"] for one in found.values()]


def by_hand(found):
    """The hash of an exported event, as the README says."""

    def packed(value):
        return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()

    given = found["hash_of"]
    if "personal" in given:
        personal = sha256(bytes.fromhex(given["salt"]) + packed(given["personal"])).digest()
    else:
        personal = bytes.fromhex(given["personal_digest"])
    return sha256(packed([given["public"], given["facts"]]) + personal).hexdigest()


def exported(person):
    return {one["id"]: one for one in json.loads(b"".join(person.get("/activity/export/?format=json")))}


def test_the_hash_of_an_exported_event_can_be_computed_from_the_file(events, alice, bob, lena, endpoint):
    owner = Group.objects.get(name="owner")
    bob.user.groups.add(owner)
    searched = audit.record(Verb.TEXT_READ, actor=lena.user, endpoint=endpoint, search="Größe", entries=3, detail="é")
    about = audit.record(Verb.INVITED, actor=bob.user, person="alice")
    new = audit.record(Verb.VIEW_SHARED, actor=bob.user, view="new")
    sealing.seal_all()
    erasing.anonymize([alice.user.pk], ["alice"])
    found = exported(bob)
    assert {by_hand(one) for one in found.values()} == {one["hash"] for one in found.values()}
    assert {*found} >= {*events, searched.pk, about.pk, new.pk}
    assert found[new.pk]["hash_of"]["personal"] == [[bob.user.pk, "bob"], {}]
    for pk in (events[0], about.pk, searched.pk):  # anonymous, unnamed, and not to be read by bob
        assert "personal" not in found[pk]["hash_of"]
        assert "salt" not in found[pk]["hash_of"]
    assert "Größe" not in str(found[searched.pk])
    assert exported(lena)[searched.pk]["hash_of"]["personal"] == [[lena.user.pk, "lena"], {"search": "Größe"}]
    found[new.pk]["hash_of"]["public"][-1] = "another reason"
    assert by_hand(found[new.pk]) != found[new.pk]["hash"]


def test_an_event_that_is_not_sealed_yet_has_no_hash_to_be_computed(events, bob):
    new = audit.record(Verb.VIEW_SHARED, actor=bob.user, view="new").pk
    assert exported(bob)[new]["hash_of"] is None
