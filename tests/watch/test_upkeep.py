"""How long recordings and what was heard in them stay, and what becomes of them without their key."""

from datetime import timedelta

from cryptography.fernet import Fernet
from django.conf import settings as project
from django.db import connection
from django.utils import timezone

from endpoints.models import Endpoint, Probe, Recording, SentRecording, Trial, encrypted_values
from endpoints.models.probe import Verdict
from endpoints.models.secret import Secret
from endpoints.upkeep import tidying
from tests.watch.speech import check, probe_of, spoken, tried

DAY = timedelta(days=1)


def tidy():
    tidying.tidy(project.RETENTION_DAYS)


def test_a_recording_that_nobody_made_a_probe_is_gone_after_a_day(serving, alice):
    probe, trial = probe_of(alice, serving), tried(alice, serving, spoken(3))
    tidy()
    assert Recording.objects.count() == 2
    Recording.objects.filter(pk=trial.recording_id).update(keep_until=timezone.now())
    Trial.objects.update(created_at=timezone.now() - DAY)
    tidy()
    trial.refresh_from_db()
    assert Recording.objects.get() == probe.recording
    assert (trial.recording, trial.answers) == (None, None)
    Trial.objects.update(created_at=timezone.now() - 8 * DAY)
    SentRecording.objects.update(sent_at=timezone.now() - 50 * DAY)
    tidy()
    assert not Trial.objects.exists()
    assert not SentRecording.objects.exists()
    assert check(probe, alice).verdict == Verdict.CUSTOM


def test_the_recording_and_what_was_heard_are_encrypted_where_they_are_kept(serving, alice):
    probe, trial = probe_of(alice, serving), tried(alice, serving, spoken(3))
    check(probe, alice)
    secrets = [*probe.known_texts.values(), *(one["text"] for one in trial.heard)]
    secrets += [recording.audio.open()[60:200] for recording in Recording.objects.all()]
    assert len(secrets) == 6
    with connection.cursor() as cursor:
        for table in ("recording", "probe", "trial", "proberun", "sentrecording", "event", "alert"):
            cursor.execute(f"SELECT * FROM endpoints_{table}")  # noqa: S608 (our own tables)
            rows = str(cursor.fetchall())
            assert [secret for secret in secrets if secret in rows] == []


def test_a_probe_goes_some_days_after_its_endpoint(serving, alice):
    probe_of(alice, serving)
    Endpoint.objects.update(gone_at=timezone.now())
    tidy()
    assert Probe.objects.exists()
    Endpoint.objects.update(gone_at=timezone.now() - 8 * DAY)
    tidy()
    assert not Probe.objects.exists()
    assert not Recording.objects.exists()


def test_nothing_stays_of_an_endpoint_whose_rows_are_deleted(serving, alice):
    probe_of(alice, serving)
    Endpoint.objects.get().delete()
    tidy()
    assert not Recording.objects.exists()


def test_a_probe_whose_key_is_lost_says_so_and_can_be_removed(serving, alice):
    probe = probe_of(alice, serving)
    lost = Secret(Fernet(Fernet.generate_key()).encrypt(b"audio").decode())
    Recording.objects.update(audio=lost)
    assert "its key is missing from ENCRYPTION_KEYS" in check(probe, alice).error
    assert probe.verdict == Verdict.CUSTOM
    encrypted_values.remove_unreadable()
    assert not Probe.objects.exists()
    assert not Recording.objects.exists()


def test_what_was_known_is_found_anew_when_its_key_is_lost(serving, alice):
    probe = probe_of(alice, serving)
    known = probe.known_texts
    Probe.objects.update(known=None)
    assert check(probe, alice).known_texts == known
