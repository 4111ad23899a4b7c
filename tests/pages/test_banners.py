"""Banners name a resource once, on the pages that show its endpoints, in words that the reader can use."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.models import Endpoint, Resource
from tests.pages.reading import text_of

TLS = "The service could not be reached: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:1006)."


@pytest.fixture
def failing(endpoint):
    Resource.objects.update(failing_since=timezone.now() - timedelta(minutes=5), failure=TLS)
    return Resource.objects.get()


def banners(person, address):
    """The words of the banners of a page."""
    page = person.get(address)
    start = page.content.decode().partition('id="banners">')[2].partition('id="away"')[0]
    page.content = start.encode()
    return text_of(page)


def test_who_cannot_act_on_an_outage_reads_no_words_of_a_library(bob, lena, failing):
    for person in (bob, lena):
        for address in (reverse("endpoints:list"), Endpoint.objects.get().get_absolute_url()):
            words = banners(person, address)
            assert words.startswith("Speech resource Contoso hasn't been reachable since ")
            assert "Data might be out of date. Your administrator can see why." in words
            whole = text_of(person.get(address))
            assert "SSL" not in whole
            assert "certificate" not in whole.lower()


def test_who_can_act_reads_why_with_a_link_to_the_resource(alice, failing):
    words = banners(alice, reverse("endpoints:list"))
    assert words.startswith("Contoso: The service couldn't be reached")
    assert "Last updated" in words
    page = alice.get(reverse("endpoints:list")).content.decode()
    assert f'href="{reverse("endpoints:resources")}#resource-{failing.pk}"' in page


def test_a_resource_is_named_once(alice, failing):
    item = {"name": "Odd", "remote_id": "", "reason": "type", "row": ""}
    Resource.objects.update(unreadable={"endpoints": [item]})
    assert banners(alice, reverse("endpoints:list")).count("Contoso") == 1


@pytest.mark.parametrize("name", ["resources", "resource-new", "settings", "shortcuts", "views", "activity"])
def test_pages_without_endpoints_have_no_banner_of_a_resource(alice, failing, name):
    assert "Contoso" not in banners(alice, reverse(f"endpoints:{name}"))


def test_the_page_of_an_endpoint_names_its_own_resource_only(bob, failing):
    healthy = Resource.objects.create(name="Healthy", region="westus")
    other = Endpoint.objects.create(resource=healthy, display_name="Other", number=9)
    assert "Contoso" not in banners(bob, other.get_absolute_url())
    assert "Contoso" in banners(bob, failing.endpoints.get().get_absolute_url())


def test_a_pause_is_named_to_everybody(alice, bob, endpoint):
    Resource.objects.update(paused_at=timezone.now(), paused_by="ada")
    for person in (alice, bob):
        words = banners(person, endpoint.get_absolute_url())
        assert words.startswith("Contoso has been paused by ada since ")
        assert "nothing is read from Azure or sent to it." in words


def test_of_many_resources_in_trouble_three_are_named_and_the_others_counted(bob, db):
    for n in range(5):
        Resource.objects.create(name=f"Speech {n}", failing_since=timezone.now(), failure=TLS)
    words = banners(bob, reverse("endpoints:list"))
    assert words.count("hasn't been reachable since") == 3
    assert "2 more Speech resources can't be reached." in words


def test_a_paused_resource_counts_neither_as_unreachable_nor_as_old(alice, failing):
    Resource.objects.update(paused_at=timezone.now(), paused_by="ada")
    words = banners(alice, reverse("endpoints:list"))
    assert "can't be reached" not in words
    assert "Contoso has been paused by ada since" in words
