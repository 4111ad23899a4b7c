"""Attacks of other sites: forms and scripts that send requests in the name of a person, and pages that embed ours."""

import re

import pytest
from django.test import Client
from django.urls import reverse

FOREIGN = {"Origin": "https://evil.example.com"}


@pytest.fixture
def careful(alice):
    """Alice, with the check that tests leave out elsewhere."""
    alice.handler.enforce_csrf_checks = True
    return alice


@pytest.mark.parametrize("origin", ["https://evil.example.com", "null", "http://testserver.evil.example.com"])
@pytest.mark.parametrize("kind", ["text/plain", "application/json", "multipart/form-data; boundary=x"])
def test_what_another_site_can_send_without_asking_is_refused(careful, endpoint, kind, origin):
    body = '{"csrfmiddlewaretoken": "x"}'
    for address in ("/sign-out/", "/settings/", reverse("endpoints:key", args=[endpoint.pk])):
        answer = careful.generic("POST", address, body, kind, headers={"Origin": origin})
        assert answer.status_code == 403
    assert careful.get("/endpoints/").status_code == 200


def test_nobody_is_signed_in_by_a_form_of_another_site(alice, db):
    stranger = Client(enforce_csrf_checks=True)
    typed = {"username": "alice", "password": "a long enough word"}
    assert stranger.post("/sign-in/", typed, headers=FOREIGN).status_code == 403
    assert stranger.post("/sign-in/", typed).status_code == 403
    assert "_auth_user_id" not in stranger.session


def test_no_form_puts_the_token_into_an_address(alice, mirrored):
    for address in ("/endpoints/", "/models/", "/activity/", "/logs/", "/downloads/", "/search/?q=a", "/people/"):
        page = alice.get(address).content.decode()
        forms = re.findall(r"<form\b.*?</form>", page, re.DOTALL)
        assert forms
        for form in forms:
            if 'method="post"' not in form.partition(">")[0].lower():
                assert "csrfmiddlewaretoken" not in form


def test_cookies_are_sent_by_no_form_of_another_site(client, alice, settings):
    page = client.get("/sign-in/")
    client.post("/sign-in/", {"username": "alice", "password": "a long enough word"})
    for name in (settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        cookie = client.cookies.get(name) or page.cookies[name]
        assert cookie["samesite"] in ("Lax", "Strict")
        assert cookie["httponly"]
