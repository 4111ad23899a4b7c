"""The Resources page: the state of each resource, the test of its connection, and how the page stays up to date."""

import re
from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.models import ConnectionCheck, Resource
from endpoints.models.secret import Secret
from tests.pages.reading import text_of

LIST = reverse("endpoints:resources")


def card(person):
    return text_of(person.get(LIST))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"mirrored_at": None}, "Not checked"),
        ({}, "Connected"),
        ({"failing_since": timezone.now(), "failure": "The service did not answer in time."}, "Unreachable"),
        ({"paused_at": timezone.now(), "paused_by": "ada", "pause_reason": "Rotation"}, "Paused by ada since"),
    ],
)
def test_a_card_says_whether_the_resource_is_connected(alice, mirrored, facts, words):
    Resource.objects.update(**facts)
    assert words in card(alice)


def test_a_card_shows_what_a_resource_is_and_has(alice, endpoint):
    page = card(alice)
    for words in ("Contoso", "eastus", endpoint.resource.url, "v3.2", "Key of the resource", "1 endpoint,", "Edit"):
        assert words in page
    assert f'href="/endpoints/?resource={endpoint.resource_id}"' in alice.get(LIST).content.decode()


def test_testing_a_connection_shows_the_answer_inside_the_card(alice, mirrored):
    address = reverse("endpoints:resource-test", args=[mirrored.pk])
    assert alice.post(address)["Location"] == f"{LIST}#resource-{mirrored.pk}"
    assert "Testing the connection Waiting for a worker" in card(alice)
    alice.post(address)
    check = ConnectionCheck.objects.get()
    tasks.check_connection(str(check.pk))
    page = card(alice)
    assert "5 checks passed" in page
    assert "Nothing was changed." in page
    steps = ["Address", "Certificate", "Authentication", "Endpoints and models", "Web hooks", "Content logs"]
    found = [page.index(f" {step} ", page.index("checks passed")) for step in steps]
    assert found == sorted(found)


def test_a_paused_resource_is_not_tested(alice, mirrored):
    Resource.objects.update(paused_at=timezone.now(), paused_by="ada")
    page = text_of(alice.post(reverse("endpoints:resource-test", args=[mirrored.pk]), follow=True))
    assert "Contoso is paused, so nothing is sent to it." in page
    assert "Test connection" not in page
    assert not ConnectionCheck.objects.exists()


def polled(person):
    return re.search(r'data-live[^>]* hx-get="([^"]+)"', person.get(LIST).content.decode())[1]


FRAGMENT = {"HX-Request": "true", "HX-Target": "resources"}


def test_a_poll_without_news_is_answered_with_nothing_by_one_query(alice, mirrored, django_assert_num_queries):
    address = polled(alice)
    with django_assert_num_queries(1):
        answer = alice.get(address, headers=FRAGMENT)
    assert (answer.status_code, answer.content) == (204, b"")


def test_a_poll_without_any_resource_is_answered_with_nothing(alice, db):
    assert alice.get(polled(alice), headers=FRAGMENT).status_code == 204


@pytest.mark.parametrize(
    "facts",
    [{"failing_since": timezone.now()}, {"paused_at": timezone.now()}, {"name": "Renamed"}, {"url": "https://x"}],
)
def test_news_of_a_resource_is_shown_by_the_next_poll(alice, mirrored, facts):
    address = polled(alice)
    Resource.objects.update(**facts)
    answer = alice.get(address, headers=FRAGMENT)
    assert answer.status_code == 200
    assert "<html" not in answer.content.decode()


def test_the_progress_of_a_test_is_news(alice, mirrored):
    alice.post(reverse("endpoints:resource-test", args=[mirrored.pk]))
    address = polled(alice)
    tasks.check_connection(str(ConnectionCheck.objects.get().pk))
    assert "5 checks passed" in text_of(alice.get(address, headers=FRAGMENT))


def test_a_poll_after_the_session_has_ended_reveals_nothing(alice, mirrored):
    address = polled(alice)
    alice.logout()
    assert alice.get(address, headers=FRAGMENT).status_code in (302, 401, 403, 200)
    assert "Contoso" not in alice.get(address, headers=FRAGMENT).content.decode()


def test_the_report_of_a_test_is_plain_text_without_the_key(alice, mirrored):
    alice.post(reverse("endpoints:resource-test", args=[mirrored.pk]))
    assert "Copy report" not in card(alice)
    tasks.check_connection(str(ConnectionCheck.objects.get().pk))
    page = alice.get(LIST).content.decode()
    assert f'data-copy="report-{mirrored.pk}"' in page
    report = unescape(re.search(rf'id="report-{mirrored.pk}"[^>]*>([^<]*)</pre>', page)[1])
    lines = report.splitlines()
    assert lines[0].startswith(f"Contoso: {mirrored.endpoint_url}, v3.2")
    assert re.fullmatch(r"Tested [A-Z][a-z]{2} \d+, \d{4} \d\d:\d\d:\d\d UTC", lines[1])
    assert lines[2] == "5 checks passed"
    assert [line for line in lines if re.match(r"- Passed: Authentication.* Accepted\.", line)]
    assert mirrored.key.open() not in report


@pytest.mark.parametrize(
    ("facts", "end"),
    [
        ({"key": Secret.of("0123456789abcdef0123456789ab9f2c")}, "last 4 characters 9f2c"),
        ({"key": Secret.of("short9f2c")}, ""),
        ({"key": Secret("encrypted with a lost key")}, ""),
        ({"key": None, "auth": "managed-identity"}, ""),
    ],
)
def test_the_end_of_the_key_tells_which_one_is_stored(alice, resource, facts, end):
    Resource.objects.update(**facts)
    page = card(alice)
    assert end in page
    assert ("last 4" in page) == bool(end)
    assert "0123456789abcdef" not in page
