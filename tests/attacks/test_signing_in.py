"""Attacks on sign-in: taken sessions, and secrets that are compared character by character."""

import ast
import re

import pytest
from django.test import Client

from tests.conftest import person
from tests.demo import ROOT
from tests.faults.concurrently import concurrently

SECRET = re.compile(r"(^|_)(token|secret|signature|password|nonce|hash|hmac)s?$")
CHECKING = ("access", "messages", "mirror/notifications.py", "pages/health.py", "pages/web_hooks.py")


def compared(text):
    """The names that a module compares by == or !=, and that sound like secrets."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Compare) and any(isinstance(sign, ast.Eq | ast.NotEq) for sign in node.ops):
            sides = [side.func if isinstance(side, ast.Call) else side for side in (node.left, *node.comparators)]
            names = [getattr(side, "attr", getattr(side, "id", "")) for side in sides]
            found += [ast.unparse(node) for name in names if SECRET.search(name)]
    return found


@pytest.mark.parametrize("text", ["token == given", "if a.hook_secret != b: pass", "signature(x) == header"])
def test_a_comparison_that_ends_at_the_first_difference_is_found(text):
    assert compared(text)


def test_secrets_of_requests_are_compared_in_constant_time():
    places = [ROOT / "endpoints" / name for name in CHECKING]
    files = [file for place in places for file in ([place] if place.suffix else place.rglob("*.py"))]
    assert len(files) > 20
    assert {str(file.relative_to(ROOT)): found for file in files if (found := compared(file.read_text()))} == {}


def test_a_session_that_was_there_before_signing_in_is_not_that_of_the_person(client, alice, settings):
    """An attacker who has set a browser's cookie knows nothing afterwards."""
    attacker = Client()
    attacker.session.save()
    known = attacker.session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = known
    client.post("/sign-in/", {"username": "alice", "password": "a long enough word"})
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != known
    attacker.cookies[settings.SESSION_COOKIE_NAME] = known
    assert attacker.get("/endpoints/")["Location"].startswith("/sign-in/")


@pytest.mark.parametrize("end", ["/sign-out/", "/settings/password/"])
def test_a_cookie_that_was_copied_ends_with_its_session(alice, settings, end):
    copy = Client()
    copy.cookies[settings.SESSION_COOKIE_NAME] = alice.cookies[settings.SESSION_COOKIE_NAME].value
    assert copy.get("/endpoints/").status_code == 200
    new = "another long enough word"
    assert alice.post(end, {"oldpassword": "a long enough word", "password1": new, "password2": new}).status_code == 302
    assert copy.get("/endpoints/").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_a_role_that_is_taken_away_while_its_person_signs_in_is_away(alice, endpoint):
    person("dora", "deployer")
    arriving = Client()
    signed_in, changed = concurrently(
        lambda: arriving.post("/sign-in/", {"username": "dora", "password": "a long enough word"}),
        lambda: alice.post("/people/dora/roles/", {"role": ["viewer"]}),
    )
    assert (signed_in.status_code, changed.status_code) == (302, 302)
    assert arriving.get(endpoint.get_absolute_url()).status_code == 200
    assert arriving.get(f"{endpoint.get_absolute_url()}change-model/").status_code == 403
