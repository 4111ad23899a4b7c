"""An endpoint whose model hears other words than the base model."""

import pytest

from endpoints.models import Endpoint


@pytest.fixture
def serving(resource, world, worker):
    world.begin(endpoints=1, rate_limit="0/0", dialects=True)
    worker.mirror()
    return Endpoint.objects.get()


@pytest.fixture
def logging(resource, world, worker):
    """The same, and what it hears is logged."""
    world.begin(endpoints=12, rate_limit="0/0", dialects=True)
    worker.mirror()
    return Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()
