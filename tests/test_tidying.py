"""What grows is removed when RETENTION_DAYS says so, and what is still needed stays."""

import re
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import LogEntry as AdministrationEntry
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from endpoints import audit, tasks
from endpoints.audit import sealing, verifying
from endpoints.models import (
    AddressChange,
    AddressHour,
    Bulk,
    Change,
    ConnectionCheck,
    Download,
    Draft,
    Event,
    HookCall,
    Probe,
    ProbeRun,
    Recording,
    Trial,
)
from endpoints.models.append_only import erasing
from endpoints.models.event import Verb
from endpoints.models.status import ChangeKind, ChangeState
from endpoints.upkeep import tidying
from speechstudio.retention import retention_days
from tests.addresses.rows import a_resource, an_address, an_endpoint, move

OLD = timedelta(days=100)
# Tables that `tidy` removes nothing from by itself, and why they don't grow by the mere passing of time.
STAYS = {
    "as many as there are people, and what they set": (
        "auth.User auth.User_groups auth.User_user_permissions auth.Group auth.Group_permissions auth.Permission "
        "account.EmailAddress socialaccount.SocialAccount socialaccount.SocialApp mfa.Authenticator "
        "endpoints.Preferences endpoints.Favorite endpoints.SavedView endpoints.Grant endpoints.ServiceAccount "
        "endpoints.AlertChoice endpoints.AlertChannel endpoints.Address"
    ),
    "as many as there are resources, and what they have had": (
        "endpoints.Resource endpoints.Project endpoints.Endpoint endpoints.SpeechModel endpoints.LogArchive "
        "endpoints.Quality endpoints.LogDay endpoints.Purge endpoints.Seal endpoints.SealedEvent"
    ),
    "one row, or a few": (
        "contenttypes.ContentType endpoints.KeyCheck endpoints.Restoration endpoints.AlertWatch "
        "endpoints.Verification endpoints.Sweep"
    ),
    "goes with its alert": "endpoints.AlertNotice",
    "goes with the copies, when the service no longer has the originals": "endpoints.LogEntry endpoints.LogFile",
    "never written: links are signed, and no tokens of providers are kept": (
        "account.EmailConfirmation socialaccount.SocialToken"
    ),
}


def tidy(**days):
    tidying.tidy(retention_days({kind.replace("_", "-"): str(number) for kind, number in days.items()}))


def aged(rows, *columns, by=OLD):
    rows.update(**{column: F(column) - by for column in columns})


def closed_change(endpoint, days_ago, **facts):
    values = {"kind": ChangeKind.EDIT, "state": ChangeState.DONE, **facts}
    at = timezone.now() - timedelta(days=days_ago)
    return Change.objects.create(endpoint=endpoint, closed_at=at, **values)


def test_what_nobody_goes_on_with_is_removed_after_its_days(alice, resource):
    Draft.objects.create(owner=alice.user)
    HookCall.objects.create(invocation_id="old")
    ConnectionCheck.objects.create(resource=resource, draft=True)
    for rows, column in (
        (Draft.objects, "updated_at"),
        (ConnectionCheck.objects, "updated_at"),
        (HookCall.objects, "at"),
    ):
        aged(rows.all(), column, by=timedelta(days=5))
    tidy(drafts=10, connection_checks=10, hook_calls=10)
    assert [rows.count() for rows in (Draft.objects, ConnectionCheck.objects, HookCall.objects)] == [1, 1, 1]
    tidy(drafts=4, connection_checks=4, hook_calls=4)
    assert [rows.count() for rows in (Draft.objects, ConnectionCheck.objects, HookCall.objects)] == [0, 0, 0]


def test_more_than_a_batch_is_removed(db):
    HookCall.objects.bulk_create(HookCall(invocation_id=str(n)) for n in range(2 * tidying.BATCH + 1))
    aged(HookCall.objects.all(), "at")
    HookCall.objects.create(invocation_id="new")
    tidy()
    assert [call.invocation_id for call in HookCall.objects.all()] == ["new"]


def test_ended_sessions_go_with_what_the_list_of_sessions_knows_of_them(alice):
    alice.get("/endpoints/")
    living = Session.objects.count()
    Session.objects.create(session_key="ended", session_data="", expire_date=timezone.now() - OLD)
    UserSession.objects.create(user=alice.user, session_key="ended", ip="127.0.0.1")
    aged(UserSession.objects.filter(session_key="ended"), "last_seen_at")
    tidy()
    assert Session.objects.count() == living
    assert not UserSession.objects.filter(session_key="ended").exists()
    assert alice.get("/endpoints/").status_code == 200


def test_downloads_that_have_ended_stay_as_long_as_their_zip(alice, endpoint):
    facts = {"endpoint": endpoint, "actor": alice.user}
    Download.objects.create(**facts, selection="a", state="expired")
    Download.objects.create(**facts, selection="b", state="expired", stored_as="x/b.zip")
    Download.objects.create(**facts, selection="c", state="paused")
    aged(Download.objects.all(), "updated_at")
    tidy(downloads=0)
    assert Download.objects.count() == 3
    tidy(downloads=99)
    assert [*Download.objects.order_by("selection").values_list("selection", flat=True)] == ["b", "c"]


def test_closed_changes_stay_for_ever_unless_a_number_of_days_is_set(endpoint):
    for _change in range(20):
        closed_change(endpoint, 1000)
    tidy()
    assert Change.objects.count() == 20


def test_of_an_endpoint_that_exists_the_newest_changes_stay(endpoint):
    for days in range(91, 111):
        closed_change(endpoint, days)
    recent = [closed_change(endpoint, days).pk for days in (1, 89)]
    tidy(changes=90)
    left = Change.objects.order_by("-closed_at")
    assert left.count() == tidying.NEWEST
    assert {*recent} < {*left.values_list("pk", flat=True)}


def test_of_an_endpoint_that_is_gone_none_stay_but_open_ones(endpoint):
    first = closed_change(endpoint, 100, state=ChangeState.REPLACED)
    closed_change(endpoint, 100)
    kept = Change.objects.create(endpoint=endpoint, kind=ChangeKind.CHANGE_MODEL, replaces=first)
    Bulk.objects.create(kind=ChangeKind.EDIT)
    aged(Bulk.objects.all(), "requested_at")
    type(endpoint).objects.update(gone_at=timezone.now())
    tidy(changes=90)
    assert {*Change.objects.values_list("pk", flat=True)} == {first.pk, kept.pk}  # what an open one replaces
    assert not Bulk.objects.exists()


@pytest.fixture
def old_events(alice):
    for view in ("First", "Second"):
        audit.record(Verb.VIEW_SHARED, actor=alice.user, view=view)
    with erasing("UPDATE"):
        aged(Event.objects.all(), "at")
    sealing.seal_all()
    AdministrationEntry.objects.create(user=alice.user, action_flag=1, object_repr="x")
    aged(AdministrationEntry.objects.all(), "action_time")
    return Event.objects.count()


def test_events_stay_for_ever_unless_a_number_of_days_is_set(old_events):
    tidy()
    assert Event.objects.count() == old_events
    assert AdministrationEntry.objects.exists()


def test_events_are_removed_after_their_days_and_the_rest_can_be_verified(old_events):
    tidy(events=99)
    assert [event.verb for event in Event.objects.all()] == [Verb.EVENTS_REMOVED]
    assert not AdministrationEntry.objects.exists()
    sealing.seal_all()
    assert verifying.verify().problem is None
    tidy(events=99)
    assert Event.objects.count() == 1


def test_the_command_takes_its_day_from_the_setting(old_events, settings, capsys):
    settings.RETENTION_DAYS = retention_days({})
    with pytest.raises(CommandError, match="RETENTION_DAYS has no days for events"):
        call_command("remove_events", "--yes")
    settings.RETENTION_DAYS = retention_days({"events": "99"})
    call_command("remove_events", "--yes")
    assert f"Removed: {old_events} events" in capsys.readouterr().out


def test_the_history_of_an_address_is_removed_and_its_newest_entry_stays(alice):
    blue, green = (an_endpoint(name, a_resource(name)) for name in ("Blue", "Green"))
    address = an_address(alice, blue)
    for endpoint in (green, blue, green):
        move(alice, address, endpoint)
    waiting = move(alice, address, blue, at=timezone.now() + OLD)
    last = address.changes.exclude(pk=waiting.pk).first()
    aged(AddressChange.objects.all(), "requested_at", "closed_at", by=timedelta(days=10))
    tidy(changes=90)
    assert address.changes.count() == 5
    aged(AddressChange.objects.all(), "requested_at", "closed_at")
    tidy()
    assert address.changes.count() == 5
    tidy(changes=90)
    assert set(address.changes.all()) == {waiting, last}


def test_how_often_an_address_was_asked_is_known_for_ninety_days(alice):
    address = an_address(alice, an_endpoint("Blue", a_resource()))
    now = timezone.now()
    for days in (1, 89, 91, 200):
        AddressHour.objects.create(address=address, hour=now - timedelta(days=days), requests=5)
    tidy()
    assert [(now - row.hour).days for row in AddressHour.objects.all()] == [1, 89]


def test_recordings_stay_while_a_probe_uses_them_and_what_was_heard_is_not_kept(alice):
    endpoint, now = an_endpoint("Blue", a_resource()), timezone.now()
    used, tried, new = (Recording.of(b"RIFF", 1.0, keep_until=until) for until in (None, now, now + OLD))
    for recording in (used, tried, new):
        recording.save()
    probe = Probe.objects.create(endpoint=endpoint, recording=used)
    Recording.objects.filter(pk=used.pk).update(keep_until=now)  # as a race may leave it
    for days in (1, 399, 401):
        ProbeRun.objects.create(probe=probe, started_at=now - timedelta(days=days))
    for recording in (tried, new):
        Trial.objects.create(endpoint=endpoint, purpose="probe", recording=recording)
    aged(Trial.objects.filter(recording=tried), "created_at", by=timedelta(days=8))
    tidy()
    assert set(Recording.objects.all()) == {used, new}
    assert [trial.recording for trial in Trial.objects.all()] == [new]
    assert ProbeRun.objects.count() == 2


def test_each_table_is_tidied_or_does_not_grow_for_a_reason(db, settings):
    settings.RETENTION_DAYS = retention_days({"events": "30", "changes": "90"})
    audit.record(Verb.VIEW_SHARED, view="Old")
    with erasing("UPDATE"):
        aged(Event.objects.all(), "at")
    sealing.seal_all()
    with CaptureQueriesContext(connection) as done:
        tasks.tidy()
    looked = {table for one in done for table in re.findall(r'(?:SELECT|DELETE)\b.*? FROM "(\w+)"', one["sql"])[:1]}
    tables = {model._meta.label: model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    reasons = [label for labels in STAYS.values() for label in labels.split()]
    assert len(reasons) == len({*reasons})
    assert sorted(label for label, table in tables.items() if table not in looked and label not in reasons) == []
    assert {*reasons} <= {*tables}
