"""Fixtures of the fault tests, with a check of all invariants after each test."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from endpoints import azure
from endpoints.models import Resource, SpeechModel
from tests.conftest import KEY, World
from tests.faults.invariants import Untracked, check, check_secrets
from tests.faults.proxy import Proxy, serve


@pytest.fixture(autouse=True)
def untracked(resource: Resource, world: World, caplog: pytest.LogCaptureFixture) -> Iterator[Untracked]:
    """Checks the invariants after each test; a test that restores a backup sets what is unknown afterwards."""
    untracked_facts = Untracked()
    yield untracked_facts
    check(world, untracked_facts)
    logged = map(logging.Formatter().format, caplog.get_records("call"))
    check_secrets({"the log": "\n".join(logged).encode()}, KEY)


@pytest.fixture(params=["running", "old", "new"])
def redeploy(request: pytest.FixtureRequest) -> str:
    """Faults are survived in whatever way the service shows a redeployment."""
    return str(request.param)


@pytest.fixture
def model(mirrored: Resource) -> SpeechModel:
    """A model whose deployment succeeds."""
    return working(SpeechModel.objects.filter(locale="en-US", kind="custom")).first()


@pytest.fixture
def proxy(resource: Resource, world: World) -> Iterator[Proxy]:
    """The resource is reached through a proxy that can disturb requests."""
    with Proxy(world.url) as proxy:
        thread = serve(proxy)
        Resource.objects.filter(pk=resource.pk).update(url=proxy.url)
        resource.url = proxy.url
        yield proxy
        Resource.objects.filter(pk=resource.pk).update(url=world.url)
        proxy.shutdown()
        thread.join()


@pytest.fixture
def short_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients with a deadline of half a second instead of thirty."""
    real_client = azure.SpeechClient

    def client(*arguments: Any, **how: Any) -> azure.SpeechClient:
        return real_client(*arguments, **{**how, "deadline": 0.5})

    monkeypatch.setattr(azure, "SpeechClient", client)


def working(models: Any) -> Any:
    return models.filter(pk__in=SpeechModel.objects.deployable()).exclude(display_name__icontains="broken")
