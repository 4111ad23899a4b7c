"""A resource whose key or address was corrected is called at once; who told us to wait is still waited for."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from endpoints.changes.backoff import before_calling
from endpoints.models import Resource
from tests.pages.resource_forms import save

KEY = "0" * 32


def edit(person, resource, **changes):
    form = {"name": resource.name, "region": resource.region, "url": resource.url, "auth": "key", "api_version": "v3.2"}
    response = save(person, form | changes, resource)
    assert response.status_code == 302


def waits(resource):
    """Whether a worker may not call the resource yet."""
    return before_calling(Resource.objects.get(pk=resource.pk), longest=60) > 0


CORRECTIONS = {
    "another key": {"new_key": KEY},
    "another address": {"url": "https://contoso.cognitiveservices.azure.com", "new_key": KEY},
    "another region": {"url": "", "region": "westus", "new_key": KEY},
}


@pytest.mark.parametrize("changes", CORRECTIONS.values(), ids=CORRECTIONS)
def test_a_failing_resource_is_called_at_once_with_a_corrected_key_or_address(alice, mirrored, settings, changes):
    settings.DEMO = True  # the simulator's address is not https
    Resource.objects.update(failing_since=timezone.now() - timedelta(minutes=10), tried_at=Now())
    assert waits(mirrored)
    edit(alice, mirrored, **changes)
    assert not waits(mirrored)


def test_a_failing_resource_is_not_called_sooner_for_another_name(alice, mirrored, settings):
    settings.DEMO = True
    Resource.objects.update(failing_since=timezone.now() - timedelta(minutes=10), tried_at=Now())
    edit(alice, mirrored, name="Renamed")
    assert waits(mirrored)


@pytest.mark.parametrize("corrected", CORRECTIONS)
def test_a_pause_holds_for_the_address_that_asked_for_it(alice, mirrored, settings, corrected):
    settings.DEMO = True
    mirrored.pause(60)
    edit(alice, mirrored, **CORRECTIONS[corrected])
    assert waits(mirrored) == (corrected == "another key")
