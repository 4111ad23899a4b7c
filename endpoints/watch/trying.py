"""A worker's part of a trial: has the recording recognized, and stores what was heard, encrypted."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Now

from endpoints.models import Trial
from endpoints.models.trial import TrialPurpose
from endpoints.watch import asking


def step(trial: Trial, service: Any) -> float | None:
    """Ask both models once; returns in how many seconds the trial is due again, None when it has ended."""
    if not asking.has_room(trial):
        return asking.busy()
    attempts = trial.attempts + 1
    if attempts > asking.MOST_ATTEMPTS:
        _end(trial, error=trial.error or asking.KILLED)
        return None
    _held(trial).update(attempts=attempts, updated_at=Now())

    def ask() -> None:
        heard = asking.both(trial.endpoint, trial.recording, service, also=trial.also)
        _end(trial, answers=Trial.sealed(heard), error="")

    why, seconds = asking.attempt(ask, attempts)
    if why and seconds is None:
        _end(trial, error=why)
    elif why:
        _held(trial).update(error=why, updated_at=Now())
    return seconds


def _end(trial: Trial, **facts: Any) -> None:
    ended = _held(trial).update(ended_at=Now(), updated_at=Now(), **facts)
    if ended and trial.purpose == TrialPurpose.TRY and trial.recording:
        trial.recording.delete()


def _held(trial: Trial) -> Any:
    """The row, as long as it is ours."""
    return Trial.objects.filter(pk=trial.pk, lease=trial.lease)
