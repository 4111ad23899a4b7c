"""Sign-in, sessions and passwords, through the pages."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client, RequestFactory

from endpoints.access.client_address import client_address
from endpoints.access.sessions import SIGNED_IN_AT
from endpoints.models import Event
from tests.demo import until

PASSWORD = "a long enough word"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _no_attempts_yet():
    cache.clear()


def sign_in(name, password=PASSWORD, **options):
    client = Client(**options)
    return client, client.post("/sign-in/", {"username": name, "password": password})


def verbs():
    return list(Event.objects.order_by("id").values_list("verb", "actor_name"))


def poll_of(client):
    page = client.get("/endpoints/").content.decode()
    return re.search(r'hx-get="([^"]*version=[^"]+)"', page)[1].replace("&amp;", "&")


def test_signing_in_and_out_is_recorded_with_the_address(alice):
    client, answer = sign_in("alice")
    assert answer.headers["Location"] == "/endpoints/"
    client.post("/sign-out/")
    assert verbs() == [("account-signed-in", "alice"), ("account-signed-out", "alice")]
    assert Event.objects.get(verb="account-signed-in").facts["address"] == "127.0.0.1"


def test_signing_out_by_a_link_is_refused(alice):
    assert alice.get("/sign-out/").status_code == 405


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nothing(alice, name):
    _client, answer = sign_in(name, "wrong")
    assert answer.status_code == 200
    assert b"The username or password is incorrect." in answer.content
    assert [verb for verb, _name in verbs()] == ["account-refused"]


def test_guessing_is_slowed_for_an_account_and_the_account_opens_again(alice):
    for _guess in range(5):
        sign_in("alice", "wrong")
    _client, answer = sign_in("alice")
    assert b"Too many failed sign-ins" in answer.content
    cache.clear()  # a minute later
    _client, answer = sign_in("alice")
    assert answer.status_code == 302


def test_guessing_is_slowed_for_an_address_over_many_names(alice):
    for number in range(20):
        sign_in(f"name{number}", "wrong")
    _client, answer = sign_in("alice")
    assert b"Too many failed sign-ins" in answer.content


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        ("10.1.0.9", "203.0.113.5", ["10.1.0.0/16"], "203.0.113.5"),
        ("10.1.0.9", "6.6.6.6, 203.0.113.5", ["10.1.0.0/16"], "203.0.113.5"),
        ("10.1.0.9", "203.0.113.5, 10.1.0.7", ["10.1.0.0/16"], "203.0.113.5"),
        ("198.51.100.2", "203.0.113.5", ["10.1.0.0/16"], "198.51.100.2"),
        ("10.1.0.9", "203.0.113.5", [], "10.1.0.9"),
        ("10.1.0.9", "nonsense", ["10.1.0.0/16"], "10.1.0.9"),
        ("::1", "2001:db8::7", ["::1/128"], "2001:db8::7"),
        ("", "", [], "127.0.0.1"),
    ],
)
def test_only_a_trusted_proxy_says_from_where_a_client_comes(peer, forwarded, trusted, client):
    request = RequestFactory().get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    assert client_address(request, trusted) == client


def test_a_session_ends_after_its_hours_also_when_it_is_used(alice, settings):
    settings.SESSION_HOURS = 0
    alice.get("/endpoints/")
    assert alice.get("/endpoints/").headers["Location"].startswith("/sign-in/")


def test_a_poll_prolongs_no_session(alice):
    poll = poll_of(alice)
    stored = alice.session
    stored["seen_at"] = 0
    stored.save()
    before = Session.objects.get().expire_date
    alice.get(poll + "x", headers=HTMX)
    assert Session.objects.get().expire_date == before
    alice.get("/endpoints/")
    assert Session.objects.get().expire_date != before


def test_the_poll_of_a_person_who_was_deactivated_is_not_answered(alice):
    poll = poll_of(alice)
    assert alice.get(poll, headers=HTMX).status_code == 204
    User.objects.update(is_active=False)
    assert alice.get(poll, headers=HTMX).headers["HX-Redirect"].startswith("/sign-in/")


def test_changing_the_password_ends_all_other_sessions(alice):
    other, _answer = sign_in("alice")
    poll = poll_of(other)
    typed = {"oldpassword": PASSWORD, "password1": "another long word", "password2": "another long word"}
    assert alice.post("/settings/password/", typed).status_code == 302
    assert alice.get("/endpoints/").status_code == 200
    assert other.get(poll, headers=HTMX).status_code != 204
    assert other.get("/endpoints/").status_code == 302
    assert ("account-password", "alice") in verbs()


def test_sessions_are_listed_and_ended_by_their_person_alone(alice, bob):
    other, _answer = sign_in("alice", headers={"User-Agent": "Telephone"})
    bob.get("/endpoints/")
    page = alice.get("/settings/sessions/").content.decode()
    assert "Telephone" in page
    key = re.search(r'name="session" value="(\d+)"', page)[1]
    bob.post("/settings/sessions/", {"session": key})
    assert other.get("/endpoints/").status_code == 200
    alice.post("/settings/sessions/", {"session": key})
    assert other.get("/endpoints/").status_code == 302
    assert bob.get("/endpoints/").status_code == 200


def test_a_key_is_shown_only_after_a_recent_sign_in(alice, endpoint):
    address = f"/endpoints/{endpoint.pk}/key/"
    assert alice.post(address).status_code == 200
    stored = alice.session
    stored[SIGNED_IN_AT] = 0
    stored.save()
    answer = alice.post(address)
    assert answer.headers["Location"].startswith("/sign-in/confirm/?next=")
    answer = alice.post(answer.headers["Location"], {"password": PASSWORD}, follow=True)
    assert Event.objects.filter(verb="key-shown").count() == 2
    assert "shown_key" in answer.context or "key_note" in answer.context


def test_the_administration_has_no_sign_in_of_its_own(client):
    assert client.get("/admin/login/").headers["Location"].startswith("/sign-in/")
    assert client.post("/admin/login/", {"username": "x", "password": "y"}).headers["Location"].startswith("/sign-in/")


def test_a_forgotten_password_is_reset_by_mail_and_the_page_tells_nothing(alice, client, settings):
    settings.MAIL = True
    User.objects.filter(username="alice").update(email="alice@example.com")
    texts = []
    for address in ("alice@example.com", "nobody@example.com"):
        texts.append(client.post("/sign-in/reset/", {"email": address}, follow=True).content)
    assert texts[0] == texts[1]
    (sent,) = until(lambda: mail.outbox)
    link = re.search(r"https?://testserver(/sign-in/reset/\S+)", str(sent.body))[1]
    page = client.get(link, follow=True)
    new = {"password1": "a brand new long word", "password2": "a brand new long word"}
    client.post(page.request["PATH_INFO"], new)
    _client, answer = sign_in("alice", "a brand new long word")
    assert answer.status_code == 302
    assert EmailAddress.objects.count() <= 1
    assert settings.PASSWORD_RESET_TIMEOUT == 3 * 24 * 3600


@pytest.mark.parametrize("reason", ["company", "off", "no local sign-in"])
def test_no_link_is_sent_to_who_could_not_use_a_password(alice, bob, client, settings, reason):
    settings.MAIL = True
    settings.LOCAL_SIGN_IN = reason != "no local sign-in"
    alice.user.email, alice.user.is_active = "alice@example.com", reason != "off"
    if reason == "company":
        alice.user.set_unusable_password()
    alice.user.save()
    client.post("/sign-in/reset/", {"email": "alice@example.com"})
    bob.user.email = "bob@example.com"
    bob.user.save()
    settings.LOCAL_SIGN_IN = True
    client.post("/sign-in/reset/", {"email": "bob@example.com"})
    until(lambda: mail.outbox)  # sent after the other one would have been
    assert [one.to for one in mail.outbox] == [["bob@example.com"]]


def test_without_a_mail_server_a_forgotten_password_is_a_matter_of_an_administrator(client, db):
    assert client.get("/sign-in/reset/").status_code == 404
    assert b"An administrator can give you a link" in client.post("/sign-in/reset/", {"email": "a@example.com"}).content


def test_a_company_account_gets_no_password_here(alice):
    alice.user.set_unusable_password()
    alice.user.save()
    alice.force_login(alice.user)
    new = {"password1": "a brand new long word", "password2": "a brand new long word"}
    for address in ("/settings/password/", "/settings/password/set/"):
        alice.post(address, new, follow=True)
    assert alice.post("/settings/password/set/", new).status_code == 403
    assert not User.objects.get(username="alice").has_usable_password()
