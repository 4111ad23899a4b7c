"""Each sign-in, refusal and change of roles is in Activity, whatever way it takes."""

import pytest
from allauth.account.internal.flows.login import Login, perform_login
from allauth.core.context import request_context
from django.contrib.auth.models import Group, Permission, User
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.test import Client, RequestFactory

from endpoints.models import Event
from tests.access.test_second_factor import PASSWORD, begin, code_of, enter, set_up_app

SET_UP = ["bob set up an authenticator app", "bob generated recovery codes", "bob viewed their recovery codes"]


@pytest.fixture(autouse=True)
def _no_attempts_yet():
    cache.clear()


def sign_in(name, password=PASSWORD):
    return Client().post("/sign-in/", {"username": name, "password": password})


def told():
    return [event.text for event in Event.objects.order_by("id")]


def test_a_wrong_code_is_a_refusal_and_the_right_one_the_sign_in(bob):
    secret, _recovery = set_up_app(bob)
    client = begin("bob")
    enter(client, "000000")
    enter(client, code_of(secret))
    assert told() == [*SET_UP, "A sign-in of bob was refused: wrong second factor", "bob signed in"]


def test_an_unknown_name_is_a_refusal_of_nobody(db):
    sign_in("nobody")
    assert told() == ["A sign-in was refused"]


def test_throttled_attempts_are_one_refusal_in_a_minute(bob):
    for _attempt in range(9):
        sign_in("bob", "wrong")
    assert told() == [
        *["A sign-in of bob was refused"] * 5,
        "Sign-ins of bob were refused for a minute: too many attempts",
    ]


def test_an_address_that_sends_too_many_forms_is_one_refusal(db, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    answers = [sign_in(f"name{number}") for number in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429]
    assert "Too many attempts" in answers[-1].content.decode()
    assert told()[2:] == ["Sign-ins were refused for a minute: too many attempts"]


def test_an_account_that_is_turned_off_is_a_refusal(bob):
    User.objects.update(is_active=False)
    sign_in("bob")
    assert told() == ["A sign-in of bob was refused: the account is turned off"]


def test_the_break_glass_account_is_told_apart_and_others_are_refused(alice, bob, settings):
    settings.LOCAL_SIGN_IN, settings.BREAK_GLASS_ACCOUNT = False, "bob"
    sign_in("alice")
    sign_in("bob")
    assert told() == [
        "A sign-in of alice was refused: only company accounts can sign in",
        "bob signed in with the break-glass account",
    ]


def test_a_passkey_of_an_account_that_cannot_sign_in_here_is_a_refusal(bob, settings):
    settings.LOCAL_SIGN_IN = False
    request = RequestFactory().get("/")
    with request_context(request), pytest.raises(PermissionDenied):
        perform_login(request, Login(user=bob.user))
    assert told() == ["A sign-in of bob was refused: only company accounts can sign in"]


GARBAGE = ["[1]", '{"response": 1}', '{"id": "x", "response": {"userHandle": "AA"}}', '{"rawId": "\\u0000"}']


@pytest.mark.parametrize("credential", GARBAGE)
def test_garbage_in_place_of_a_passkey_is_a_refusal(bob, credential):
    client = Client()
    client.get("/settings/second-factor/webauthn/login/", headers={"Accept": "application/json"})
    answer = client.post("/settings/second-factor/webauthn/login/", {"credential": credential})
    assert answer["Location"] == "/sign-in/"
    assert told() == ["A sign-in was refused"]
    assert "accepted. Try again, or sign in another way." in client.get("/sign-in/").content.decode()


def test_a_wrong_passkey_as_the_second_factor_is_a_refusal(bob):
    set_up_app(bob)
    client = begin("bob")
    answer = client.post("/settings/second-factor/authenticate/", {"credential": '{"response": 1}'})
    assert answer.status_code == 200
    assert told() == [*SET_UP, "A sign-in of bob was refused: wrong second factor"]


def test_roles_that_are_changed_in_the_administration_are_recorded(alice, bob):
    User.objects.filter(username="alice").update(is_superuser=True, is_staff=True)
    listener = Group.objects.get(name="listener").pk
    form = {"username": "bob", "date_joined_0": "2026-01-01", "date_joined_1": "00:00", "is_active": "on"}
    answer = alice.post(f"/admin/auth/user/{bob.user.pk}/change/", {**form, "groups": [listener]})
    assert answer.status_code == 302
    assert told() == ["alice changed the roles of bob"]
    assert Event.objects.get().fields == [("Role", "viewer", "listener")]
    alice.post(f"/admin/auth/user/{bob.user.pk}/change/", {**form, "groups": [listener], "is_superuser": "on"})
    assert Event.objects.count() == 2


def test_what_a_superuser_changes_of_an_account_in_the_administration_is_recorded(alice, bob):
    User.objects.filter(username="alice").update(is_superuser=True, is_staff=True)
    permission = Permission.objects.get(codename="view_group").pk
    viewer = Group.objects.get(name="viewer").pk
    form = {"username": "bob", "date_joined_0": "2026-01-01", "date_joined_1": "00:00", "groups": [viewer]}
    alice.post(f"/admin/auth/user/{bob.user.pk}/change/", {**form, "is_staff": "on", "user_permissions": [permission]})
    assert told() == ["alice turned off the account of bob", "alice changed the permissions of bob"]
    assert Event.objects.latest("pk").fields == [
        ("Access to Django administration", "off", "on"),
        ("Permissions in Django administration", "", "auth.view_group"),
    ]
    seen = Event.objects.count()
    passwords = {"password1": "another long word", "password2": "another long word", "usable_password": "true"}
    alice.post(f"/admin/auth/user/{bob.user.pk}/password/", passwords)
    assert told()[seen:] == ["alice set the password of bob"]
    alice.post(f"/admin/auth/user/{bob.user.pk}/delete/", {"post": "yes"})
    assert told()[seen + 1 :] == ["alice deleted the account of bob"]
    alice.post("/admin/auth/user/add/", {"username": "new", **passwords})
    assert told()[seen + 2 :] == ["alice added the account of new"]


def test_what_a_superuser_changes_of_a_group_in_the_administration_is_recorded(alice):
    User.objects.filter(username="alice").update(is_superuser=True, is_staff=True)
    permission = Permission.objects.get(codename="view_group").pk
    alice.post("/admin/auth/group/add/", {"name": "team"})
    team = Group.objects.get(name="team").pk
    alice.post(f"/admin/auth/group/{team}/change/", {"name": "crew", "permissions": [permission]})
    alice.post(f"/admin/auth/group/{team}/change/", {"name": "crew", "permissions": [permission]})
    chosen = {"action": "delete_selected", "_selected_action": [team], "post": "yes"}
    alice.post("/admin/auth/group/", chosen)
    assert told() == ["alice added the group team", "alice changed the group team", "alice deleted the group crew"]
    assert Event.objects.get(verb="account-group-changed").fields == [
        ("Name", "team", "crew"),
        ("Permissions in Django administration", "", "auth.view_group"),
    ]
