"""Who answers, on the page of an endpoint: the verdict of its probe, and how people set one."""

import re
import uuid
import wave
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.logs.storage.place import store
from endpoints.models import Event, LogEntry, LogFile, Probe, Recording, SpeechModel, Trial
from endpoints.models.event import Verb
from endpoints.models.log import FileKind, Outcome
from endpoints.models.model import ModelKind
from endpoints.models.probe import ProbeRun, Verdict
from endpoints.models.trial import TrialPurpose
from tests.conftest import person


def sound(seconds=2.0, rate=16_000, loud=9000, channels=1):
    """A WAV file of a square wave."""
    file = BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(channels)
        made.setsampwidth(2)
        made.setframerate(rate)
        frame = (loud.to_bytes(2, "little") * 20 + (-loud).to_bytes(2, "little", signed=True) * 20) * channels
        made.writeframes((frame * (int(seconds * rate) // 40 + 1))[: int(seconds * rate) * 2 * channels])
    return file.getvalue()


@pytest.fixture
def custom(endpoint):
    """The endpoint runs a custom model."""
    SpeechModel.objects.filter(pk=endpoint.model_id).update(kind=ModelKind.CUSTOM)
    endpoint.refresh_from_db()
    return endpoint


def set_probe(endpoint, verdict=Verdict.CUSTOM, **more):
    recording = Recording.of(sound(), 2.0)
    recording.save(force_insert=True)
    now = timezone.now()
    facts = {"verdict": verdict, "verdict_at": now, "checked_at": now, "in_a_row": 1, **more}
    return Probe.objects.create(endpoint=endpoint, recording=recording, **facts)


def trial_of(endpoint, person, own="Call Zofaro now.", base="Call so far now.", **more):
    recording = Recording.of(sound(), 4.1)
    recording.save(force_insert=True)
    heard = [{"by": "endpoint", "text": own}, {"by": "base", "text": base}]
    facts = {"answers": Trial.sealed(heard), "ended_at": timezone.now(), **more}
    return Trial.objects.create(
        endpoint=endpoint, recording=recording, purpose=TrialPurpose.PROBE, actor=person.user, **facts
    )


def address(endpoint, name="", **more):
    return reverse(f"endpoints:who-answers{name}", kwargs={"pk": endpoint.pk, **more})


def page_of(person, where):
    html = person.get(where).content.decode()
    return " ".join(re.sub("<[^>]*>", " ", html.partition("<main")[2]).replace("&#x27;", "'").split())


def section(person, endpoint):
    return page_of(person, endpoint.get_absolute_url())


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict.CUSTOM, "The custom model answers. Checked"),
        (Verdict.BASE, "The base model answers. Checked"),
        (Verdict.CANNOT_TELL, "This recording can't tell. Checked"),
        (Verdict.CANNOT_TELL, "Use a recording with words that only your model knows."),
        (Verdict.NOT_LOGGED, "Not seen in this endpoint's logs. Checked"),
        (Verdict.NOT_LOGGED, "the check isn't in the endpoint's logs"),
        (Verdict.UNKNOWN, "Not checked yet."),
    ],
)
def test_each_verdict_has_its_sentence_for_everybody_who_sees_the_endpoint(bob, custom, verdict, words):
    set_probe(custom, verdict)
    assert words in section(bob, custom)
    assert "Check now" not in section(bob, custom)


def test_without_a_probe_it_says_what_one_is_for_and_offers_it_to_those_who_deploy(alice, bob, custom):
    assert "A probe is a short recording" in section(bob, custom)
    assert f'href="{address(custom)}"' in alice.get(custom.get_absolute_url()).content.decode()
    assert f'href="{address(custom)}"' not in bob.get(custom.get_absolute_url()).content.decode()


def test_an_endpoint_with_a_base_model_has_nothing_to_tell(alice, custom):
    SpeechModel.objects.filter(pk=custom.model_id).update(kind=ModelKind.BASE)
    assert "runs a base model, so there's nothing to tell" in section(alice, custom)
    assert "Set up" not in section(alice, custom)
    set_probe(custom, Verdict.CUSTOM)
    assert "The custom model answers." not in section(alice, custom)
    assert "Remove" in section(alice, custom)


def test_the_base_model_that_answers_leads_to_another_model(alice, bob, custom):
    set_probe(custom, Verdict.BASE)
    assert "Change the model to mend it" in section(alice, custom)
    assert "Someone who can deploy has to change the model." in section(bob, custom)


def test_the_last_problem_and_the_last_checks_are_shown(bob, custom):
    probe = set_probe(custom, error="The service received too many requests.")
    now = timezone.now()
    ProbeRun.objects.create(probe=probe, started_at=now, ended_at=now, verdict=Verdict.BASE, model_name="Calls")
    ProbeRun.objects.create(probe=probe, started_at=now, ended_at=now, error="The service failed (503).")
    shown = section(bob, custom)
    assert "The last check had no answer: The service received too many requests." in shown
    assert "The base model answers. Calls" in shown
    assert "No answer: The service failed (503)." in shown


def test_a_run_is_news_for_the_open_page_and_otherwise_there_is_none(bob, custom):
    probe = set_probe(custom)
    html = bob.get(custom.get_absolute_url()).content.decode()
    poll = re.search(r'id="deployment"[^>]* hx-get="([^"]+)"', html)[1].replace("&amp;", "&")
    asked = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "deployment"}
    assert bob.get(poll, **asked).status_code == 204
    Probe.objects.filter(pk=probe.pk).update(error="The service failed (503).", updated_at=timezone.now())
    news = bob.get(poll, **asked)
    assert news.status_code == 200
    assert "The service failed (503)." in news.content.decode()


def test_a_check_is_asked_for_once_and_recorded(alice, custom):
    set_probe(custom)
    for _press in range(2):
        assert alice.post(address(custom, "-check")).status_code == 302
    assert Event.objects.filter(verb=Verb.PROBE_ASKED).count() == 1
    assert "Checking now" in section(alice, custom)


def test_a_removed_probe_takes_its_recording_with_it(alice, custom):
    set_probe(custom)
    assert alice.post(address(custom, "-remove")).status_code == 302
    assert not Probe.objects.exists()
    assert not Recording.objects.exists()
    assert alice.post(address(custom, "-remove")).status_code == 404


def upload(person, endpoint, data, name="order.wav", key=None):
    file = SimpleUploadedFile(name, data, content_type="audio/wav")
    return person.post(address(endpoint), {"key": key or uuid.uuid4(), "recording": file})


def test_an_uploaded_recording_is_tried_once_however_often_it_is_sent(alice, custom):
    key = uuid.uuid4()
    answers = [upload(alice, custom, sound(), key=key) for _press in range(2)]
    assert {answer["Location"] for answer in answers} == {address(custom, "-trial", trial=key)}
    assert Trial.objects.get().recording.seconds == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty."),
        (b"ID3\x04" + bytes(2000), "This is an MP3 file."),
        (b"\xff\xfb\x90" + bytes(2000), "This is an MP3 file."),
        (b"\0\0\0\x20ftypM4A " + bytes(2000), "This is an MPEG-4 file."),
        (b"Hello, this is a text." * 20, "a WAV file"),
        (sound(16), "at most 15 seconds"),
        (sound(loud=3), "silent"),
        (sound(channels=2), "mono"),
        (sound(40, rate=48_000), "at most 15 seconds"),
    ],
    ids=["empty", "MP3 with tags", "MP3", "MPEG-4", "text", "too long", "silence", "stereo", "larger than the memory"],
)
def test_a_file_that_cannot_be_used_is_refused_with_what_to_do(alice, custom, data, words):
    answer = upload(alice, custom, data)
    assert answer.status_code == 422
    assert words in answer.content.decode().replace("&#x27;", "'")
    assert not Trial.objects.exists()


def test_the_cost_is_said_before_a_recording_is_chosen_and_follows_the_hours(alice, custom):
    assert "2 × 4.0 s every 6 hours, about 16 minutes of audio a month." in page_of(alice, address(custom))
    trial = trial_of(custom, alice)
    where = address(custom, "-trial", trial=trial.pk)
    assert "2 × 4.1 s every 6 hours, about 16 minutes of audio a month" in page_of(alice, where)
    assert "2 × 4.1 s every hour, about 98 minutes of audio a month" in page_of(alice, f"{where}?every_hours=1")
    moved = alice.post(where, {"action": "cost", "every_hours": "24"})
    assert moved["Location"] == f"{where}?every_hours=24"


def test_answers_that_differ_are_marked_in_color_and_in_words_and_can_be_saved(alice, custom):
    trial = trial_of(custom, alice)
    where = address(custom, "-trial", trial=trial.pk)
    html = alice.get(where).content.decode()
    assert "<mark>Zofaro</mark>" in html
    assert "<mark>so far</mark>" in html
    shown = page_of(alice, where)
    assert "Only here: Zofaro" in shown
    assert "Different: this recording can tell." in shown
    assert alice.post(where, {"action": "save", "every_hours": "12"}).status_code == 302
    assert Probe.objects.get().every_hours == 12
    assert "The custom model answers." in section(alice, custom)


def test_answers_that_are_the_same_cannot_be_saved(alice, custom):
    trial = trial_of(custom, alice, own="Call me now.", base="call me now")
    where = address(custom, "-trial", trial=trial.pk)
    assert "The same: this recording can't tell." in page_of(alice, where)
    assert "save-probe" not in alice.get(where).content.decode()
    alice.post(where, {"action": "save"})
    assert not Probe.objects.exists()


def test_nothing_recognized_and_a_refusal_have_their_words(alice, custom):
    nothing = trial_of(custom, alice, own="", base="")
    assert "Nothing was recognized." in page_of(alice, address(custom, "-trial", trial=nothing.pk))
    refused = trial_of(custom, alice, answers=None, error="The service received too many requests.")
    where = address(custom, "-trial", trial=refused.pk)
    assert "The recording wasn't recognized. The service received too many requests." in page_of(alice, where)
    again = alice.post(where, {"action": "again", "key": uuid.uuid4()})
    assert again["Location"] != where
    assert Trial.objects.filter(ended_at=None).count() == 1


def test_a_trial_is_polled_until_it_has_ended(alice, custom):
    trial = trial_of(custom, alice, answers=None, ended_at=None)
    where = address(custom, "-trial", trial=trial.pk)
    html = alice.get(where).content.decode()
    poll = re.search(r'id="trial"[^>]* hx-get="([^"]+)"', html)[1]
    asked = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "trial"}
    assert alice.get(poll, **asked).status_code == 204
    Trial.objects.filter(pk=trial.pk).update(ended_at=timezone.now(), updated_at=timezone.now(), error="Refused.")
    news = alice.get(poll, **asked)
    assert "hx-get" not in news.content.decode()
    assert "Refused." in news.content.decode()


def test_what_was_recognized_is_shown_to_its_own_person_and_to_those_who_read_logs_alone(alice, custom):
    carol = person("carol", "deployer")
    theirs, own = trial_of(custom, alice), trial_of(custom, carol)
    assert carol.get(address(custom, "-trial", trial=theirs.pk)).status_code == 404
    assert carol.get(address(custom, "-trial", trial=own.pk)).status_code == 200
    answer = alice.get(address(custom, "-trial", trial=own.pk))
    assert answer["Cache-Control"] == "no-store, private"
    assert Event.objects.filter(verb=Verb.TEXT_READ, actor_name="alice").count() == 1
    assert "Zofaro" not in str(list(Event.objects.values()))


def test_a_worker_asks_both_models_and_the_page_shows_what_they_heard(alice, custom, world):
    answer = upload(alice, custom, sound())
    trial = Trial.objects.get()
    tasks.try_recording(str(trial.pk))
    trial.refresh_from_db()
    assert trial.ended_at
    assert not trial.error
    assert "This endpoint" in page_of(alice, answer["Location"])


def test_content_logs_offer_short_saved_recordings_with_text_alone(alice, custom, log_entry):
    good = log_entry(custom, "Order 4711.", seconds=4.1)
    log_entry(custom, "Far too long.", seconds=15.5)
    log_entry(custom, "", seconds=3)
    log_entry(custom, "Not saved.", seconds=3, stored="")
    html = alice.get(address(custom, "-logs")).content.decode()
    assert re.findall(r'name="entry" value="(\d+)"', html) == [str(good.pk)]
    assert "about 16 minutes of audio a month" in html
    assert Event.objects.filter(verb=Verb.TEXT_READ).count() == 1
    answer = alice.post(address(custom, "-logs"), {"key": uuid.uuid4(), "entry": good.pk})
    assert answer.status_code == 302
    assert Trial.objects.get().source == good.key
    assert alice.post(address(custom, "-logs"), {"key": uuid.uuid4()}).status_code == 422


def test_content_logs_are_offered_to_those_who_may_read_them_alone(custom):
    carol = person("carol", "deployer")
    assert carol.get(address(custom)).status_code == 200
    assert address(custom, "-logs") not in carol.get(address(custom)).content.decode()
    assert carol.get(address(custom, "-logs")).status_code == 403


def test_content_logs_show_what_this_app_has_sent_when_asked_to_and_mark_it(lena, custom, log_entry):
    theirs, own = log_entry(custom, "Order 4711.", seconds=4.1), log_entry(custom, "Zofaro.", seconds=2)
    LogEntry.objects.filter(pk=own.pk).update(probe=True)
    logs = f"{custom.get_absolute_url()}logs/"
    usual, all_of_them = (lena.get(address).content.decode() for address in (logs, f"{logs}?probes=1"))
    assert (f"entry-{theirs.pk}" in usual, f"entry-{own.pk}" in usual) == (True, False)
    rows = dict(re.findall(r'<tr id="entry-(\d+)">(.*?)</tr>', all_of_them, re.DOTALL))
    assert {pk: "Sent by this app" in row for pk, row in rows.items()} == {str(theirs.pk): False, str(own.pk): True}
    chip = re.search(r'<a class="chip" href="([^"]+)">Sent by this app: <bdi>Shown</bdi>', all_of_them)
    assert chip[1] == logs
    assert "It isn't counted, saved automatically, or downloaded." in page_of(lena, own.get_absolute_url())
    assert "Download this entry" not in page_of(lena, own.get_absolute_url())
    assert "Download this entry" in page_of(lena, theirs.get_absolute_url())
    download = f"{custom.get_absolute_url()}download/"
    assert ["1 entry 1 file " in page_of(lena, f"{download}{query}") for query in ("", "?probes=1")] == [True, True]
    assert "0 entries" in page_of(lena, f"{download}?entry={own.pk}")
    assert 'name="probes"' not in lena.get(f"{download}?probes=1").content.decode()


@pytest.fixture
def log_entry():
    made = []

    def make(endpoint, text, *, seconds, stored="kept"):
        at = timezone.now()
        entry = LogEntry.objects.create(
            endpoint=endpoint,
            key=f"entry-{len(made)}",
            at=at,
            day=at.date(),
            duration=timedelta(seconds=seconds),
            outcome=Outcome.RECOGNIZED if text else Outcome.NOTHING,
            text=text,
            has_audio=True,
        )
        data = sound(min(seconds, 15))
        name = stored and store().save(f"probe-test-{uuid.uuid4()}.wav", ContentFile(data))
        LogFile.objects.create(
            endpoint=endpoint,
            entry=entry,
            kind=FileKind.AUDIO,
            stored_as=name,
            size=len(data),
            name="a.wav",
            remote_id=str(uuid.uuid4()),
        )
        made.append(name)
        return entry

    yield make
    for name in filter(None, made):
        store().delete(name)
