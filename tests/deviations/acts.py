"""What people request of the odd endpoint, and how workers carry it out, while the service deviates."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from threading import Event, Thread
from typing import Any
from urllib.parse import unquote

from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from endpoints.access.signature import signature
from endpoints.changes import decisions, submit
from endpoints.mirror.resources import set_web_hook
from endpoints.models import Change, Endpoint, Resource
from tests.changes.requests import request_create, request_model
from tests.logs.steps import keep_logs

from .front import Exchange
from .mode import API
from .stage import Stage

Act = Callable[[Stage], None]
NEW = "Support calls"  # the name of a new endpoint


def stepped(stage: Stage, change: Change, steps: int = 4, hours: float = 1) -> None:
    """Take the change some steps further, with time for the service in between."""
    for _step in range(steps):
        Resource.objects.update(paused_until=None, tried_at=None)  # as if it had been waited for
        stage.worker.step(change)
        stage.world.advance(hours * 3600)


def passed(change: Change, **ago: float) -> None:
    """Move what was seen of an accepted change into the past."""
    times = ("sent_at", "accepted_at", "progress_at", "unchanged_at")
    by = timedelta(**ago)
    Change.objects.filter(pk=change.pk).update(**{name: F(name) - by for name in times})
    change.refresh_from_db()


def other_model(stage: Stage) -> Change:
    return request_model(stage.alice, stage.row, stage.other_model())


def change_model(stage: Stage) -> None:
    """Another model is requested, and the service has an hour for each step."""
    stepped(stage, other_model(stage))


def change_model_now(stage: Stage) -> None:
    """Another model is requested, and the service's clock stands still."""
    stage.world.stop()
    stepped(stage, other_model(stage), steps=2, hours=0)


def waiting_for(**ago: float) -> Act:
    """The same, and then so much time has passed."""

    def act(stage: Stage) -> None:
        stage.world.stop()
        change = other_model(stage)
        stepped(stage, change, steps=2, hours=0)
        passed(change, **ago)
        stage.worker.step(change)

    return act


def went_back(stage: Stage) -> None:
    change = other_model(stage)
    stepped(stage, change, steps=2)
    passed(change, minutes=6)
    stage.worker.step(change)


def takes_effect_late(stage: Stage) -> None:
    """A change has been given up, and then the model appears."""
    stage.world.stop()
    change = other_model(stage)
    stepped(stage, change, steps=2, hours=0)
    passed(change, hours=3)
    stage.worker.step(change)
    decisions.decide(change, again=False, actor=stage.alice.user)
    stage.world.go()
    stage.world.advance(3600)
    stage.refresh()


def edit(**desired: Any) -> Act:
    """Name, description or content logging are to be changed."""

    def act(stage: Stage) -> None:
        change = submit.edit(key=uuid.uuid4(), actor=stage.alice.user, endpoint=stage.row, desired=desired)
        stepped(stage, change, steps=2, hours=0)
        passed(change, minutes=3)
        stage.worker.step(change)

    return act


def delete(stage: Stage) -> None:
    """The endpoint is to be deleted."""
    change = submit.delete(key=uuid.uuid4(), actor=stage.alice.user, endpoint=stage.row, reason="Old")
    stepped(stage, change, steps=3, hours=0)


def delete_absent_for_minutes(stage: Stage) -> None:
    """It is deleted in Azure, and two complete lists ten minutes apart are without it."""
    change = submit.delete(key=uuid.uuid4(), actor=stage.alice.user, endpoint=stage.row, reason="Old")
    stage.world.call("DELETE", f"/endpoints/{stage.odd}")
    stage.refresh()
    Endpoint.objects.filter(remote_id=stage.odd).update(gone_at=F("gone_at") - timedelta(minutes=11))
    stage.refresh()
    stepped(stage, change, steps=2, hours=0)


def create(stage: Stage) -> None:
    """A new endpoint is requested."""
    change = request_create(stage.alice, stage.other_model(), display_name=NEW)
    stepped(stage, change, steps=2, hours=0)
    passed(change, minutes=11)  # as long as an answer may be late
    stepped(stage, change)


def read_logs(stage: Stage) -> None:
    """All content logs of the endpoint are to be kept here."""
    keep_logs(stage.alice, stage.row)


def register_hook(stage: Stage) -> None:
    """The web hook is to be registered, which takes effect with the next refreshes."""
    set_web_hook(stage.resource, enabled=True)
    stage.refresh()
    stage.refresh()


def renew_hook(stage: Stage) -> None:
    """The answer with the id of the web hook was lost, so it is found by its address."""
    register_hook(stage)
    Resource.objects.update(hook_id="", hook_version="")
    before = len(stage.front.asked)
    stage.refresh()
    asked = [line.partition("?")[0] for line in stage.front.asked[before:] if "/webhooks" in line]
    assert [line.partition(" ")[0] for line in asked] == ["GET", "DELETE", "POST"]


def called(status: int, body: Any = None, *, due: bool, signed: bool = True, query: str = "", times: int = 1) -> Act:
    """The service calls the web hook; `due`: whether the resource is then to be refreshed at once."""

    def act(stage: Stage) -> None:
        register_hook(stage)
        resource = Resource.objects.get()
        text = b"" if body is None else json.dumps(body).replace("{odd}", stage.odd).encode()
        secret = resource.hook_secret.open() if resource.hook_secret else ""
        headers = {"X-MicrosoftSpeechServices-Signature": signature(secret, text)} if signed else {}
        address = f"{reverse('hook', args=[resource.hook_token])}{query}"
        for _time in range(times):
            Resource.objects.update(due_at=timezone.now() + timedelta(hours=1))
            answer = Client().post(address, text, content_type="application/json", headers=headers)
            assert answer.status_code == status
        if query:
            assert answer["Content-Type"].startswith("text/plain")
            assert answer.content.decode() == unquote(query.partition("=")[2])
        assert Resource.objects.due().exists() == due

    return act


def during_a_list(act: Act) -> Act:
    """A worker gets a list that the service read before `act`, and stores it afterwards."""

    def run(stage: Stage) -> None:
        read, go_on = Event(), Event()

        def hold(exchange: Exchange) -> None:
            if exchange.method == "GET" and exchange.path == f"{API}/endpoints" and not read.is_set():
                assert exchange.answer.status == 200
                read.set()
                assert go_on.wait(30)

        def list_late() -> None:
            try:
                stage.worker.mirror()
            finally:
                connection.close()

        stage.front.alter = hold
        Resource.objects.update(cataloged_at=timezone.now(), tried_at=None)
        listing = Thread(target=list_late)
        listing.start()
        try:
            assert read.wait(30)
            act(stage)
        finally:
            go_on.set()
            listing.join()

    return run
