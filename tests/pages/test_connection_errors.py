"""What listens at an address that somebody typed is told to those who manage resources, and to nobody else."""

from uuid import UUID

import pytest
from django.urls import reverse

from endpoints.changes import submit
from endpoints.models import Change, Download, Endpoint, Event, Grant, LogArchive, Resource, RoleName
from endpoints.models.status import ChangeState
from endpoints.models.verbs import Verb
from tests.pages.reading import text_of
from tests.pages.resource_forms import save

WHY = (
    "The connection was refused. Check the service address and the firewall.",
    "A secure connection couldn't be established. Check the service address and the proxy.",
    "The host name wasn't found. Check the service address.",
    "The connection timed out. Check the network and the firewall.",
    "The certificate has expired. Ask the server's administrator to renew it.",
)
ERRORS = (
    *(f"The service couldn't be reached. {why}" for why in WHY),
    *WHY,
    "The service sent an unexpected response: it isn't JSON.",
    "The service sent an unexpected response (200): the error isn't from the Speech service.",
    "The service didn't respond in time.",
    "The connection to the service was lost.",
)
SAME = "The service couldn't be reached. Your administrator can see why."


@pytest.fixture
def pages(endpoint, alice, lena, other):
    """A function that gives what a person reads on all pages that show the error."""
    change = submit.change_model(key=UUID(int=1), actor=alice.user, endpoint=endpoint, model=other)
    failed = {"state": ChangeState.FAILED, "closed_at": change.requested_at, "due_at": None}
    LogArchive.objects.create(endpoint=endpoint, due_at=None)
    Download.objects.create(endpoint=endpoint, actor=lena.user, state="failed")

    def read(person, error):
        Change.objects.update(error=error, **failed)
        for model in (LogArchive, Download):
            model.objects.update(error=error)
        Resource.objects.update(failure=error, failing_since=change.requested_at)
        Event.objects.create(verb=Verb.FAILED, endpoint_id=endpoint.pk, endpoint_name="X", detail=error)
        of = [endpoint.pk]
        addresses = [
            *(reverse(f"endpoints:{name}", args=of) for name in ("detail", "history", "logs", "content-logging")),
            *(reverse(f"endpoints:{name}") for name in ("list", "downloads", "activity", "all-logs")),
        ]
        texts = [text_of(person.get(address)) for address in addresses]
        for form in ("csv", "json"):
            texts.append(b"".join(person.get(f"/activity/export/?kind=other&format={form}")).decode())
        return "\n".join(texts)

    return read


def test_all_failures_of_a_connection_look_the_same_to_those_who_only_view(pages, lena, alice):
    for error in ERRORS:
        words = error.partition(". ")[2] or error
        shown = pages(lena, error)
        assert shown.count(SAME) >= 4, error
        assert words.rstrip(".") not in shown
        assert words.rstrip(".") in pages(alice, error)


def test_other_errors_are_told_to_everybody(pages, lena):
    error = "The service rejected the request: Quota exceeded. (QuotaExceeded)"
    assert pages(lena, error).count("Quota exceeded.") >= 4


def test_the_rows_of_the_list_are_not_shared_between_those_who_are_told_and_those_who_are_not(
    endpoint, alice, bob, other
):
    change = submit.change_model(key=UUID(int=1), actor=alice.user, endpoint=endpoint, model=other)
    Change.objects.filter(pk=change.pk).update(state=ChangeState.UNDECIDED, error=ERRORS[0], due_at=None)
    assert Endpoint.objects.get().pk == endpoint.pk
    for _visit in range(2):
        assert WHY[0] in alice.get("/endpoints/").content.decode().replace("&#x27;", "'")
        assert WHY[0] not in bob.get("/endpoints/").content.decode().replace("&#x27;", "'")


FORM = {"name": "Contoso", "region": "eastus", "url": "", "api_version": "v3.2", "auth": "key", "new_key": "0" * 32}


@pytest.mark.parametrize("field", ["url", "new_log_container"])
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("https://u:p@contoso.blob.core.windows.net/logs?sig=x", "Remove the user name or password"),
        ("https://u@contoso.blob.core.windows.net/logs?sig=x", "Remove the user name or password"),
        ("https://contoso.blob.core.windows.net:65536/logs?sig=x", ""),
        ("https://contoso.blob.core.windows.net:99999/logs?sig=x", ""),
        ("https://contoso.blob.core.windows.net:0/logs?sig=x", "Enter a port from 1 to 65535"),
    ],
)
def test_an_address_has_neither_a_user_nor_an_impossible_port(alice, field, address, said):
    answer = alice.post(reverse("endpoints:resource-new"), FORM | {field: address, "own_gateway": "on"})
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Resource.objects.exists()
    typed = FORM | {field: "https://contoso.blob.core.windows.net:65535/logs?sig=x", "own_gateway": "on"}
    assert save(alice, typed).status_code == 302


def test_whoever_manages_one_resource_is_told_of_that_one_alone(pages, nemo, resource):
    own = Resource.objects.create(name="Fabrikam", region="eastus")
    Grant.objects.create(person=nemo.user, role=RoleName.RESOURCE_ADMIN, resource=own)
    Grant.objects.create(person=nemo.user, role=RoleName.LISTENER, resource=resource)
    error = f"The service couldn't be reached. {WHY[0]}"
    shown = pages(nemo, error)
    assert SAME in shown
    assert f"{resource.name}: {error}" not in shown
    assert f"Fabrikam: {error}" in shown  # the banner of their own
    assert WHY[0] not in shown.replace(f"Fabrikam: {error}", "")
    assert WHY[0] in text_of(nemo.get("/resources/"))


def test_whoever_manages_one_resource_does_nothing_to_another_and_adds_none(nemo, resource):
    own = Resource.objects.create(name="Fabrikam", region="eastus")
    Grant.objects.create(person=nemo.user, role=RoleName.RESOURCE_ADMIN, resource=own)
    before = Resource.objects.filter(pk=resource.pk).values().get()
    posted = ("edit", "test", "keys", "hook", "version", "pause", "resume", "remove")
    for name in posted:
        address = reverse(f"endpoints:resource-{name}", args=[resource.pk])
        assert nemo.post(address, {"name": "Mine", "confirm": resource.name}).status_code == 404, name
    assert nemo.get(reverse("endpoints:resource-new")).status_code == 403
    assert nemo.post(reverse("endpoints:resource-new"), {"name": "New"}).status_code == 403
    assert Resource.objects.filter(pk=resource.pk).values().get() == before
    assert resource.name not in text_of(nemo.get("/resources/"))
