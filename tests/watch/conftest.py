"""An endpoint whose model hears other words than the base model."""

from datetime import timedelta

import pytest

from endpoints.models import Endpoint
from tests.watch.regimes import MONDAY


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


@pytest.fixture
def long_ago(endpoint):
    """The endpoint, deployed before everything that these tests log."""
    endpoint.changes.update(closed_at=MONDAY - timedelta(days=90))
    return endpoint
