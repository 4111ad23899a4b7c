"""Recordings, trials and probes, step by step and without the waits between."""

import io
import uuid
import wave

from django.db.models.functions import Now

from endpoints import tasks
from endpoints.models import Probe, Trial
from endpoints.watch import submit


def spoken(seconds=2.0, tone=1000, rate=16_000, channels=1, width=2):
    """A WAV file that is not silent."""
    file = io.BytesIO()
    with wave.open(file, "wb") as audio:
        audio.setparams((channels, width, rate, 0, "NONE", ""))
        audio.writeframes(tone.to_bytes(width, "little") * int(seconds * rate * channels))
    return file.getvalue()


def tried(person, endpoint, wav=None, *, rounds=1, **facts):
    """A trial that a worker has worked on."""
    trial = submit.try_recording(key=uuid.uuid4(), actor=person.user, endpoint=endpoint, wav=wav or spoken(), **facts)
    for _round in range(rounds):
        work_on(trial)
    return trial


def work_on(trial):
    """One step of a worker, whenever it would be due."""
    Trial.objects.filter(pk=trial.pk).update(due_at=Now())
    tasks.try_recording(str(trial.pk))
    trial.refresh_from_db()
    return trial


def probe_of(person, endpoint, wav=None):
    """A probe whose trial has just shown that the recording can tell."""
    trial = tried(person, endpoint, wav)
    assert trial.error == ""
    return submit.save_probe(trial=trial, actor=person.user)


def check(probe, person):
    """A person presses Check now, and a worker takes one step."""
    submit.check_now(probe=probe, actor=person.user)
    return go_on(probe)


def go_on(probe):
    """One step of a worker, whenever it would be due."""
    Probe.objects.filter(pk=probe.pk).update(due_at=Now())
    tasks.probe(str(probe.pk))
    probe.refresh_from_db()
    return probe
