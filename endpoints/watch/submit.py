"""What people ask of probes: each stores its row and its Event in one transaction; workers ask the service.

No event has words that were said, or the name of a file.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_noop

from endpoints import audit
from endpoints.changes.refusals import KeyTaken, NotPossible
from endpoints.logs.storage.place import open_stored
from endpoints.models import Endpoint, LogEntry, Probe, ProbeRun, Recording, Trial
from endpoints.models.event import Verb
from endpoints.models.probe import EVERY_HOURS, Verdict
from endpoints.models.trial import TrialPurpose
from endpoints.watch.verdicts import differ, words
from endpoints.watch.wav import LARGEST, LONGEST_TRY_SECONDS, Speech, speech_in

KEPT = timedelta(days=1)  # a recording that no probe uses, and what was heard in it
EVERY = (1, 3, 6, 12, 24, 168)  # hours between two runs of a probe

FORGOTTEN = timedelta(minutes=4)  # a recording that has been tried; it's removed within another one
ELSEWHERE = gettext_noop("Compare with an endpoint of the same Speech resource and locale.")
NOT_DEPLOYED = gettext_noop("The endpoint isn't deployed.")
NOT_SAVED = gettext_noop("This recording isn't saved here. Save a copy of it first.")
NOT_FINISHED = gettext_noop("The recording hasn't been recognized yet.")
FAILED = gettext_noop("The recording couldn't be recognized. Try it again.")
OLD = gettext_noop("This trial is too old. Try the recording again.")
NOTHING = gettext_noop("The endpoint's model heard no words in this recording.")
SAME = gettext_noop("Both models heard the same, so this recording can't tell which of them answers.")


def try_recording(*, key: UUID, actor: User | None, endpoint: Endpoint, wav: bytes, source: str = "") -> Trial:
    """Have a recording recognized by the endpoint and by the base model, to see whether their answers differ.

    `key` names the request: asked again, the first one is returned. `source`: the name of the file, or the id of the
    content log. Raises Unusable for a recording that can't be recognized, NotPossible, KeyTaken, SecretsLocked.
    """
    return _try(key, actor, endpoint, lambda: speech_in(wav), KEPT, purpose=TrialPurpose.PROBE, source=source[:200])


def ask(*, key: UUID, actor: User | None, endpoint: Endpoint, wav: bytes, also: Endpoint | None = None) -> Trial:
    """Have a recording of at most a minute recognized by the endpoint, the base model, and another endpoint if given.

    The recording is removed once it has been recognized, or after FORGOTTEN. `also`: of the same Speech resource and
    locale. Raises as try_recording does.
    """
    if also and (also.resource_id, also.locale) != (endpoint.resource_id, endpoint.locale):
        raise NotPossible(ELSEWHERE)
    speech = partial(speech_in, wav, LONGEST_TRY_SECONDS)
    return _try(key, actor, endpoint, speech, FORGOTTEN, purpose=TrialPurpose.TRY, also=also)


def _try(
    key: UUID, actor: User | None, endpoint: Endpoint, speech_of: Callable[[], Speech], kept: timedelta, **facts: Any
) -> Trial:
    if asked := _asked(key, actor, endpoint):
        return asked
    _refuse_unless_deployed(endpoint)
    if also := facts.get("also"):
        _refuse_unless_deployed(also)
    speech = speech_of()
    facts |= {"actor": actor}
    try:
        with transaction.atomic():
            recording = Recording.of(speech.wav, speech.seconds, keep_until=timezone.now() + kept)
            recording.save(force_insert=True)
            named = {"endpoint": endpoint, "recording": recording, "actor_name": _name(actor)}
            trial = Trial.objects.create(pk=key, **named, **facts)
            audit.record(Verb.PROBE_TRIED, actor=actor, endpoint=endpoint)
    except IntegrityError:
        # The same key at the same moment, from a second press: the first one counts.
        if asked := _asked(key, actor, endpoint):
            return asked
        raise
    return trial


def try_log_entry(*, key: UUID, actor: User | None, endpoint: Endpoint, entry: LogEntry) -> Trial:
    """The same with the saved recording of a content log of the endpoint. OSError when our own storage refuses."""
    audio = entry.audio
    if entry.endpoint_id != endpoint.pk or audio is None or not audio.held:
        raise NotPossible(NOT_SAVED)
    with open_stored(audio.stored_as) as file:
        wav = file.read(LARGEST + 1)
    return try_recording(key=key, actor=actor, endpoint=endpoint, wav=wav, source=entry.key)


@transaction.atomic
def save_probe(*, trial: Trial, actor: User | None, every_hours: int = EVERY_HOURS) -> Probe:
    """Let the recording of a trial be the probe of its endpoint, in place of an earlier one. Raises NotPossible.

    The trial was its first run. What both models heard is kept with the probe, and no longer with the trial.
    """
    trial = Trial.objects.select_for_update(of=("self",)).select_related("endpoint", "recording").get(pk=trial.pk)
    endpoint, recording = trial.endpoint, trial.recording
    Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint.pk)
    every_hours = every_hours if every_hours in EVERY else EVERY_HOURS
    before = Probe.objects.filter(endpoint=endpoint).first()
    if before and recording and before.recording_id == recording.pk:
        return before
    heard = _heard(trial)
    if recording is None:
        raise NotPossible(OLD)
    _refuse_unless_deployed(endpoint)
    if before:
        before.erase()
    model = endpoint.serving_model
    probe = Probe(
        endpoint=endpoint,
        recording=recording,
        source=trial.source,
        every_hours=every_hours,
        set_by=_name(actor),
        model=model,
        verdict=Verdict.CUSTOM,
        verdict_at=trial.ended_at,
        in_a_row=1,
        checked_at=trial.ended_at,
        ran_at=trial.created_at,
        due_at=trial.created_at + timedelta(hours=every_hours),
    )
    probe.known = Probe.sealed(heard["endpoint"], heard["base"])
    probe.save(force_insert=True)
    times = {"started_at": trial.created_at, "ended_at": trial.ended_at}
    ProbeRun.objects.create(probe=probe, verdict=Verdict.CUSTOM, model_name=str(model or ""), **times)
    recording.keep_until = None
    recording.save(update_fields=["keep_until"])
    Trial.objects.filter(pk=trial.pk).update(answers=None, updated_at=Now())
    audit.record(Verb.PROBE_SET, actor=actor, endpoint=endpoint)
    return probe


@transaction.atomic
def remove_probe(*, probe: Probe, actor: User | None) -> bool:
    """Delete a probe with its recording and its history; returns False when somebody was faster."""
    if not probe.erase():
        return False
    audit.record(Verb.PROBE_REMOVED, actor=actor, endpoint=probe.endpoint)
    return True


@transaction.atomic
def check_now(*, probe: Probe, actor: User | None) -> bool:
    """Have a probe asked at once; returns False when it has been pressed already and a worker hasn't come to it yet."""
    now: dict[str, Any] = dict.fromkeys(("asked_at", "due_at", "updated_at"), Now())
    if not Probe.objects.filter(pk=probe.pk, asked_at=None).update(**now, attempts=0):
        return False
    audit.record(Verb.PROBE_ASKED, actor=actor, endpoint=probe.endpoint)
    return True


def _heard(trial: Trial) -> dict[str, str]:
    """What the endpoint and the base model heard, when the two differ. Raises NotPossible, CannotDecrypt."""
    if trial.ended_at is None:
        raise NotPossible(NOT_FINISHED)
    if trial.error:
        raise NotPossible(FAILED)
    if trial.answers is None or timezone.now() - trial.ended_at > KEPT:
        raise NotPossible(OLD)
    heard = {str(one["by"]): str(one["text"]) for one in trial.heard}
    if not words(heard["endpoint"]):
        raise NotPossible(NOTHING)
    if not differ(heard["endpoint"], heard["base"]):
        raise NotPossible(SAME)
    return heard


def _refuse_unless_deployed(endpoint: Endpoint) -> None:
    if not endpoint.remote_id or endpoint.gone_at or endpoint.resource.removing_at:
        raise NotPossible(NOT_DEPLOYED)


def _asked(key: UUID, actor: User | None, endpoint: Endpoint) -> Trial | None:
    asked = Trial.objects.filter(pk=key).first()
    if asked and (asked.actor != actor or asked.endpoint_id != endpoint.pk):
        raise KeyTaken
    return asked


def _name(actor: User | None) -> str:
    return actor.get_username() if actor else ""
