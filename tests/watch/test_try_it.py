"""Trying an endpoint: what it, the base model and another endpoint hear in a recording that isn't kept."""

import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.models import Endpoint, Event, Grant, Project, Recording, RoleName, Trial
from endpoints.models.verbs import Verb
from tests.conftest import person
from tests.watch.speech import spoken, work_on


def page_of(endpoint, trial=None):
    name, more = ("try-it-answers", [trial.pk]) if trial else ("try-it", [])
    return reverse(f"endpoints:{name}", args=[endpoint.pk, *more])


def send(who, endpoint, wav=None, **fields):
    file = SimpleUploadedFile("speech.wav", spoken() if wav is None else wav, "audio/wav")
    return who.post(page_of(endpoint), {"key": uuid.uuid4(), "recording": file, **fields})


def heard(who, endpoint, trial):
    return who.get(page_of(endpoint, trial)).content.decode()


def test_a_person_sees_what_the_endpoint_and_the_base_model_hear(serving, alice):
    answer = send(alice, serving)
    trial = Trial.objects.get()
    assert answer.url == page_of(serving, trial)
    assert "Waiting for a worker" in heard(alice, serving, trial)
    work_on(trial)
    page = heard(alice, serving, trial)
    own, base = (one["text"] for one in trial.heard)
    assert own != base
    assert "This endpoint" in page
    assert "The base model" in page
    assert "<mark>" in page
    assert "Confidence" in page


def test_the_recording_is_gone_once_it_is_recognized_and_no_event_has_words(serving, alice):
    send(alice, serving)
    assert Recording.objects.count() == 1
    trial = work_on(Trial.objects.get())
    assert Recording.objects.count() == 0
    event = Event.objects.get(verb=Verb.PROBE_TRIED)
    assert not any(one["text"] in str(event.facts) + event.detail + event.text for one in trial.heard)
    assert "alice" in event.text


def test_a_recording_is_kept_for_five_minutes_at_most(serving, alice):
    send(alice, serving)
    left = Recording.objects.get().keep_until - timezone.now()
    assert timedelta(minutes=3) < left <= timedelta(minutes=4)  # and what has ended is removed each minute
    with connection.cursor() as cursor:
        cursor.execute("SELECT audio FROM endpoints_recording")
        ((kept,),) = cursor.fetchall()
    assert str(kept).startswith("gAAAA")  # of each Fernet token


def test_no_line_of_the_log_has_what_was_said(serving, alice, caplog):
    with caplog.at_level("DEBUG"):
        send(alice, serving)
        trial = work_on(Trial.objects.get())
        heard(alice, serving, trial)
    lines = [*caplog.messages, *(str(vars(record)) for record in caplog.records)]
    assert lines
    for one in trial.heard:
        assert one["text"]
        assert not any(one["text"] in line for line in lines)


def test_a_recording_that_nobody_recognizes_is_gone_after_five_minutes_and_the_answers_after_an_hour(serving, alice):
    send(alice, serving)
    tasks.forget()
    assert Recording.objects.count() == 1
    Recording.objects.update(keep_until=timezone.now() - timedelta(seconds=1))
    tasks.forget()
    assert Recording.objects.count() == 0
    late = work_on(Trial.objects.get())
    assert "The recording wasn't recognized." in heard(alice, serving, late)
    send(alice, serving)
    trial = work_on(Trial.objects.filter(ended_at=None).get())
    Trial.objects.filter(pk=trial.pk).update(ended_at=timezone.now() - timedelta(minutes=61))
    tasks.forget()
    assert "The answers are no longer kept." in heard(alice, serving, trial)


def test_an_endpoint_that_runs_another_model_is_asked_too(resource, world, worker, alice):
    world.begin(endpoints=12, rate_limit="0/0", dialects=True)
    worker.mirror()
    rows = Endpoint.objects.filter(status="Succeeded").exclude(remote_id=None)
    serving = next(one for one in rows if rows.filter(locale=one.locale).exclude(model=one.model_id).exists())
    other = rows.filter(locale=serving.locale).exclude(model=serving.model_id).first()
    assert other.display_name in alice.get(page_of(serving)).content.decode()
    send(alice, serving, also=other.pk)
    trial = work_on(Trial.objects.get())
    assert [one["by"] for one in trial.heard] == ["endpoint", "base", "also"]
    assert other.display_name in heard(alice, serving, trial)


def test_change_model_leads_to_an_endpoint_that_already_runs_the_new_model(resource, world, worker, alice):
    world.begin(endpoints=12, rate_limit="0/0")
    worker.mirror()
    rows = Endpoint.objects.filter(status="Succeeded").exclude(remote_id=None)
    serving = next(one for one in rows if rows.filter(locale=one.locale).exclude(model=one.model_id).exists())
    other = rows.filter(locale=serving.locale).exclude(model=serving.model_id).order_by("name_key").first()
    page = reverse("endpoints:change-model", args=[serving.pk])
    lead = f'href="{page_of(serving)}?also={rows.filter(model=other.model_id).order_by("name_key").first().pk}"'
    assert "Hear the difference first" not in alice.get(page).content.decode()
    assert lead in alice.get(page, {"model": other.model_id}).content.decode()
    assert "Hear the difference first" not in alice.get(page, {"model": serving.model_id}).content.decode()
    chosen = alice.get(page_of(serving), {"also": other.pk}).content.decode()
    assert f'<option value="{other.pk}" selected>' in chosen


def test_a_person_with_a_grant_is_offered_the_endpoints_that_it_covers(resource, world, worker, nemo):
    world.begin(endpoints=12, rate_limit="0/0")
    worker.mirror()
    rows = Endpoint.objects.filter(status="Succeeded").exclude(remote_id=None)
    serving = next(one for one in rows if rows.filter(locale=one.locale).exclude(model=one.model_id).exists())
    other = rows.filter(locale=serving.locale).exclude(model=serving.model_id).first()
    mine, theirs = (Project.objects.create(resource=resource, remote_id=name, locale="de-DE") for name in "12")
    Grant.objects.create(person=nemo.user, role=RoleName.DEPLOYER, project=mine)
    Endpoint.objects.filter(pk__in=[serving.pk, other.pk]).update(project=mine)
    option = f'<option value="{other.pk}"'
    assert option in nemo.get(page_of(serving)).content.decode()
    Endpoint.objects.filter(pk=other.pk).update(project=theirs)
    assert option not in nemo.get(page_of(serving)).content.decode()


def test_an_endpoint_of_another_locale_cannot_be_asked_too(resource, world, worker, alice):
    world.begin(endpoints=12, rate_limit="0/0")
    worker.mirror()
    rows = Endpoint.objects.filter(status="Succeeded")
    serving = rows.first()
    stranger = rows.exclude(locale=serving.locale).first()
    assert send(alice, serving, also=stranger.pk).status_code == 422
    assert not Trial.objects.exists()


@pytest.mark.parametrize(
    ("wav", "why"),
    [
        (b"", "The file is empty"),
        (b"ID3" + b"\0" * 3000, "This is an MP3 file"),
        (b"hello", "WAV"),
        (spoken(tone=3), "silent"),
        (spoken(61), "The recording is too long."),
        (spoken(61, rate=8_000), "The recording is too long."),
        (spoken(80), "The recording is too long."),  # Django throws it away
        (spoken(0.3), "at least half a second"),
        (spoken(rate=44_100), "16 kHz"),
        (spoken(width=1, tone=200), "16 bits"),
        (spoken(channels=2), "mono"),
    ],
)
def test_other_files_are_refused_with_a_sentence(serving, alice, wav, why):
    answer = send(alice, serving, wav)
    assert answer.status_code == 422
    assert why in answer.content.decode()
    assert not Recording.objects.exists()


def test_a_minute_is_taken_and_a_second_press_is_the_same_try(serving, alice):
    key, wav = uuid.uuid4(), spoken(60)
    for _ in range(2):
        assert send(alice, serving, wav, key=key).status_code == 302
    assert Trial.objects.count() == 1


def test_it_has_a_permission_of_its_own_and_nobody_else_sees_what_was_heard(serving, alice, bob, lena):
    on_call = person("olga", "on-call")
    assert send(on_call, serving).status_code == 302
    trial = work_on(Trial.objects.get())
    assert "This endpoint" in heard(on_call, serving, trial)
    assert alice.get(page_of(serving, trial)).status_code == 404
    for other in (bob, lena):
        assert send(other, serving).status_code == 403
        assert other.get(page_of(serving, trial)).status_code == 403
        assert "Try it" not in other.get(serving.get_absolute_url()).content.decode()


def test_an_endpoint_that_is_not_ready_says_so(serving, alice):
    Endpoint.objects.update(remote_id=None)
    assert "isn&#x27;t serving yet" in alice.get(page_of(serving)).content.decode()
    assert send(alice, serving).status_code == 422


def test_the_microphone_is_allowed_on_this_page_only(serving, alice):
    assert "microphone=(self)" in alice.get(page_of(serving)).headers["Permissions-Policy"]
    assert "microphone=()" in alice.get(serving.get_absolute_url()).headers["Permissions-Policy"]


def test_with_content_logging_the_page_says_that_azure_keeps_the_recording(serving, alice):
    said = "Azure keeps it for 30 days"
    Endpoint.objects.update(logging_enabled=False)
    assert said not in alice.get(page_of(serving)).content.decode()
    Endpoint.objects.update(logging_enabled=True)
    assert said in alice.get(page_of(serving)).content.decode()


def test_the_answer_says_in_words_which_words_differ(serving, alice):
    send(alice, serving)
    trial = work_on(Trial.objects.get())
    own = {"by": "endpoint", "text": "Call Zofaro now, please.", "confidence": 0.91, "took": 0.42}
    base = {"by": "base", "text": "Call so far now.", "confidence": None, "took": 1.0}
    Trial.objects.filter(pk=trial.pk).update(answers=Trial.sealed([own, base]))
    page = heard(alice, serving, trial)
    assert "<mark>so far</mark>" in page
    assert "Differs from this endpoint:" in page
    assert "<bdi>so far</bdi>" in page
    assert "Only this endpoint heard:" in page
    assert "<bdi>Zofaro, please</bdi>" in page
    assert "Confidence 91%" in page
    assert "answered in 0.4 s" in page
    assert "What was heard differs." in status(page)


def test_the_answer_says_that_all_heard_the_same(serving, alice):
    send(alice, serving)
    trial = work_on(Trial.objects.get())
    same = [{"by": by, "text": "Call me.", "confidence": 0.5, "took": 1.0} for by in ("endpoint", "base")]
    Trial.objects.filter(pk=trial.pk).update(answers=Trial.sealed(same))
    page = heard(alice, serving, trial)
    assert "<mark>" not in page
    assert "The same words were heard each time." in status(page)
    silence = [one | {"text": ""} for one in same]
    Trial.objects.filter(pk=trial.pk).update(answers=Trial.sealed(silence))
    assert "Nothing was recognized." in status(heard(alice, serving, trial))


def status(page):
    """What a screen reader announces when it changes."""
    begin = page.index('<div role="status">')
    return page[begin : page.index('<p class="button-row">', begin)].partition('<div class="two">')[0]
