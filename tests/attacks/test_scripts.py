"""Attacks with markup, scripts and templates in whatever people and the service can name."""

import json

import pytest
from django.urls import reverse

from endpoints.models import Endpoint, LogEntry, Project, Resource, SpeechModel
from tests.logs.steps import keep_logs

MARKUP = (
    *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "<svg onload=alert(1)>", "<base href=//evil>"),
    *("<meta http-equiv=refresh content=0>", "<template><script>", "<math><mtext></form><form><mglyph><style></math>"),
    *('" hx-get="//evil', "' hx-on:click='alert(1)", '" data-hx-get="//evil', "<a href=javascript:alert(1)>x"),
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
)
TEMPLATES = ("{{7*7}}", "{% debug %}", "%s %(x)s %n", "{0.__class__}", "${7*7}", "#{7*7}")
ALL = " ".join((*MARKUP, *TEMPLATES))
# What stands in a page only if something was not escaped or was carried out.
RAW = (
    *("<script>alert", "<img src=x", "<svg onload", "<base href=//", "<meta http-equiv=refresh", "<template><script>"),
    *("<mglyph>", '" hx-get="//evil', "' hx-on:click='", '" data-hx-get="//', "<a href=javascript"),
)
CARRIED_OUT = ("<class 'str'>", "<built-in", "DebugPage")


@pytest.fixture
def named(resource, world, worker, alice):
    """Everything that has a name is named by attacks."""
    world.begin(endpoints=2, logs=2, rate_limit="0/0")
    worker.mirror()
    endpoint = keep_logs(alice, Endpoint.objects.filter(logging_enabled=True, status="Succeeded").first())
    Endpoint.objects.update(display_name=ALL, description=ALL, error=ALL[:200])
    SpeechModel.objects.update(display_name=ALL, description=ALL)
    Project.objects.update(display_name=ALL)
    Resource.objects.update(name=ALL[:200], failure=ALL[:200], pause_reason=ALL)
    LogEntry.objects.update(text=ALL)
    return endpoint


def pages(endpoint):
    entry = endpoint.log_entries.first()
    yield from ("/endpoints/", "/models/", "/activity/", "/logs/", "/downloads/", "/resources/", "/help/")
    yield from ("/endpoints/new/", "/search/?q=script", "/search/?q=7")
    for name in ("detail", "sample-code", "content-logging", "history", "change-model", "edit", "delete", "logs"):
        yield reverse(f"endpoints:{name}", args=[endpoint.pk])
    yield reverse("endpoints:log-entry", args=[endpoint.pk, entry.pk])
    yield reverse("endpoints:resource-edit", args=[endpoint.resource_id])


def test_names_and_texts_of_the_service_are_shown_as_text(alice, named):
    shown = 0
    for address in pages(named):
        for headers in ({}, {"HX-Request": "true"}):
            answer = alice.get(address, headers=headers)
            body = answer.content.decode()
            assert answer.status_code == 200, address
            assert [text for text in (*RAW, *CARRIED_OUT) if text in body] == [], address
            assert "script-src 'self'" in answer["Content-Security-Policy"]
            shown += "&lt;script&gt;alert" in body and "{{7*7}}" in body
    assert shown > 15


PARAMETERS = ("q", "sort", "page", "status", "locale", "from", "next", "kind", "person", "view")


@pytest.mark.parametrize("text", [*MARKUP, *TEMPLATES])
def test_parameters_are_shown_as_text(alice, mirrored, text):
    for address in ("/endpoints/", "/models/", "/activity/", "/logs/", "/search/", "/resources/", "/endpoints/new/"):
        for name in PARAMETERS:
            answer = alice.get(address, {name: text}, follow=True)
            body = answer.content.decode()
            assert answer.status_code in (200, 404)
            assert [raw for raw in (*RAW, *CARRIED_OUT) if raw in body] == [], (address, name)


ELSEWHERE = (
    *("//evil.example.com", "https:evil.example.com", "https://evil.example.com", "/\\evil.example.com", "\\\\evil"),
    *("/\t/evil.example.com", "\n//evil.example.com", "https:///evil.example.com", "http:///evil.example.com"),
    *("javascript:alert(1)", "data:text/html,x", " //evil.example.com", "//testserver@evil.example.com"),
    "https://testserver.evil.example.com",
)


@pytest.mark.parametrize("page", ELSEWHERE)
def test_after_signing_in_people_stay_on_this_site(client, alice, page):
    typed = {"username": "alice", "password": "a long enough word", "next": page}
    assert client.post("/sign-in/", typed)["Location"] == "/endpoints/"
    assert alice.get("/sign-in/", {"next": page})["Location"].startswith("/endpoints/")


HEADERS = ("HX-Current-URL", "HX-Target", "HX-Prompt", "HX-Trigger", "HX-Trigger-Name", "Referer", "User-Agent")


@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_a_request_are_not_repeated_in_the_answer(alice, client, mirrored, name):
    crafted = "http://testserver/x?<script>alert(1)</script>"
    for person in (alice, client):
        for address in ("/endpoints/", "/models/", "/banners/", "/nothing/"):
            answer = person.get(address, headers={"HX-Request": "true", name: crafted})
            assert "<script>alert" not in answer.content.decode()
            assert "<script>" not in json.dumps([*answer.headers.values()])
