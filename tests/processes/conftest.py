import runpy
import shutil

import pytest

from tests import prepared
from tests.demo import ROOT
from tests.processes import servers
from tests.processes.installation import SERVICES, Installation
from tests.processes.person import signed_in

PASSWORD = "a long enough word"


@pytest.fixture(scope="session", autouse=True)
def installed():
    """Install the requirements before these tests, so that none of them waits for it."""
    runpy.run_path(str(ROOT / "speechstudio" / "bootstrap.py"))["prepare"]()


@pytest.fixture(scope="session")
def postgresql():
    if not servers.INITDB:
        pytest.skip("PostgreSQL is not installed")
    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="package")
def set_up(postgresql, tmp_path_factory):
    """The databases are running, and the service `setup` has ended."""
    if not servers.REDIS:
        pytest.skip("Redis is not installed")
    home = tmp_path_factory.mktemp("installation")
    postgresql.create("speechstudio")
    with servers.redis(SERVICES["redis"]["command"], home) as redis:
        installation = Installation(postgresql, redis, home)
        shutil.copytree(prepared.static() / "static", home / "tmp" / "static")  # an image has them, too
        try:
            installation.setup = installation.run("setup")
            yield installation
        finally:
            installation.down()


@pytest.fixture
def installation(set_up):
    return set_up.up()


@pytest.fixture
def alice(installation):
    """The first account of an installation, created as the README says."""
    words = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_EMAIL": "alice@example.com"}
    command = ["python", "manage.py", "createsuperuser", "--noinput", "--username", "alice"]
    made = installation.run("web", command, **words)
    assert made.returncode == 0 or "already taken" in made.stderr, made.stderr
    with signed_in(installation.url, "alice", PASSWORD) as alice:
        yield alice
