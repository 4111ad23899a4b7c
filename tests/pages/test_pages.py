"""Every page opens for people with permission, in each state of the data."""

import uuid
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from endpoints.changes import submit
from endpoints.models import Download, Endpoint, Event, Resource, SpeechModel
from tests.pages.resource_forms import save


@pytest.fixture
def full(resource, world, worker):
    world.begin(endpoints=5, logs=2, rate_limit="0/0")
    worker.mirror()
    return Endpoint.objects.first()


PAGES = {
    "endpoints:list": "Deploy models",
    "endpoints:new": "New endpoint",
    "endpoints:downloads": "Downloads",
    "endpoints:models": "Models",
    "endpoints:activity": "Activity",
    "endpoints:resources": "Resources",
    "endpoints:resource-new": "Add resource",
}


@pytest.mark.parametrize(("name", "heading"), PAGES.items())
def test_a_page_opens_with_its_heading(alice, full, name, heading):
    page = alice.get(reverse(name))
    assert page.status_code == 200
    assert f"<h1>{heading}</h1>" in page.content.decode()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_when_there_is_nothing_to_show(alice, name):
    assert alice.get(reverse(name)).status_code == 200


def test_the_endpoint_page_shows_what_people_need_to_use_it(alice, full):
    page = alice.get(full.get_absolute_url()).content.decode()
    for word in ("Endpoint key", "Endpoint URL", "Endpoint ID", "Service region", "Sample code", "Content logging"):
        assert word in page
    assert full.remote_id in page
    assert full.links["webSocketConversation"].replace("&", "&amp;") in page


@pytest.mark.parametrize("sample", ["python", "csharp", "javascript", "java", "cpp", "curl", "spx"])
def test_each_sample_names_the_endpoint_and_where_it_is(bob, full, sample):
    page = bob.get(full.get_absolute_url(), {"sample": sample}).content.decode()
    code = page.split("<pre")[-1]
    assert full.remote_id in code
    assert urlsplit(full.links["restConversation"]).netloc in code


def test_the_key_is_masked_and_showing_it_is_recorded(alice, bob, full):
    assert "simulated-key" not in alice.get(full.get_absolute_url()).content.decode()
    shown = alice.post(reverse("endpoints:key", args=[full.pk])).content.decode()
    assert "simulated-key" in shown
    assert Event.objects.filter(verb="key-shown", actor_id=alice.user.pk, endpoint_id=full.pk).exists()
    assert bob.post(reverse("endpoints:key", args=[full.pk])).status_code == 403


def test_an_address_with_the_services_id_leads_to_the_same_page(bob, full):
    answer = bob.get(f"/endpoints/{full.remote_id}/")
    assert answer.status_code == 302
    assert answer["Location"] == full.get_absolute_url()


@pytest.mark.parametrize("address", ["", "change-model/", "logs/", "key/", "download/"])
def test_an_unknown_id_gives_a_page_that_says_so(alice, db, address):
    path = f"/endpoints/{uuid.uuid4()}/{address}"
    answer = alice.post(path) if address in ("key/", "download/") else alice.get(path)
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


def test_a_name_of_a_thousand_characters_and_markup_is_shown_as_text(alice, mirrored, world, worker):
    name = "<script>alert(1)</script>" + "x" * 1000
    model = SpeechModel.objects.deployable().first()
    submit.create(key=uuid.uuid4(), actor=alice.user, model=model, display_name=name)
    for address in ("/endpoints/", Endpoint.objects.get().get_absolute_url(), "/activity/"):
        page = alice.get(address).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page or address == "/activity/"


def test_no_page_has_inline_script_or_style_and_the_policy_forbids_them(alice, full):
    Download.objects.create(endpoint=full, actor=alice.user)
    pages = [reverse(name) for name in PAGES]
    pages += [full.get_absolute_url(), reverse("endpoints:logs", args=[full.pk])]
    pages += [
        reverse("endpoints:change-model", args=[full.pk]),
        reverse("endpoints:resource-edit", args=[full.resource_id]),
    ]
    for address in pages:
        answer = alice.get(address)
        body = answer.content.decode()
        assert answer.status_code == 200, address
        assert "<style" not in body
        assert " style=" not in body
        assert " onclick=" not in body
        assert body.count("<script") == body.count("<script src=") + body.count("<script defer src=")
        policy = answer["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy


def test_pages_are_private_and_not_kept_by_caches(alice, full):
    answer = alice.get("/endpoints/")
    assert "no-store" in answer["Cache-Control"]
    assert "HX-Request" in answer["Vary"]


def test_a_resource_is_added_with_its_key_sealed_in_the_database(alice, db):
    form = {
        "name": "Fabrikam",
        "region": "westeurope",
        "url": "",
        "api_version": "v3.2",
        "auth": "key",
        "new_key": "abcdef0123456789" * 2,
    }
    assert save(alice, form).status_code == 302
    resource = Resource.objects.get()
    assert resource.endpoint_url == "https://westeurope.api.cognitive.microsoft.com"
    assert resource.key.open() == "abcdef0123456789" * 2
    assert "abcdef0123456789" not in resource.key.sealed
    page = alice.get(reverse("endpoints:resource-edit", args=[resource.pk])).content.decode()
    assert "abcdef0123456789" not in page


def test_the_key_stays_when_a_resource_is_renamed_without_one(alice, resource, settings):
    settings.DEMO = True  # the simulator's address is not encrypted
    form = {"name": "Renamed", "region": "eastus", "url": resource.url}
    form |= {"api_version": "v3.2", "auth": "key", "new_key": ""}
    assert alice.post(reverse("endpoints:resource-edit", args=[resource.pk]), form).status_code == 302
    resource.refresh_from_db()
    assert (resource.name, resource.key.open()) == ("Renamed", "simulated-key")
