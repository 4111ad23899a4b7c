"""Own passwords and second factors: what is accepted, for how long, and what a change needs."""

import random
import re

import pytest
from allauth.mfa import app_settings as second_factors
from django.core.cache import cache
from django.test import Client

from endpoints.access.sessions import SIGNED_IN_AT, of_person
from tests.access.test_second_factor import ADD_APP, begin, code_of, enter, set_up_app

PASSWORD = "a long enough word"
ADDRESS = "/settings/password/"


@pytest.fixture(autouse=True)
def _no_attempts_yet():
    cache.clear()


def change(person, new, old=PASSWORD):
    return person.post(ADDRESS, {"oldpassword": old, "password1": new, "password2": new})


def signs_in(password):
    return Client().post("/sign-in/", {"username": "bob", "password": password}).status_code == 302


@pytest.mark.parametrize("password", ["short pass1", "q1w2e3r4t5y6", "123456qwerty"])
def test_a_short_or_common_password_is_refused(bob, password):
    assert change(bob, password).status_code != 302
    assert signs_in(PASSWORD)


@pytest.mark.parametrize(
    "password", ["only small letters", "7391648250461937", "Ünïcode ist Text ✓", "x9 " * 40 + "end"]
)
def test_a_password_may_have_any_characters_and_be_long(bob, password):
    assert change(bob, password).status_code == 302
    assert signs_in(password)


def test_a_password_is_verified_as_it_was_typed(bob):
    new = "Inner  Spaces And Case"
    change(bob, new)
    for other in (new.lower(), new.replace("  ", " "), new[:-1], new + "x"):
        assert not signs_in(other), other
    cache.clear()
    assert signs_in(new)


def test_a_change_needs_the_current_password(bob):
    assert change(bob, "another long word", old="wrong").status_code != 302
    assert signs_in(PASSWORD)


@pytest.mark.parametrize("address", ["/sign-in/", ADDRESS])
def test_fields_of_passwords_are_masked_and_open_to_password_managers(bob, address):
    page = (bob if address == ADDRESS else Client()).get(address).content.decode()
    fields = [field for field in re.findall(r"<input[^>]*>", page) if "password" in field]
    masked = [field for field in fields if 'type="password"' in field]
    assert masked
    for field in masked:
        assert re.search('autocomplete="(current|new)-password"', field), field
        assert "onpaste" not in field


def test_each_sign_in_makes_a_new_session_and_signing_out_ends_it(bob):
    keys = set()
    for _time in range(2):
        client = Client()
        client.get("/sign-in/")
        before = client.cookies["sessionid"].value if "sessionid" in client.cookies else ""
        client.post("/sign-in/", {"username": "bob", "password": PASSWORD})
        keys.add(client.cookies["sessionid"].value)
        assert before not in keys
    assert len(keys) == 2
    assert all(re.fullmatch("[0-9a-z]{32}", key) for key in keys)  # 165 bits
    kept = client.cookies["sessionid"].value
    client.post("/sign-out/")
    client.cookies["sessionid"] = kept
    assert client.get("/endpoints/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("how", ["password", "code"])
def test_confirming_a_sign_in_makes_a_new_token_and_ends_the_old_one(bob, how):
    secret, _recovery = set_up_app(bob) if how == "code" else ("", "")
    before = bob.cookies["sessionid"].value
    address = "/sign-in/confirm/" if how == "password" else "/settings/second-factor/reauthenticate/"
    wrong = {"password": "wrong", "code": "000000"}
    assert bob.post(address, wrong).status_code == 200
    assert bob.cookies["sessionid"].value == before
    right = {"password": PASSWORD, "code": secret and code_of(secret)}
    assert bob.post(address, right).status_code == 302
    assert bob.cookies["sessionid"].value != before
    assert bob.get("/endpoints/").status_code == 200
    assert [one.session_key for one in of_person(bob.user)] == [bob.cookies["sessionid"].value]
    old = Client()
    old.cookies["sessionid"] = before
    assert old.get("/endpoints/")["Location"].startswith("/sign-in/")


def test_a_poll_that_was_sent_before_a_sign_in_was_confirmed_leaves_the_new_token_alone(bob):
    bob.get("/endpoints/")
    before = bob.cookies["sessionid"].value
    bob.post("/sign-in/confirm/", {"password": PASSWORD})
    late = Client()
    late.cookies["sessionid"] = before
    answer = late.get("/endpoints/?version=x", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith("/sign-in/")
    assert not answer.cookies


def test_a_code_of_an_app_lasts_half_a_minute_and_is_taken_once(bob):
    secret, _recovery = set_up_app(bob)
    assert (second_factors.TOTP_PERIOD, second_factors.TOTP_TOLERANCE) == (30, 0)
    code = code_of(secret)
    assert enter(begin("bob"), code).status_code == 302
    assert enter(begin("bob"), code).status_code == 200


def test_recovery_codes_are_random_enough(alice, bob):
    codes = []
    for person in (alice, bob):
        set_up_app(person)
        codes += re.findall(
            r"<li>([0-9a-f]{8})</li>", person.get("/settings/second-factor/recovery-codes/").content.decode()
        )
    assert len(set(codes)) == len(codes) == 20  # 26 bits each


def test_seeds_and_codes_come_from_no_generator_that_can_be_set_to_repeat(alice, bob):
    made = []
    for person in (alice, bob):
        random.seed(7)
        secret, _first = set_up_app(person)
        page = person.get("/settings/second-factor/recovery-codes/").content.decode()
        made.append({secret, *re.findall(r"<li>(\d{8})</li>", page)})
    assert [len(one) for one in made] == [11, 11]
    assert not made[0] & made[1]


def test_a_second_factor_is_set_up_only_after_a_recent_sign_in(bob):
    stored = bob.session
    stored[SIGNED_IN_AT] = 0
    stored.save()
    assert bob.get(ADD_APP)["Location"].startswith("/sign-in/confirm/")


def test_a_company_session_ends_after_its_own_hours(bob, settings):
    settings.OIDC_SESSION_HOURS = 0
    stored = bob.session
    stored["account_authentication_methods_user"] = str(bob.user.pk)
    stored["account_authentication_methods"] = [{"method": "socialaccount", "at": 0}]
    stored.save()
    bob.get("/endpoints/")
    assert bob.get("/endpoints/")["Location"].startswith("/sign-in/")
