"""What the tests of faults begin with, and the check of all invariants after each of them."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from endpoints import azure
from endpoints.models import Resource, SpeechModel
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
