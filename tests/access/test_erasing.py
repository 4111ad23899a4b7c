"""A person is made anonymous, and events end with their retention: by commands, after which Activity is still whole."""

import io
import re
import shlex
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.html import escape

from endpoints import audit
from endpoints.access import people
from endpoints.audit import erasing, sealing
from endpoints.models import (
    Address,
    AddressChange,
    Change,
    Endpoint,
    Event,
    Probe,
    Recording,
    Resource,
    SavedView,
    Seal,
    SealedEvent,
    Trial,
)
from endpoints.models.event import Verb
from endpoints.models.seal import SealKind
from tests.rewriting import events_rewritten


def done(name, *words, **options):
    """What a command prints."""
    out = io.StringIO()
    call_command(name, *words, stdout=out, **options)
    return out.getvalue()


def verified():
    """The error of verifying; empty without one."""
    try:
        call_command("verify_activity", stdout=io.StringIO())
    except CommandError as error:
        return str(error)
    return ""


def earlier(event, **ago):
    with events_rewritten():
        Event.objects.filter(pk=event.pk).update(at=timezone.now() - timedelta(**ago))
    return event


@pytest.fixture
def acts(alice, bob):
    """Two of bob's, of which one isn't sealed yet, and one of alice about bob."""
    first = earlier(audit.record(Verb.SIGNED_IN, actor=bob.user, how="password", address="192.0.2.7"), days=3)
    about = earlier(audit.record(Verb.ROLE_GIVEN, actor=alice.user, person="bob", role="listener"), days=2)
    sealing.seal()
    return first, audit.record(Verb.VIEW_SHARED, actor=bob.user, view="Night shift"), about


def sql(statement, *values):
    with events_rewritten(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_without_yes_it_only_says_what_it_would_do(acts, bob):
    said = done("anonymize_person", "bob")
    assert said.startswith("The account would be deleted, and 3 events would be made anonymous.\nNothing was changed.")
    assert User.objects.filter(username="bob").exists()
    assert Event.objects.filter(actor_name="bob").count() == 2
    said = done("remove_events", "--before", f"{timezone.now():%Y-%m-%d}")
    assert "Nothing was changed." in said
    assert Event.objects.filter(actor_name="bob").count() == 2


def test_a_person_leaves_no_name_in_the_database_and_activity_stays_whole(acts, alice, bob):
    resource = Resource.objects.create(name="Contoso", region="eastus")
    endpoint = Endpoint.objects.create(resource=resource, display_name="Calls", owner="bob", changed_by="bob")
    Change.objects.create(endpoint=endpoint, kind="edit", state="done", actor=bob.user, actor_name="bob")
    who = {"actor": bob.user, "actor_name": "bob"}
    address = Address.objects.create(
        name="hotline", locale="en-US", endpoint=endpoint, created_by="bob", moved_by="bob"
    )
    AddressChange.objects.create(address=address, kind="added", **who)
    Trial.objects.create(endpoint=endpoint, purpose="probe", **who)
    recording = Recording.of(b"RIFF", seconds=1.0)
    recording.save(force_insert=True)
    Probe.objects.create(endpoint=endpoint, recording=recording, set_by="bob")
    SavedView.objects.create(owner=bob.user, name="Mine")
    bob.user.email = "bob@example.com"
    bob.user.save(update_fields=["email"])
    said = done("anonymize_person", "bob", yes=True)
    assert said.startswith("The account was deleted.\nMade anonymous: 3 events.")
    assert verified() == ""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 (our own names)
            rows = [row for row in cursor.fetchall() if re.search(r"\bbob\b|192\.0\.2\.7", str(row))]
            found |= {table: rows} if rows else {}
    assert found == {}
    assert Event.objects.filter(verb=Verb.PERSON_ANONYMIZED).get().text == (
        "Speech Studio made a person anonymous in Activity: 3 events"
    )


def test_what_an_anonymous_person_did_to_an_address_still_names_it(bob):
    audit.record(Verb.ADDRESS_DELETED, actor=bob.user, address="hotline")
    done("anonymize_person", "bob", yes=True)
    assert Event.objects.get(verb=Verb.ADDRESS_DELETED).text == "deleted user deleted the address hotline"
    assert verified() == ""


def test_a_list_that_was_open_shows_no_anonymous_person(alice, bob):
    resource = Resource.objects.create(name="Contoso", region="eastus")
    for number in range(2):
        names = {"owner": "bob"} if number else {"changed_by": "bob"}
        Endpoint.objects.create(
            resource=resource, display_name=f"Calls {number}", last_action_at=timezone.now(), **names
        )
    rows = r'(?s)<tr id="endpoint-.*</tr>'
    assert re.search(rows, alice.get("/endpoints/").content.decode())[0].count("bob") >= 2
    done("anonymize_person", "bob", yes=True)
    assert "bob" not in re.search(rows, alice.get("/endpoints/").content.decode())[0]


def test_what_others_did_to_an_anonymous_person_still_says_who_did_it(acts, alice, bob):
    done("anonymize_person", "bob", yes=True)
    about = Event.objects.get(pk=acts[2].pk)
    assert (about.actor_name, about.facts) == ("alice", {"role": "listener"})
    assert about.text == "alice gave deleted user the role listener for everything"
    assert Event.objects.get(pk=acts[1].pk).text == "deleted user shared the view Night shift"


@pytest.mark.parametrize(
    "assignment",
    [
        "actor_name = 'mallory'",
        "actor_id = 4711",
        "detail = 'another'",
        'facts = \'{"role": "owner"}\'',
        'facts = \'{"role": "listener", "person": "mallory"}\'',
        'facts = \'{"role": "listener", "address": "192.0.2.9"}\'',
        "actor_id = 0, actor_name = 'deleted user'",
    ],
)
def test_an_event_about_an_anonymous_person_that_is_changed_later_is_named(acts, bob, assignment):
    done("anonymize_person", "bob", yes=True)
    sql(f"UPDATE endpoints_event SET {assignment} WHERE id = %s", acts[2].pk)  # noqa: S608 (our own names)
    assert verified() == f"Event {acts[2].pk} was changed."


def test_who_replaces_the_digest_of_what_stays_is_found(acts, bob):
    done("anonymize_person", "bob", yes=True)
    sql("UPDATE endpoints_event SET actor_name = 'mallory' WHERE id = %s", acts[2].pk)
    row = Event.objects.filter(pk=acts[2].pk).values(*audit.digests.FIELDS).get()
    salt = bytes(SealedEvent.objects.get(pk=acts[2].pk).salt)
    SealedEvent.objects.filter(pk=acts[2].pk).update(kept=audit.digests.personal(row, salt))
    unnamed = Seal.objects.get(kind=SealKind.UNNAMED)
    assert verified() == f"Event {unnamed.first_id} is in a seal that was changed, removed or added."


def test_both_people_of_an_event_can_become_anonymous_one_after_the_other(acts, alice, bob):
    done("anonymize_person", "bob", yes=True)
    done("anonymize_person", "alice", yes=True)
    assert verified() == ""
    assert not Event.objects.filter(actor_name__in=["alice", "bob"]).exists()
    assert done("remove_events", "--before", f"{timezone.now():%Y-%m-%d}", yes=True).startswith("Removed: 2 events")
    assert verified() == ""


def test_an_account_that_is_gone_can_still_be_made_anonymous(acts, bob):
    bob.user.delete()
    assert done("anonymize_person", "bob", yes=True).startswith("Made anonymous: 3 events.")
    assert not Event.objects.filter(actor_name="bob").exists()
    with pytest.raises(CommandError, match="No account and no event has the name bob"):
        call_command("anonymize_person", "bob", yes=True)


def test_somebody_who_has_the_name_now_keeps_what_they_did(acts, bob, alice):
    """bob was renamed, and another person became bob."""
    User.objects.filter(pk=bob.user.pk).update(username="robert")
    other = User.objects.create_user("bob")
    people.set_roles(other, {"viewer"}, actor=alice.user)
    audit.record(Verb.VIEW_SHARED, actor=other, view="Day shift")
    done("anonymize_person", "robert", yes=True)
    assert [*Event.objects.filter(actor_name="bob").values_list("actor_id", flat=True)] == [other.pk]
    assert Event.objects.filter(verb=Verb.ROLES_CHANGED).latest("pk").facts["person"] == "bob"
    assert verified() == ""


def test_an_anonymous_person_is_signed_out(acts, bob):
    done("anonymize_person", "bob", yes=True)
    assert bob.get("/endpoints/").status_code == 302


def test_events_are_removed_at_the_end_of_their_retention(alice):
    old = [earlier(audit.record(Verb.VIEW_SHARED, actor=alice.user, view=f"{n}"), days=40 - n) for n in range(3)]
    kept = earlier(audit.record(Verb.VIEW_SHARED, actor=alice.user, view="new"), days=37, hours=-1)
    day = (timezone.now() - timedelta(days=37)).date()
    with events_rewritten():
        Event.objects.filter(pk=kept.pk).update(at=f"{day}T00:00Z")
    said = done("remove_events", "--before", day.isoformat(), yes=True)
    assert said == f"Removed: 3 events from before {day} (UTC).\n"
    assert not Event.objects.filter(pk__in=[event.pk for event in old]).exists()
    assert Event.objects.filter(pk=kept.pk).exists()
    assert Event.objects.get(verb=Verb.EVENTS_REMOVED).text == (
        f"Speech Studio removed the events before {day} (UTC) from Activity: 3 events"
    )
    assert verified() == ""


def test_a_search_finds_no_anonymous_person(acts, alice, bob):
    done("anonymize_person", "bob", yes=True)
    alice.user.groups.add(Group.objects.get(name="owner"))
    assert "Night shift" in alice.get("/activity/?q=night").content.decode()
    assert "Night shift" not in alice.get("/activity/?q=bob").content.decode()


def test_an_anonymization_that_was_interrupted_is_continued(acts, bob, monkeypatch):
    def stop(*_given):
        raise KeyboardInterrupt

    monkeypatch.setattr("endpoints.audit.erasing._unname", stop)
    with pytest.raises(KeyboardInterrupt):
        done("anonymize_person", "bob", yes=True)
    monkeypatch.undo()
    assert verified() == ""
    assert done("anonymize_person", "bob", yes=True).startswith("Made anonymous: 1 events.")
    assert "person" not in Event.objects.get(pk=acts[2].pk).facts
    assert verified() == ""


def test_erasing_goes_on_after_a_seal_that_a_worker_added_meanwhile(acts, alice, bob, monkeypatch):
    sealing.seal_all()
    chain, meanwhile = sealing.chain, [bob.user.pk]

    def late(last, *given):
        if meanwhile:
            meanwhile.clear()
            raise IntegrityError  # as for a number that another worker has taken
        return chain(last, *given)

    monkeypatch.setattr(sealing, "chain", late)
    assert erasing.anonymize([bob.user.pk], ["bob"]) == 3
    assert meanwhile == []
    assert verified() == ""


def test_the_page_of_a_person_says_which_command_makes_them_anonymous(acts, alice):
    alice.user.groups.add(Group.objects.get(name="owner"))
    User.objects.create_user("O'Neil")
    command = "python3 manage.py anonymize_person " + shlex.quote("O'Neil")
    assert f"<code>{escape(command)}</code>" in alice.get("/people/O%27Neil/").content.decode()
