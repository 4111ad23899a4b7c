"""Attacks on access: other methods, fields that no form has, forged headers, files that nobody serves."""

import uuid

import pytest
from django.urls import reverse

from endpoints.models import Change, Endpoint

FILES = (
    *("/.git/config", "/.env", "/static/../speechstudio/settings.py", "/static/%2e%2e/manage.py", "/%2e%2e/", "/..%2f"),
    *("/static/..%2fmanage.py", "/debug/", "/__debug__/", "/server-status", "/phpinfo.php", "/var/", "/.well-known/x"),
)
NAMES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


@pytest.mark.parametrize("name", NAMES)
def test_a_header_makes_no_other_method_of_a_request(alice, endpoint, name):
    for address in ("/sign-out/", reverse("endpoints:key", args=[endpoint.pk])):
        assert alice.get(address, headers={name: "POST"}).status_code == 405
    submitted = {"key": uuid.uuid4(), "name": endpoint.display_name, "reason": "x"}
    address = reverse("endpoints:delete", args=[endpoint.pk])
    alice.get(address, submitted, headers={name: "POST"})
    assert not Change.objects.exists()


def test_fields_that_a_form_does_not_have_change_nothing_of_a_person(bob, db):
    more = {"is_superuser": "1", "is_staff": "1", "groups": "owner", "role": "owner", "user": "1", "username": "root"}
    for address in ("/settings/", "/sign-in/email/"):
        bob.post(address, {"language": "en", **more})
    bob.user.refresh_from_db()
    assert (bob.user.username, bob.user.is_superuser, bob.user.is_staff) == ("bob", False, False)
    assert [group.name for group in bob.user.groups.all()] == ["viewer"]


def test_fields_that_a_form_does_not_have_change_nothing_of_an_endpoint(alice, endpoint, other):
    kept = ("status", "resource_id", "owner", "remote_id", "model_id")
    before = Endpoint.objects.values_list(*kept).get()
    more = {"status": "Failed", "resource": uuid.uuid4(), "resource_id": uuid.uuid4(), "owner": "1", "remote_id": "x"}
    page = alice.get(reverse("endpoints:edit", args=[endpoint.pk])).context["form"]
    typed = {"key": page["key"].value(), "seen": page["seen"].value() or "", "name": "Another", "description": ""}
    answer = alice.post(reverse("endpoints:edit", args=[endpoint.pk]), {**typed, "model": other.pk, **more})
    assert answer.status_code == 302
    assert set(Change.objects.get().desired) <= {"display_name", "description", "logging_enabled"}
    assert Endpoint.objects.values_list(*kept).get() == before


def test_of_a_field_that_is_sent_twice_the_value_that_was_checked_is_used(alice, endpoint, other):
    page = alice.get(reverse("endpoints:change-model", args=[endpoint.pk])).context["form"]
    typed = {"key": page["key"].value(), "seen": page["seen"].value() or "", "reason": "x", "when": "now"}
    address = reverse("endpoints:change-model", args=[endpoint.pk])
    assert alice.post(address, {**typed, "model": [str(other.pk), str(uuid.uuid4())]}).status_code == 422
    assert not Change.objects.exists()
    assert alice.post(address, {**typed, "model": [str(uuid.uuid4()), str(other.pk)]}).status_code == 302
    assert Change.objects.get().model == other


@pytest.mark.parametrize("name", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"])
def test_a_forged_header_is_in_no_link_and_leads_to_no_other_page(alice, endpoint, name):
    for address in ("/endpoints/", "/models/", "/", "/settings/", endpoint.get_absolute_url()):
        answer = alice.get(address, headers={name: "evil.example.com"})
        usual = alice.get(address)
        assert (answer.status_code, answer.get("Location")) == (usual.status_code, usual.get("Location"))
        assert "evil.example.com" not in answer.content.decode()


@pytest.mark.parametrize("host", ["evil.example.com", "testserver@evil.example.com", "testserver:80:80", "a b"])
def test_another_host_is_refused(client, db, settings, host):
    settings.ALLOWED_HOSTS = ["testserver"]
    client.raise_request_exception = False
    answer = client.get("/sign-in/", headers={"Host": host})
    assert answer.status_code == 400
    assert "evil" not in answer.content.decode()


@pytest.mark.parametrize("address", FILES)
def test_a_file_that_is_no_page_is_not_found(alice, client, db, address):
    for person in (alice, client):
        assert person.get(address).status_code == 404


@pytest.mark.parametrize("address", ["//evil.example.com", "//evil.example.com/", "/\\evil.example.com", "///evil/"])
def test_an_address_that_begins_like_a_host_leads_nowhere_else(client, db, address):
    answer = client.generic("GET", address, PATH_INFO=address)
    assert answer.status_code in (400, 404)


def test_a_role_that_is_taken_away_ends_with_the_next_request(alice, endpoint):
    assert alice.get(reverse("endpoints:edit", args=[endpoint.pk])).status_code == 200
    alice.user.groups.clear()
    assert alice.get(reverse("endpoints:edit", args=[endpoint.pk])).status_code in (403, 404)
    typed = {"key": uuid.uuid4(), "name": "Another", "description": ""}
    alice.post(reverse("endpoints:edit", args=[endpoint.pk]), typed)
    assert not Change.objects.exists()
