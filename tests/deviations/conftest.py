"""The front before the simulated service, and the stage of one mode."""

import pytest

from tests.deviations.front import Front
from tests.deviations.stage import Stage

pytest.register_assert_rewrite("tests.deviations.walk")


@pytest.fixture(scope="session")
def front(simulator):
    front = Front(simulator)
    yield front
    front.shutdown()
    front.server_close()


@pytest.fixture
def stage(request, front, world, worker, alice, settings):
    settings.PUBLIC_URL = front.url
    yield Stage(request.param, front, world, worker, alice)
    front.begin()
