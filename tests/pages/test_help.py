"""Help: what the words of the pages mean, for everybody who has signed in."""

import re

import pytest
from django.urls import reverse

TOPICS = ("expiration", "content-logging", "change-model", "roles")


def test_everybody_who_has_signed_in_can_read_the_help(bob, nemo, client):
    for person in (bob, nemo):
        page = person.get("/help/").content.decode()
        assert all(f'id="{topic}"' in page for topic in TOPICS)
    assert client.get("/help/")["Location"].startswith("/sign-in/")


def test_the_help_says_what_role_a_person_has(bob, nemo):
    assert "Your role: <strong>viewer</strong>" in bob.get("/help/").content.decode()
    assert "You don't have any of these roles." in nemo.get("/help/").content.decode()


def test_the_help_is_in_the_language_of_the_reader(bob):
    page = bob.get("/help/", headers={"Accept-Language": "de"}).content.decode()
    assert "Was ist" not in page
    assert "Ablauf von Modellen" in page
    assert "Model expiration" not in page


def test_each_page_leads_to_the_help(bob):
    assert 'href="/help/"' in bob.get("/models/").content.decode()


def links(page):
    return set(re.findall(r'href="/help/#([^"]+)"', page))


def test_the_words_lead_to_their_explanation_where_they_appear(alice, lena, endpoint):
    of = [endpoint.pk]
    detail = links(alice.get(reverse("endpoints:detail", args=of)).content.decode())
    assert {"expiration", "content-logging"} <= detail
    tab = links(alice.get(reverse("endpoints:content-logging", args=of)).content.decode())
    assert "content-logging" in tab
    assert "change-model" in links(alice.get(reverse("endpoints:change-model", args=of)).content.decode())
    assert "content-logging" in links(alice.get(reverse("endpoints:edit", args=of)).content.decode())
    assert "content-logging" in links(lena.get(reverse("endpoints:all-logs")).content.decode())


@pytest.mark.parametrize("name", ["detail", "change-model", "edit"])
def test_no_link_leads_to_a_topic_that_does_not_exist(alice, endpoint, name):
    assert links(alice.get(reverse(f"endpoints:{name}", args=[endpoint.pk])).content.decode()) <= set(TOPICS)
