"""Addresses in front of endpoints that the simulated service has."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone

from endpoints.addresses import submit
from endpoints.addresses.resolving.application import NOT_READ, Resolving
from endpoints.addresses.resolving.hours import Hours
from endpoints.addresses.resolving.known import Known
from endpoints.mirror import resources
from endpoints.models import Address, Endpoint, Resource
from tests.conftest import KEY
from tests.demo import until

MOST = 1_000_000


def resource(**facts):
    facts = {"region": "westeurope", "name": "Contoso"} | facts
    return Resource.objects.create(**facts)


def serving(of, name, **facts):
    """An endpoint that serves; its id at the service is made of its name."""
    facts = {"remote_id": f"{name}-id", "locale": "de-DE", "status": "Succeeded", "model_name": f"Model {name}"} | facts
    return Endpoint.objects.create(resource=of, display_name=name, **facts)


def address(name, endpoint, **facts):
    return Address.objects.create(name=name, locale=endpoint.locale, endpoint=endpoint, **facts)


class Asking:
    """Asks as programs do, by the WSGI application; `inner` is what the pages would get."""

    def __init__(self, known, most=MOST, **options):
        self.known, self.counts, self.inner, self.patient = known, Hours(), [], True
        self.application = Resolving(self._page, most=most, known=known, counts=self.counts, **options)

    def _page(self, environ, start_response):
        self.inner.append(environ)
        start_response("200 OK", [])
        return [b"page"]

    def __call__(self, path, query="", method="GET", **headers):
        got = SimpleNamespace()

        def start_response(status, given):
            got.status, got.headers = int(status[:3]), dict(given)

        environ = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": method, "REMOTE_ADDR": "203.0.113.5"}
        environ |= {
            name.upper() if name.startswith("REMOTE") else f"HTTP_{name.upper()}": text
            for name, text in headers.items()
        }
        until(lambda: self._answer(dict(environ), start_response, got) or not self.patient)
        return got

    def _answer(self, environ, start_response, got):
        """Whether there is one: on a busy machine, the first look may take longer than a program waits."""
        got.text = b"".join(self.application(environ, start_response)).decode()
        return NOT_READ not in got.text

    def socket(self, name, query="", **headers):
        return self(f"/speech/{name}", query, upgrade="websocket", connection="Upgrade", **headers)


@pytest.fixture
def known():
    known = Known()
    yield known
    known.end()


@pytest.fixture
def ask(transactional_db, known):
    return Asking(known)


@pytest.fixture
def other_process(transactional_db):
    """As another process answers, which asks the database first."""
    known = Known()
    yield Asking(known)
    known.end()


@pytest.fixture
def standby(endpoint, world, worker):
    """An endpoint of the same locale in another Speech resource, which the same simulated service answers for."""
    resources.register(name="Fabrikam", region="westeurope", url=world.url, key=KEY, api_version="v3.2")
    worker.mirror()
    return Endpoint.objects.get(resource__name="Fabrikam", locale=endpoint.locale)


@pytest.fixture
def standing_by(endpoint, standby, alice):
    """An address with a standby, to which Alice lets it move by itself."""
    one = submit.add(actor=alice.user, name="hotline", endpoint=endpoint)
    submit.set_standby(actor=alice.user, address=one, standby=standby, stands_in=True)
    one.refresh_from_db()
    return one


@pytest.fixture
def outage(endpoint):
    """The first resource began to fail 11 minutes ago, and the other one has answered since."""
    began = timezone.now() - timedelta(minutes=11)
    Resource.objects.filter(pk=endpoint.resource_id).update(failing_since=began, failure="No answer.")
    return began
