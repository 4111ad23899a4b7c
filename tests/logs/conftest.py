"""An endpoint whose traffic was recorded."""

import pytest

from endpoints.models import Endpoint
from tests.logs.steps import keep_logs


@pytest.fixture
def logging(resource, world, worker):
    """An endpoint with four pairs of logs at the service."""
    world.begin(endpoints=12, logs=4, log_bytes=5000, rate_limit="0/0")
    worker.mirror()
    return Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()


@pytest.fixture
def kept(logging, alice):
    """The same, with copies of all of them here."""
    return keep_logs(alice, logging)
