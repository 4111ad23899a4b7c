"""An endpoint whose traffic was recorded."""

import pytest

from endpoints.models import Endpoint


@pytest.fixture
def logging(resource, world, worker):
    """An endpoint with four pairs of logs at the service."""
    world.begin(endpoints=12, logs=4, log_bytes=5000, rate_limit="0/0")
    worker.mirror()
    return Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first()
