"""Headers of pages: what a browser may take them for, and who may read or embed them."""

import re

import pytest
from django.test import Client

PAGES = ("/endpoints/", "/models/", "/activity/", "/resources/", "/settings/", "/help/", "/search/?q=x", "/downloads/")
FILES = ("/endpoints/export/", "/activity/export/", "/activity/export/?format=json", "/models/expirations.ics")


@pytest.mark.parametrize("address", [*PAGES, *FILES, "/sign-in/", "/nothing/", "/metrics"])
def test_an_answer_says_what_it_is_and_is_taken_for_nothing_else(alice, mirrored, address):
    answer = alice.get(address)
    assert re.fullmatch(r"[a-z]+/[a-z.+-]+; .*charset=utf-8.*|application/json", answer["Content-Type"])
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("address", FILES[:-1])
def test_a_file_is_saved_and_not_shown(alice, mirrored, address):
    assert alice.get(address)["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("address", [*PAGES, *FILES, "/health/ready", "/metrics"])
def test_no_other_site_reads_an_answer(alice, mirrored, address):
    answer = alice.get(address, headers={"Origin": "https://other.example.com"})
    assert [name for name in answer.headers if name.startswith("Access-Control-")] == []
    preflight = alice.options(address, headers={"Origin": "https://other.example.com"})
    assert [name for name in preflight.headers if name.startswith("Access-Control-")] == []


@pytest.mark.parametrize("address", PAGES)
def test_each_page_has_the_button_to_sign_out(alice, mirrored, address):
    page = alice.get(address).content.decode()
    assert 'action="/sign-out/"' in page
    assert 'form="sign-out"' in page


YEAR = 31536000
KINDS = ("page", "poll", "no page", "sign-in", "refused", "health", "hook")


@pytest.mark.parametrize("kind", KINDS)
def test_with_a_year_of_https_each_answer_says_so(alice, mirrored, settings, kind):
    page = alice.get("/endpoints/").content.decode()
    poll = re.search(r'hx-get="([^"]*version=[^"]+)"', page)[1].replace("&amp;", "&")
    settings.SECURE_HSTS_SECONDS = YEAR
    person, stranger = Client(), Client()
    person.cookies["sessionid"] = alice.cookies["sessionid"].value
    stranger.cookies["time_zone"] = "\0"
    answer = {
        "page": lambda: person.get("/endpoints/", secure=True),
        "poll": lambda: person.get(poll, headers={"HX-Request": "true"}, secure=True),
        "no page": lambda: person.get("/nothing/", secure=True),
        "sign-in": lambda: Client().get("/models/", secure=True),
        "refused": lambda: stranger.get("/endpoints/", secure=True),
        "health": lambda: Client().get("/health/live", secure=True),
        "hook": lambda: Client().post("/hooks/speech/none", secure=True),
    }[kind]()
    expected = {"page": 200, "poll": 204, "no page": 404, "sign-in": 302, "refused": 400, "health": 200}
    assert answer.status_code == expected.get(kind, answer.status_code)
    assert answer["Strict-Transport-Security"] == f"max-age={YEAR}"
