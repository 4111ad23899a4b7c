"""Empty states: what each page is for, and what its reader can do next."""

import re

import pytest
from django.utils import timezone

from endpoints.models import Endpoint, Resource, SpeechModel


def test_without_a_resource_only_who_may_add_one_is_offered_to(alice, bob):
    hers, his = (person.get("/endpoints/").content.decode() for person in (alice, bob))
    assert "No Speech resource yet" in hers
    assert 'class="button primary" href="/resources/new/"' in hers
    assert "Ask an administrator to add a Speech resource." in his
    assert 'class="button primary"' not in his


def test_before_the_first_sync_has_ended_the_list_says_that_it_is_loading(alice, resource):
    page = alice.get("/endpoints/").content.decode()
    assert "Loading endpoints…" in page
    assert 'class="button primary" href="/endpoints/new/"' not in page
    Resource.objects.update(mirrored_at=timezone.now())
    assert "No endpoints yet" in alice.get("/endpoints/").content.decode()


def test_without_endpoints_a_viewer_is_told_who_deploys(bob, mirrored):
    page = bob.get("/endpoints/").content.decode()
    assert "Deploying requires the deployer role." in page
    assert "Deploy model</a>" not in page


@pytest.mark.parametrize("address", ["/endpoints/", "/models/", "/logs/", "/downloads/"])
def test_an_empty_page_says_in_three_steps_what_it_is_for(alice, address):
    page = alice.get(address).content.decode()
    steps = page.partition('<ol class="tour">')[2].partition("</ol>")[0]
    assert steps.count("<li>") == 3


def poll_of(page):
    return re.search(r'hx-get="([^"]*version=[^"]*)"', page)[1].replace("&amp;", "&")


@pytest.mark.parametrize(("address", "nothing"), [("/models/", "No models yet"), ("/logs/", "No content logs yet")])
def test_an_empty_page_says_whether_there_is_no_resource_nothing_or_a_sync_under_way(lena, alice, address, nothing, db):
    assert "Ask an administrator to add a Speech resource." in lena.get(address).content.decode()
    assert "Add the Speech resource whose endpoints" in alice.get(address).content.decode()
    Resource.objects.create(name="Contoso", region="eastus", key=None)
    page = alice.get(address).content.decode()
    assert "Reading from Azure…" in page
    assert nothing not in page
    Resource.objects.update(mirrored_at=timezone.now())
    page = alice.get(address).content.decode()
    assert nothing in page
    assert "Reading from Azure…" not in page


@pytest.mark.parametrize("address", ["/endpoints/", "/models/", "/logs/"])
def test_an_open_empty_page_is_loaded_with_its_filters_once_the_first_sync_brings_something(alice, resource, address):
    poll = poll_of(alice.get(address).content.decode())
    assert alice.get(poll, headers={"HX-Request": "true"}).status_code == 204
    model = SpeechModel.objects.create(resource=resource, remote_id="m", display_name="Model", kind="custom")
    facts = {"display_name": "First", "remote_id": "e", "logging_enabled": True, "locale": "en-US"}
    Endpoint.objects.create(resource=resource, model=model, number=1, **facts)
    Resource.objects.update(mirrored_at=timezone.now(), cataloged_at=timezone.now())
    assert alice.get(poll, headers={"HX-Request": "true"})["HX-Refresh"] == "true"
    page = alice.get(address).content.decode()
    assert "empty=1" not in page
    answer = alice.get(poll_of(page).replace("version=", "version=old"), headers={"HX-Request": "true"})
    assert "HX-Refresh" not in answer
    assert "First" in answer.content.decode()
