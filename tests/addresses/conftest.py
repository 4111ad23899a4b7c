"""Two endpoints of one locale, and an address that leads to the first."""

import pytest

from tests.addresses.rows import a_resource, an_address, an_endpoint


@pytest.fixture
def fabrikam(db):
    return a_resource()


@pytest.fixture
def blue(fabrikam):
    return an_endpoint("Blue", fabrikam)


@pytest.fixture
def green(fabrikam):
    return an_endpoint("Green", fabrikam)


@pytest.fixture
def hotline(alice, blue):
    return an_address(alice, blue)
