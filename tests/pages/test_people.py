"""People: whoever manages people sees how each signs in, and changes roles, sessions and second factors of others."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.test import Client

from endpoints.access.sessions import SIGNED_IN_AT
from endpoints.models import Event

PASSWORD = "a long enough word"
BOB = "/people/bob/"


def text_of(client, address):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", client.get(address).content.decode()))


def sign_in(name, **headers):
    client = Client(headers=headers)
    assert client.post("/sign-in/", {"username": name, "password": PASSWORD}).status_code == 302
    return client


def signed_in_twenty_minutes_ago(person):
    stored = person.session
    stored[SIGNED_IN_AT] = time.time() - 1200
    stored.save()


def recorded():
    return [(event.text, event.kind) for event in Event.objects.exclude(verb="account-signed-in").order_by("id")]


def test_the_list_says_how_people_sign_in_and_what_they_may(alice, bob, lena, nemo):
    SocialAccount.objects.create(user=lena.user, provider="company", uid="1")
    Authenticator.objects.create(user=bob.user, type="totp", data={})
    User.objects.filter(pk=nemo.user.pk).update(is_active=False)
    page = alice.get("/people/").content.decode()
    rows = [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in page.split("<tr>")]
    words = {row.split()[0]: row.partition(" Pages ")[0] for row in rows}
    assert re.fullmatch(r"bob Password viewer Authenticator app .* On", words["bob"])
    assert re.fullmatch(r"lena Company account listener None .* On", words["lena"])
    assert "nemo No password yet" not in words["nemo"]
    assert " Off" in words["nemo"]
    assert 'aria-current="page" title="People"' in page


def test_the_list_is_searched_by_all_words_in_names_and_addresses(alice, bob, lena):
    User.objects.filter(username="bob").update(first_name="Robert", last_name="Miller", email="rm@example.com")
    for words in ("bob", "miller ROB", "rm@example"):
        assert [one.username for one in alice.get("/people/", {"q": words}).context["page_obj"]] == ["bob"]
    assert "Nothing found" in text_of(alice, "/people/?q=zzz")


def test_only_who_manages_people_is_led_to_them(alice, bob):
    assert 'href="/people/"' in alice.get("/endpoints/").content.decode()
    assert 'href="/people/"' not in bob.get("/endpoints/").content.decode()
    assert bob.get(BOB).status_code == 403


def test_sessions_are_listed_and_ended_one_by_one_or_all(alice, bob):
    phone, desk = sign_in("bob", user_agent="Telephone"), sign_in("bob", user_agent="Desk")
    page = alice.get(BOB).content.decode()
    assert "Desk" in page
    assert "127.0.0.1" in page
    key = re.search(r'Telephone.*?name="session" value="(\d+)"', page, re.DOTALL)[1]
    alice.post(f"{BOB}sessions/", {"session": key})
    assert (phone.get("/endpoints/").status_code, desk.get("/endpoints/").status_code) == (302, 200)
    alice.post(f"{BOB}sessions/")
    assert desk.get("/endpoints/").status_code == 302
    assert recorded() == [("alice ended sessions of bob", "people")] * 2
    assert "Not signed in anywhere." in alice.get(BOB).content.decode()


def test_a_session_of_another_person_is_not_ended_by_its_number(alice, bob, lena):
    other = sign_in("lena")
    key = re.search(r'name="session" value="(\d+)"', alice.get("/people/lena/").content.decode())[1]
    alice.post(f"{BOB}sessions/", {"session": key})
    assert other.get("/endpoints/").status_code == 200


def test_an_account_that_is_turned_off_is_signed_out_and_cannot_sign_in_until_it_is_on(alice, bob):
    assert bob.get("/endpoints/").status_code == 200
    alice.post(f"{BOB}active/", {"active": "0"})
    assert bob.get("/endpoints/").status_code == 302
    assert "/sign-in/inactive/" in Client().post("/sign-in/", {"username": "bob", "password": PASSWORD})["Location"]
    alice.post(f"{BOB}active/", {"active": "1"})
    assert bob.get("/endpoints/").status_code == 302
    sign_in("bob")
    assert ("alice turned off the account of bob", "people") in recorded()
    assert ("alice turned on the account of bob", "people") in recorded()


def test_a_lost_second_factor_is_removed_and_ends_sessions(alice, bob):
    for kind in ("totp", "recovery_codes"):
        Authenticator.objects.create(user=bob.user, type=kind, data={})
    bob.get("/endpoints/")
    assert "Remove second factor" in alice.get(BOB).content.decode()
    alice.post(f"{BOB}second-factor/")
    assert not Authenticator.objects.exists()
    assert bob.get("/endpoints/").status_code == 302
    assert recorded() == [("alice removed the second factor of bob", "people")]
    assert "Remove second factor" not in alice.get(BOB).content.decode()


def test_roles_are_changed_and_the_change_is_recorded(alice, bob):
    alice.post(f"{BOB}roles/", {"role": ["viewer", "listener", "superuser"]})
    assert set(bob.user.groups.values_list("name", flat=True)) == {"viewer", "listener"}
    assert bob.get("/logs/").status_code == 200
    (event,) = Event.objects.filter(verb="account-roles")
    assert event.text == "alice changed the roles of bob"
    assert event.fields == [("Role", "viewer", "viewer, listener")]
    alice.post(f"{BOB}roles/", {"role": ["viewer", "listener"]})
    assert Event.objects.filter(verb="account-roles").count() == 1


@pytest.mark.parametrize(("act", "data"), [("roles", {"role": "admin"}), ("second-factor", {})])
def test_roles_and_second_factors_are_changed_only_after_a_recent_sign_in(alice, bob, act, data):
    Authenticator.objects.create(user=bob.user, type="totp", data={})
    signed_in_twenty_minutes_ago(alice)
    answer = alice.post(f"{BOB}{act}/", data)
    assert answer["Location"].startswith("/sign-in/confirm/?next=")
    assert recorded() == []
    alice.post(answer["Location"], {"password": PASSWORD})
    assert len(recorded()) == 1


def test_roles_of_a_company_account_come_from_its_groups_alone(alice, bob):
    SocialAccount.objects.create(user=bob.user, provider="company", uid="1")
    assert "Save groups" not in alice.get(BOB).content.decode()
    alice.post(f"{BOB}roles/", {"role": "admin"})
    assert set(bob.user.groups.values_list("name", flat=True)) == {"viewer"}


@pytest.mark.parametrize("name", ["alice", "bob"])
@pytest.mark.parametrize("act", ["sessions", "active", "second-factor", "roles"])
def test_nobody_changes_the_own_account_or_that_of_a_superuser(alice, bob, act, name):
    User.objects.filter(username="bob").update(is_superuser=True)
    Authenticator.objects.create(user=User.objects.get(username=name), type="totp", data={})
    bob.get("/settings/")
    assert f"/people/{name}/{act}/" not in alice.get(f"/people/{name}/").content.decode()
    alice.post(f"/people/{name}/{act}/", {"active": "0", "role": "listener"})
    assert recorded() == []
    assert [one.get("/settings/").status_code for one in (alice, bob)] == [200, 200]


def test_a_superuser_changes_the_account_of_another_one(alice, bob):
    User.objects.update(is_superuser=True)
    alice.post(f"{BOB}active/", {"active": "0"})
    assert not User.objects.get(username="bob").is_active
