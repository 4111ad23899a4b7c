"""Requests changes as a person does, and moves their times and leases."""

import uuid
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from endpoints.changes import submit
from endpoints.models import Change, Endpoint, SpeechModel
from tests.conftest import World


def request_create(person: Any, model: SpeechModel, **more: Any) -> Change:
    """A person requests a new endpoint."""
    values = {"key": uuid.uuid4(), "display_name": "Support calls", **more}
    return submit.create(actor=person.user, model=model, **values)


def request_model(person: Any, endpoint: Endpoint, model: SpeechModel, **more: Any) -> Change:
    """A person requests another model for an endpoint."""
    return submit.change_model(key=uuid.uuid4(), actor=person.user, endpoint=endpoint, model=model, **more)


def later(change: Change, **passed: float) -> Change:
    """Move the times of a change into the past, as if this much time had passed."""
    by = timedelta(**passed)
    columns = ("requested_at", "sent_at", "accepted_at")
    Change.objects.filter(pk=change.pk).update(**{name: F(name) - by for name in columns})
    change.refresh_from_db()
    return change


def unleased(change: Change) -> Change:
    """End the lease of a change, as if its time were over."""
    Change.objects.filter(pk=change.pk).update(leased_until=timezone.now())
    return change


def reference(world: World, model: SpeechModel) -> dict[str, Any]:
    """The `model` of a request body, for requests that a test itself sends to the service."""
    kind = "models/base" if model.kind == "base" else "models"
    return {"model": {"self": f"{world.url}/speechtotext/v3.2/{kind}/{model.remote_id}"}}
