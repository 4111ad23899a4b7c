"""A stored secret is sent where it was given for: another address or way of signing in needs it anew."""

import pytest

from endpoints.mirror.resources import register, save_resource
from endpoints.models import Event, Resource
from endpoints.models.event import Verb
from endpoints.models.secret import Secret
from tests.pages.resource_forms import save

ANEW = "The address or authentication changed. Enter the key or client secret again."
AZURE_ONLY = "Without a SAS token, enter an Azure Blob Storage address that starts with https://."
OWN = "https://contoso.cognitiveservices.azure.com"
KEY = {"name": "Contoso", "region": "eastus", "url": "", "api_version": "v3.2", "auth": "key"}
APPLICATION = KEY | {"url": OWN, "auth": "client-secret", "tenant_id": "a tenant", "client_id": "a client"}
IDENTITY = KEY | {"url": OWN, "auth": "managed-identity"}


def stored(**form):
    return Resource.objects.create(**form | {"key": Secret.of("the stored secret")})


def post(person, resource, **form):
    gateway = {"own_gateway": "on"} if "attacker" in form["url"] else {}
    return save(person, form | gateway, resource)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (KEY, {"url": "https://speech.attacker.example"}),
        (KEY, {"region": "westeurope"}),
        (KEY | {"url": OWN}, {"url": f"{OWN}:8443"}),
        (KEY | {"url": OWN}, {"auth": "client-secret", "tenant_id": "a tenant", "client_id": "a client"}),
        (APPLICATION, {"auth": "key"}),
        (APPLICATION, {"auth": "key", "url": "https://speech.attacker.example"}),
        (APPLICATION, {"tenant_id": "another"}),
        (APPLICATION, {"client_id": "another"}),
        (APPLICATION, {"region": "chinaeast2"}),
        (IDENTITY, {"auth": "key"}),
    ],
)
def test_another_address_or_way_of_signing_in_needs_the_secret_anew(alice, before, after):
    resource = stored(**before)
    answer = post(alice, resource, **before | after)
    assert (answer.status_code, ANEW in answer.content.decode()) == (422, True)
    assert Resource.objects.filter(**before).exists()
    assert post(alice, resource, **before | after | {"new_key": "0" * 32}).status_code == 302
    resource.refresh_from_db()
    assert resource.key.open() == "0" * 32
    event = Event.objects.get(verb=Verb.RESOURCE_CHANGED)
    fields = {entry["field"]: (entry["old"], entry["new"]) for entry in event.facts["fields"]}
    assert fields == {name: (before.get(name, ""), value) for name, value in after.items()} | {"key": ("", "replaced")}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (KEY, {"url": "https://eastus.api.cognitive.microsoft.com/"}),
        (KEY | {"url": OWN}, {"region": "westeurope"}),
        (KEY, {"name": "Renamed", "api_version": "2025-10-15"}),
        (IDENTITY, {"client_id": "a client"}),
    ],
)
def test_the_secret_stays_when_it_is_sent_to_the_same_place(alice, before, after):
    resource = stored(**before)
    assert post(alice, resource, **before | after).status_code == 302
    resource.refresh_from_db()
    assert resource.key.open() == "the stored secret"


def test_an_unused_secret_is_removed_when_the_machine_signs_in_instead(alice):
    resource = stored(**APPLICATION)
    assert post(alice, resource, **IDENTITY).status_code == 302
    resource.refresh_from_db()
    assert resource.key is None
    event = Event.objects.get(verb=Verb.RESOURCE_CHANGED)
    assert {"field": "key", "old": "", "new": "removed"} in event.facts["fields"]


def test_no_caller_can_store_another_address_with_the_old_secret(alice):
    resource = stored(**KEY)
    resource.url = "https://speech.attacker.example"
    with pytest.raises(ValueError, match="secret anew"):
        save_resource(resource, actor=alice.user)
    assert Resource.objects.get().url == ""


def test_the_environment_gives_the_key_with_the_address(db):
    given = {"region": "eastus", "key": "0" * 32, "api_version": "v3.2", "name": "Contoso"}
    register(url="", **given)
    register(url=OWN, **given)
    assert (Resource.objects.get().url, Resource.objects.get().key.open()) == (OWN, "0" * 32)


@pytest.mark.parametrize(
    ("auth", "container", "error"),
    [
        ("managed-identity", "https://storage.attacker.example/logs", AZURE_ONLY),
        ("managed-identity", "https://contoso.blob.core.windows.net.attacker.example/", AZURE_ONLY),
        ("managed-identity", "https://attacker.example/logs?sp=rl&sig", AZURE_ONLY),
        ("managed-identity", "http://contoso.blob.core.windows.net/logs", AZURE_ONLY),
        ("key", "https://contoso.blob.core.windows.net/logs", "Include a SAS token in the address."),
        ("managed-identity", "https://contoso.blob.core.windows.net/logs", ""),
        ("managed-identity", "https://contoso.z01.blob.storage.azure.net/logs", ""),
        ("key", "https://storage.contoso.example/logs?sp=rl&sig=abc", ""),
    ],
)
def test_without_a_sas_token_a_container_is_in_azure_storage(alice, auth, container, error):
    resource = stored(**KEY | {"url": OWN, "auth": auth})
    answer = post(alice, resource, **KEY | {"url": OWN, "auth": auth, "new_log_container": container})
    assert answer.status_code == (422 if error else 302)
    assert error in answer.content.decode()
    resource.refresh_from_db()
    assert (resource.log_container is None) == bool(error)
