"""What the tests of faults begin with, and the check of all invariants after each of them."""

import logging
import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from endpoints import azure
from endpoints.changes import submit
from endpoints.models import Change, Endpoint, Resource, SpeechModel
from tests.conftest import KEY, World
from tests.faults.invariants import Forgotten, check, check_secrets
from tests.faults.proxy import Line, serve


@pytest.fixture(autouse=True)
def forgotten(resource: Resource, world: World, caplog: pytest.LogCaptureFixture) -> Iterator[Forgotten]:
    """After each test the invariants are checked; a test that restores a backup says here what that forgot."""
    known = Forgotten()
    yield known
    check(world, known)
    logged = map(logging.Formatter().format, caplog.get_records("call"))
    check_secrets({"the log": "\n".join(logged).encode()}, KEY)


@pytest.fixture
def model(mirrored: Resource) -> SpeechModel:
    """A model that does deploy."""
    return working(SpeechModel.objects.filter(locale="en-US", kind="custom")).first()


@pytest.fixture
def line(resource: Resource, world: World) -> Iterator[Line]:
    """The resource is asked over a line that can be spoiled."""
    with Line(world.url) as line:
        thread = serve(line)
        Resource.objects.filter(pk=resource.pk).update(url=line.url)
        resource.url = line.url
        yield line
        Resource.objects.filter(pk=resource.pk).update(url=world.url)
        line.shutdown()
        thread.join()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that give up after half a second instead of thirty."""
    patient = azure.SpeechClient

    def client(*arguments: Any, **how: Any) -> azure.SpeechClient:
        return patient(*arguments, **{**how, "deadline": 0.5})

    monkeypatch.setattr(azure, "SpeechClient", client)


def working(models: Any) -> Any:
    return models.filter(pk__in=SpeechModel.objects.deployable()).exclude(display_name__icontains="broken")


def fitting(endpoint: Endpoint) -> Any:
    """Models that the endpoint could change to, and that do deploy."""
    return working(SpeechModel.objects.filter(locale=endpoint.locale)).exclude(pk=endpoint.model_id)


def ask_create(client: Any, model: SpeechModel, **more: Any) -> Change:
    how = {"key": uuid.uuid4(), "display_name": "Support calls", **more}
    return submit.create(actor=client.user, model=model, **how)


def ask_model(client: Any, endpoint: Endpoint, model: SpeechModel, **more: Any) -> Change:
    return submit.change_model(key=uuid.uuid4(), actor=client.user, endpoint=endpoint, model=model, **more)


def later(change: Change, **passed: float) -> Change:
    """Let real time pass for a change."""
    by = timedelta(**passed)
    moments = ("asked_at", "sent_at", "accepted_at")
    Change.objects.filter(pk=change.pk).update(**{name: F(name) - by for name in moments})
    change.refresh_from_db()
    return change


def freed(change: Change) -> Change:
    """As if its lease had ended."""
    Change.objects.filter(pk=change.pk).update(leased_until=timezone.now())
    return change


def reference(world: World, model: SpeechModel) -> dict[str, Any]:
    """A model as somebody else names it to the service."""
    kind = "models/base" if model.kind == "base" else "models"
    return {"model": {"self": f"{world.url}/speechtotext/v3.2/{kind}/{model.remote_id}"}}
