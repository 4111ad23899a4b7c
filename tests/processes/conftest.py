import pytest

from tests.processes import servers


@pytest.fixture(scope="session")
def postgresql():
    if not servers.INITDB:
        pytest.skip("PostgreSQL is not installed")
    with servers.postgresql() as server:
        yield server
