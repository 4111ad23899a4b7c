"""Second factors: set up by their person, asked for at sign-in, required of admins by a setting."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.core.cache import cache
from django.test import Client

from endpoints.access.sessions import COMPANY, Proof
from endpoints.models import Event

PASSWORD = "a long enough word"
INDEX, ADD_APP = "/settings/second-factor/", "/settings/second-factor/totp/activate/"


@pytest.fixture(autouse=True)
def _no_attempts_yet():
    cache.clear()


def code_of(secret):
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def set_up_app(person):
    """Set up an authenticator app by the pages; gives its secret and a recovery code."""
    secret = re.search(r'id="authenticator_secret">(\w+)<', person.get(ADD_APP).content.decode())[1]
    assert person.post(ADD_APP, {"code": code_of(secret)}).status_code == 302
    page = person.get("/settings/second-factor/recovery-codes/").content.decode()
    cache.clear()  # a code is taken once: the next one is that of another half minute
    return secret, re.findall(r"<li>([0-9a-f]{8})</li>", page)[0]


def begin(name="alice"):
    client = Client()
    answer = client.post("/sign-in/", {"username": name, "password": PASSWORD})
    assert answer["Location"] == "/settings/second-factor/authenticate/"
    return client


def enter(client, code):
    return client.post("/settings/second-factor/authenticate/", {"code": code})


def test_the_code_of_an_app_is_asked_for_at_sign_in(bob):
    secret, _recovery = set_up_app(bob)
    client = begin("bob")
    assert client.get("/endpoints/").status_code == 302
    assert enter(client, code_of(secret))["Location"] == "/endpoints/"
    assert client.get("/endpoints/").status_code == 200


def test_a_recovery_code_signs_in_once(bob):
    _secret, recovery = set_up_app(bob)
    assert enter(begin("bob"), recovery).status_code == 302
    answer = enter(begin("bob"), recovery)
    assert answer.status_code == 200
    assert "The code is incorrect." in answer.content.decode()


def test_the_secret_of_an_app_is_stored_encrypted(bob):
    secret, _recovery = set_up_app(bob)
    assert secret not in str(list(Authenticator.objects.values_list("data", flat=True)))


def test_without_the_setting_an_admin_needs_no_second_factor(alice):
    assert alice.get("/endpoints/").status_code == 200


def test_an_admin_without_a_second_factor_can_only_set_one_up(alice, bob, settings):
    settings.ADMIN_SECOND_FACTOR = True
    for address in ("/endpoints/", "/people/", "/admin/", "/settings/", "/banners/"):
        assert alice.get(address)["Location"] == INDEX, address
    assert alice.post("/resources/new/", {"name": "x"})["Location"] == INDEX
    assert alice.get("/endpoints/", headers={"HX-Request": "true"})["HX-Redirect"] == INDEX
    assert "Your account needs a second factor." in alice.get(INDEX).content.decode()
    assert bob.get("/endpoints/").status_code == 200
    set_up_app(alice)
    assert alice.get("/endpoints/").status_code == 200
    assert "Your account needs" not in alice.get(INDEX).content.decode()


def test_an_admin_without_a_second_factor_can_sign_out(alice, settings):
    settings.ADMIN_SECOND_FACTOR = True
    assert alice.post("/sign-out/")["Location"] == "/sign-in/"


def test_recovery_codes_alone_are_no_second_factor(alice, settings):
    settings.ADMIN_SECOND_FACTOR = True
    Authenticator.objects.create(user=alice.user, type="recovery_codes", data={})
    assert alice.get("/endpoints/")["Location"] == INDEX


def test_whoever_came_by_the_company_has_the_second_factor_of_the_company(alice, settings):
    settings.ADMIN_SECOND_FACTOR = True
    come_by_company(alice)
    assert alice.get("/endpoints/").status_code == 200


def test_each_change_of_the_own_second_factor_is_recorded(bob):
    set_up_app(bob)
    told = ["bob set up an authenticator app", "bob generated recovery codes", "bob viewed their recovery codes"]
    assert acts() == told
    codes = f"{INDEX}recovery-codes/"
    assert bob.get(f"{codes}generate/").status_code == 200
    assert bob.post(f"{codes}generate/").status_code == 302
    assert bob.get(f"{codes}download/").status_code == 200
    told += ["bob generated recovery codes", "bob viewed their recovery codes"]
    assert acts() == told
    assert bob.post(ADD_APP, {"code": "000000"}).status_code in (200, 302)
    assert bob.post(f"{INDEX}totp/deactivate/").status_code == 302
    assert acts() == [*told, "bob removed their authenticator app"]
    assert bob.get(codes).status_code == 404
    assert acts() == [*told, "bob removed their authenticator app"]


def test_removing_a_passkey_is_recorded(bob):
    key = Authenticator.objects.create(user=bob.user, type="webauthn", data={"name": "Laptop", "credential": {}})
    assert bob.post(f"{INDEX}webauthn/keys/{key.pk}/remove/").status_code == 302
    assert acts() == ["bob removed a passkey"]


def test_an_event_of_a_second_factor_is_written_with_the_change_or_neither(bob, monkeypatch):
    def fails(*_positional, **_named):
        raise OSError

    monkeypatch.setattr("endpoints.audit.record", fails)
    bob.raise_request_exception = False
    secret = re.search(r'id="authenticator_secret">(\w+)<', bob.get(ADD_APP).content.decode())[1]
    assert bob.post(ADD_APP, {"code": code_of(secret)}).status_code == 500
    assert not Authenticator.objects.exists()


def acts():
    return [event.text for event in Event.objects.exclude(verb="account-signed-in").order_by("pk")]


@pytest.mark.parametrize("second_factor", [True, False])
def test_with_the_setting_the_company_s_second_factor_counts_only_if_the_token_has_it(alice, settings, second_factor):
    settings.ADMIN_SECOND_FACTOR, settings.OIDC_SECOND_FACTOR = True, {"amr": "mfa"}
    come_by_company(alice, second_factor=second_factor)
    assert alice.get("/endpoints/").status_code == (200 if second_factor else 302)


def come_by_company(person, *, at=0.0, second_factor=False):
    """As if the session had begun at the company's identity provider, with what it says about the sign-in."""
    stored = person.session
    stored["account_authentication_methods"] = [{"method": "socialaccount", "at": time.time()}]
    stored["account_authentication_methods_user"] = str(person.user.pk)
    stored[COMPANY] = list(Proof(at, second_factor))
    stored.save()


def test_everybody_without_a_second_factor_can_only_set_one_up_if_the_setting_says_so(bob, nemo, settings):
    settings.EVERYONE_SECOND_FACTOR = True
    for person in (bob, nemo):
        assert person.get("/endpoints/")["Location"] == INDEX
        assert "Your account needs a second factor." in person.get(INDEX).content.decode()
    set_up_app(bob)
    assert bob.get("/endpoints/").status_code == 200


@pytest.mark.parametrize(("ago", "recent"), [(30, True), (1200, False), (None, False)])
def test_a_company_sign_in_is_as_recent_as_the_provider_says(alice, endpoint, settings, ago, recent):
    settings.OIDC_ISSUER = "https://login.example.com"
    come_by_company(alice, at=time.time() - ago if ago else 0)
    answer = alice.post(f"/endpoints/{endpoint.pk}/key/")
    assert answer.get("Location", "").startswith("/sign-in/confirm/") != recent
