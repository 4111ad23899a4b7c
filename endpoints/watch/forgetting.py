"""Forgets what people tried: recordings whose time is over, and what was heard in them."""

from __future__ import annotations

from datetime import timedelta

from django.db.models.functions import Now

from endpoints.models import Recording, Trial
from endpoints.models.trial import TrialPurpose
from endpoints.watch.submit import KEPT

SHOWN = timedelta(hours=1)  # what was heard stays on the page of whoever tried it


def forget() -> None:
    """By the database's clock. A trial that hasn't been recognized until then ends with its sentence."""
    Recording.objects.unneeded().delete()
    answered = Trial.objects.exclude(answers=None)
    answered.filter(purpose=TrialPurpose.TRY, ended_at__lt=Now() - SHOWN).update(answers=None)
    answered.filter(purpose=TrialPurpose.PROBE, ended_at__lt=Now() - KEPT).update(answers=None)
