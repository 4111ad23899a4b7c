"""Invitations: an account without a password, and a link by which only the person sets one."""

import re
import time
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.test import Client

from endpoints.access.sessions import SIGNED_IN_AT
from endpoints.models import Event

NEW = "/invitations/new/"
WORD = "a brand new long word"


def path_in(text):
    return re.search(r"http://testserver(/sign-in/reset/[^\s<]+)", text)[1]


def set_password(path, word=WORD):
    visitor = Client()
    page = visitor.get(path, follow=True)
    return visitor.post(page.request["PATH_INFO"], {"password1": word, "password2": word})


def signs_in(name, word=WORD):
    return Client().post("/sign-in/", {"username": name, "password": word}).status_code == 302


def told():
    return [event.text for event in Event.objects.order_by("id") if event.actor_name == "alice"]


def test_without_mail_the_link_is_shown_once_and_sets_the_first_password(alice):
    page = alice.post(NEW, {"name": "ada", "roles": ["viewer"]}).content.decode()
    assert not User.objects.get(username="ada").has_usable_password()
    assert not signs_in("ada", "")
    path = path_in(page)
    assert set_password(path).status_code == 302
    assert signs_in("ada")
    assert "password1" not in Client().get(path, follow=True).content.decode()
    assert path not in alice.get("/people/ada/").content.decode()
    assert set(User.objects.get(username="ada").groups.values_list("name", flat=True)) == {"viewer"}
    assert told() == [
        "alice invited ada",
        "alice changed the roles of ada",
        "alice created a password link for ada",
    ]


def test_with_mail_the_link_is_sent_and_not_shown(alice, settings):
    settings.MAIL = True
    answer = alice.post(NEW, {"name": "ada"})
    assert answer.status_code == 422
    assert "Enter an e-mail address." in answer.content.decode()
    page = alice.post(NEW, {"name": "ada", "email": "ada@example.com"}).content.decode()
    assert "/sign-in/reset/" not in page
    (sent,) = mail.outbox
    assert sent.to == ["ada@example.com"]
    assert "ada" in sent.body
    set_password(path_in(sent.body))
    assert signs_in("ada")


def test_a_link_that_cannot_be_sent_is_shown(alice, settings):
    settings.MAIL = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    page = alice.post(NEW, {"name": "ada", "email": "ada@example.com"}).content.decode()
    assert "It couldn't be sent by e-mail." in page
    assert path_in(page)


def test_the_link_is_valid_for_three_days(alice, monkeypatch):
    path = path_in(alice.post(NEW, {"name": "ada"}).content.decode())
    for days, valid in ((2.9, True), (3.1, False)):
        then = datetime.now() + timedelta(days=days)  # noqa: DTZ005 (as Django's own clock of tokens)
        monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda _self, then=then: then)
        assert ("password1" in Client().get(path, follow=True).content.decode()) == valid


@pytest.mark.parametrize("name", ["bob", "BOB"])
def test_a_name_that_is_taken_is_refused(alice, bob, name):
    answer = alice.post(NEW, {"name": name, "email": "x@example.com"})
    assert answer.status_code == 422
    assert "This username is taken." in answer.content.decode()
    assert User.objects.count() == 2


def test_a_name_that_no_page_could_open_is_refused(alice):
    assert alice.post(NEW, {"name": "a/b"}).status_code == 422


def test_an_invitation_needs_a_recent_sign_in(alice):
    stored = alice.session
    stored[SIGNED_IN_AT] = time.time() - 1200
    stored.save()
    assert alice.post(NEW, {"name": "ada"})["Location"].startswith("/sign-in/confirm/")
    assert User.objects.count() == 1


def test_an_account_gets_another_link_and_its_sessions_end_when_it_is_used(alice, bob):
    path = path_in(alice.post("/people/bob/password-link/").content.decode())
    assert bob.get("/endpoints/").status_code == 200
    set_password(path)
    assert bob.get("/endpoints/").status_code == 302
    assert signs_in("bob")


def test_company_accounts_and_superusers_get_no_link(alice, bob, lena):
    SocialAccount.objects.create(user=bob.user, provider="company", uid="1")
    User.objects.filter(username="lena").update(is_superuser=True)
    assert "password-link" not in alice.get("/people/bob/").content.decode()
    assert alice.post("/people/bob/password-link/").status_code == 404
    assert urlsplit(alice.post("/people/lena/password-link/")["Location"]).path == "/people/lena/"
    assert told() == []


def test_nobody_is_invited_when_people_sign_in_by_the_company_alone(alice, settings):
    settings.LOCAL_SIGN_IN = False
    assert alice.get(NEW).status_code == 404
    assert NEW not in alice.get("/people/").content.decode()
