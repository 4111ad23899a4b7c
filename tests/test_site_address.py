"""SITE_URL: the product's address for people, wherever an address leaves the product."""

import json
import os
import re
import subprocess
import sys

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.core.checks import run_checks
from django.test import override_settings
from django.urls import reverse

from endpoints.models import site
from speechstudio.environment import Environment
from speechstudio.site_address import site_settings
from tests.api.conftest import Program
from tests.conftest import person
from tests.demo import ROOT, until

SITE = "https://speech.example.com"


@pytest.fixture
def named(settings):
    """An installation that people reach by another host than the one that requests name, and Azure by a third."""
    settings.SITE_URL, settings.PUBLIC_URL, settings.MAIL = SITE, "https://hooks.example.net", True


def test_without_it_an_address_begins_as_the_request_did_and_a_worker_has_none(rf):
    assert site.address("/models/", rf.get("/x")) == "http://testserver/models/"
    assert site.address("/models/") == ""


def test_the_calendar_and_its_address_lead_to_the_site(named, bob, endpoint):
    page = bob.get("/models/").content.decode()
    addresses = re.findall(r'"((?:https?|webcal)://[^"]+token=[^"]+)"', page)
    assert {address.partition("://")[0] for address in addresses} == {"https", "webcal"}
    assert {address.partition("://")[2].partition("/")[0] for address in addresses} == {"speech.example.com"}


def test_exported_files_lead_to_the_site(named, bob, endpoint):
    answer = bob.get(reverse("endpoints:export"), {"format": "json"})
    (row,) = json.loads(b"".join(answer.streaming_content))
    assert row["address"] == f"{SITE}{endpoint.get_absolute_url()}"


def test_the_api_leads_people_and_programs_to_the_site(named, endpoint, db):
    """By whatever name a pipeline reaches it, what it prints is for people."""
    program = Program(person("robot", "admin").user)
    program.send("/addresses", {"name": "hotline", "endpoint": str(endpoint.pk)})
    asked = program.send(f"/endpoints/{endpoint.pk}/edit", {"description": "New"}).json()
    shown = [asked["url"], program.ask("/endpoints")["items"][0]["url"], program.ask("/addresses/hotline")["address"]]
    assert shown == [
        f"{SITE}{endpoint.get_absolute_url()}",
        f"{SITE}{endpoint.get_absolute_url()}",
        f"{SITE.replace('http', 'ws', 1)}/speech/hotline",
    ]


def test_an_alert_leads_to_the_site_below_its_path_prefix():
    """A worker has no request from which Django would know the prefix."""
    code = """
from speechstudio.celery import app
app.loader.import_default_modules()
from django.conf import settings
from endpoints.messages.alerts.text import message
print(message(1, [], settings.SITE_URL).address)
"""
    env = {**os.environ, "DEMO": "true", "SITE_URL": SITE, "SCRIPT_NAME": "/speech"}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == f"{SITE}/speech/alerts/\n", done.stderr


def test_an_invitation_leads_to_the_site(named, alice):
    alice.post("/invitations/new/", {"name": "ada", "email": "ada@example.com", "roles": ["viewer"]})
    (sent,) = mail.outbox
    assert re.findall(r"https?://[^/\s]+", str(sent.body)) == [SITE]


def test_mail_without_it_is_a_warning_when_it_is_deployed():
    with override_settings(MAIL=True, SITE_URL=""):
        assert "endpoints.W031" in {said.id for said in run_checks(include_deployment_checks=True)}
    with override_settings(MAIL=True, SITE_URL=SITE):
        assert "endpoints.W031" not in {said.id for said in run_checks(include_deployment_checks=True)}


def test_a_reset_password_is_sent_with_the_site_whatever_host_was_asked_for(named, alice, client, settings):
    settings.ALLOWED_HOSTS = ["testserver", "attacker.example.org"]
    User.objects.filter(username="alice").update(email="alice@example.com")
    asked = client.post("/sign-in/reset/", {"email": "alice@example.com"}, headers={"host": "attacker.example.org"})
    assert asked.status_code == 302
    (sent,) = until(lambda: mail.outbox)
    assert re.findall(r"https?://\S+?/sign-in/reset/\S+", str(sent.body)) != []
    assert set(re.findall(r"https?://[^/\s]+", str(sent.body))) == {SITE}


@pytest.mark.parametrize(
    ("text", "prefix", "found"),
    [
        (SITE, "", SITE),
        (f"{SITE}/", "", SITE),
        (f"{SITE}/speech/", "/speech", SITE),
        (f"{SITE}:8443", "", f"{SITE}:8443"),
    ],
)
def test_it_is_an_origin_without_the_path_prefix(text, prefix, found):
    assert site_settings(Environment({"SITE_URL": text}), prefix).site_url == found


def test_its_host_and_origin_need_not_be_repeated():
    found = site_settings(Environment({"SITE_URL": f"{SITE}:8443", "ALLOWED_HOSTS": "a.example.com"}), "")
    assert found.allowed_hosts == ["a.example.com", "speech.example.com"]
    assert found.csrf_trusted_origins == [f"{SITE}:8443"]
    twice = {"SITE_URL": SITE, "ALLOWED_HOSTS": "speech.example.com", "CSRF_TRUSTED_ORIGINS": SITE}
    found = site_settings(Environment(twice), "")
    assert (found.allowed_hosts, found.csrf_trusted_origins) == (["speech.example.com"], [SITE])


@pytest.mark.parametrize("text", ["", "speech.example.com", "https://[half", "https://a.example.com:x", "https://"])
def test_what_is_no_origin_opens_no_host(text):
    found = site_settings(Environment({"SITE_URL": text}), "")
    assert found.allowed_hosts == ["localhost", "127.0.0.1", "[::1]"]
    assert found.csrf_trusted_origins == []


def test_an_address_of_ipv6_is_a_host_as_django_wants_it():
    assert "[2001:db8::1]" in site_settings(Environment({"SITE_URL": "https://[2001:db8::1]:8443"}), "").allowed_hosts
