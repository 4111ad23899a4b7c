"""Input that no browser sends is refused with 400 or answered with the usual page, and never fails."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.signing import b64_encode

FORGED = ("[]", "{}", "null", '"\\ud800"', "[" * 5000, '["9999-99-99", 1]', "[1, 1]", f"[{10**30}, {10**30}]")
KEYS = (
    *FORGED,
    '["\\u0000", "\\u0000"]',
    '["\\ud800", "\\ud800"]',
    '["2026-02-31T00:00:00+00:00", "x"]',
    f'["2026-01-01T00:00:00+00:00", {10**30}]',
)
LISTS = ("/endpoints/", "/models/", "/activity/", "/logs/", "/downloads/", "/search/")


@pytest.fixture(autouse=True)
def answers_of_failures(admin_client):
    admin_client.raise_request_exception = False


@pytest.mark.parametrize("way", ["after", "before"])
@pytest.mark.parametrize("text", KEYS, ids=range(len(KEYS)))
def test_a_forged_page_key_shows_the_usual_page(admin_client, endpoint, way, text):
    key = b64_encode(text.encode()).decode()
    for address in (*LISTS, f"/endpoints/{endpoint.pk}/logs/"):
        assert admin_client.get(address, {"page": f"{way}-{key}"}).status_code == 200, address


@pytest.mark.parametrize("path", ["/hooks/speech/%00", "/endpoints/%00/", "/%00", "/admin/%00/"])
def test_an_address_with_a_nul_is_refused(admin_client, path):
    assert admin_client.get(path).status_code == 400
    assert admin_client.post(path).status_code == 400


@pytest.mark.parametrize(
    "name", [settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, "time_zone", "django_language"]
)
def test_a_cookie_with_a_nul_is_refused(client, db, name):
    client.raise_request_exception = False
    client.cookies[name] = "a\0b"
    for headers in ({}, {"HX-Request": "true"}):
        assert client.get("/endpoints/?version=1", headers=headers).status_code == 400


@pytest.mark.parametrize("address", ["http://[::1", "http://[x]/", "//[", "http://a/\0"])
def test_an_invalid_address_of_the_current_page_is_refused(admin_client, client, endpoint, address):
    headers = {"HX-Request": "true", "HX-Current-URL": address}
    for person in (admin_client, client):
        person.raise_request_exception = False
        assert person.get("/banners/", headers=headers).status_code == 400
        assert person.post("/endpoints/favorite/", {"endpoint": endpoint.pk}, headers=headers).status_code == 400


@pytest.mark.parametrize("referer", ["http://[::1", "//["])
def test_an_invalid_referer_is_refused(client, db, referer):
    client.raise_request_exception = False
    assert client.post("/endpoints/favorite/", headers={"Referer": referer}).status_code == 400


@pytest.mark.parametrize("length", ["x", "-1", "9" * 40, "\u0663"])
def test_an_invalid_length_is_refused(client, db, length):
    client.raise_request_exception = False
    answer = client.generic("POST", "/sign-in/", "a=b", CONTENT_LENGTH=length)
    assert answer.status_code == 400


def test_a_next_page_that_is_no_address_leads_to_the_list(client, alice):
    typed = {"username": "alice", "password": "a long enough word", "next": "http://[::1"}
    assert client.post("/sign-in/", typed)["Location"] == "/endpoints/"


@pytest.mark.parametrize("page", ["change", "delete", "password"])
@pytest.mark.parametrize("kind", ["user", "group"])
def test_an_empty_field_to_look_in_is_taken_for_none_in_the_administration(admin_client, admin_user, kind, page):
    row = admin_user if kind == "user" else Group.objects.first()
    address = f"/admin/auth/{kind}/{row.pk}/{page}/"
    assert admin_client.get(address, {"_to_field": ""}, follow=True).status_code == 200
    assert admin_client.post(address, {"_to_field": ""}, follow=True).status_code == 200
