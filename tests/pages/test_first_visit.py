"""Empty states: what each page is for, and what its reader can do next."""

import pytest
from django.utils import timezone

from endpoints.models import Resource


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
    assert "Deploying requires the admin role." in page
    assert "Deploy model</a>" not in page


@pytest.mark.parametrize("address", ["/endpoints/", "/models/", "/logs/", "/downloads/"])
def test_an_empty_page_says_in_three_steps_what_it_is_for(alice, address):
    page = alice.get(address).content.decode()
    steps = page.partition('<ol class="tour">')[2].partition("</ol>")[0]
    assert steps.count("<li>") == 3
