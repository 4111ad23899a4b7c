"""Deploy models: rows, order, search, filters, and when the page polls."""

import html
import re
import uuid
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from endpoints.changes import submit
from endpoints.models import Endpoint, SpeechModel, Status, search
from endpoints.pages.endpoint_list import listing, selection
from endpoints.pages.endpoint_list.selection import COLUMNS
from tests.conftest import fitting
from tests.pages.reading import endpoint_ids

FRAGMENT = {"HX-Request": "true", "HX-Target": "endpoints"}


@pytest.fixture
def many(resource, world, worker):
    world.begin(endpoints=120, rate_limit="0/0")
    worker.mirror()
    return list(Endpoint.objects.all())


def test_the_newest_come_first_a_page_at_a_time(bob, many):
    newest = [str(endpoint.pk) for endpoint in Endpoint.objects.order_by("-created_at", "-pk")]
    assert walk(bob, "/endpoints/", "next") == newest
    assert endpoint_ids(bob.get("/endpoints/")) == newest[:50]
    assert endpoint_ids(bob.get("/endpoints/", {"page": "2"})) == newest[50:100]


def test_sorted_by_any_column_the_pages_have_each_row_once_in_both_directions(bob, many):
    Endpoint.objects.filter(pk__in=[endpoint.pk for endpoint in Endpoint.objects.all()[:70]]).update(model=None)
    for sort in (f"{sign}{column}" for column in COLUMNS for sign in ("", "-")):
        there = walk(bob, f"/endpoints/?sort={sort}", "next")
        assert len(there) == len(set(there)) == 120, sort
        back = walk(bob, f"/endpoints/?sort={sort}&page=last", "prev")
        assert sorted(back) == sorted(there), sort
        assert back[:50] == there[-50:], sort


def walk(client, address, way):
    """The ids of the rows of this page and of all pages that follow its links."""
    found = []
    while address:
        answer = client.get(address)
        found += endpoint_ids(answer)
        link = re.search(rf'rel="{way}" href="([^"]+)"', answer.content.decode())
        address = html.unescape(link[1]) if link else ""
    return found


@pytest.mark.parametrize("asked", ["0", "-1", "999999999", "x", "after-", "after-W10", "before-WyJhIiwiYiIsImMiXQ"])
def test_a_page_that_does_not_exist_is_the_nearest_one(bob, many, asked):
    assert len(endpoint_ids(bob.get("/endpoints/", {"page": asked}))) == 50


def test_a_row_shows_status_model_and_expiration(bob, many):
    page = bob.get("/endpoints/").content.decode()
    endpoint = Endpoint.objects.filter(status=Status.SUCCEEDED).exclude(model=None).first()
    row = re.search(rf'<tr id="endpoint-{endpoint.pk}" data-status="Succeeded">.*?</tr>', page, re.DOTALL)[0]
    assert endpoint.model.display_name in row
    assert endpoint.expiration.words in row


def test_an_expired_model_is_explained_in_a_sentence(bob, many):
    SpeechModel.objects.update(expires_at=timezone.now() - timedelta(days=2, hours=1))
    page = bob.get("/endpoints/").content.decode()
    assert "Expired 2 days ago" in page
    assert "the service now uses the newest base model" in page


def test_a_first_visit_says_what_to_do_and_a_search_without_result_what_was_searched(alice, mirrored):
    page = alice.get("/endpoints/").content.decode()
    assert "No endpoints yet" in page
    submit.create(
        key=uuid.uuid4(), actor=alice.user, model=SpeechModel.objects.deployable()[0], display_name="Support calls"
    )
    page = alice.get("/endpoints/", {"q": "no such thing"}).content.decode()
    assert "Nothing found" in page
    assert "no such thing" in page
    assert "Clear filters" in page


@pytest.mark.parametrize("words", ["support CALLS", "hotline", "call center"])
def test_search_finds_name_description_and_model(alice, mirrored, words):
    model = SpeechModel.objects.deployable().filter(display_name__icontains="call center")[0]
    submit.create(
        key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls", description="EU hotline"
    )
    assert len(endpoint_ids(alice.get("/endpoints/", {"q": words}))) == 1
    assert endpoint_ids(alice.get("/endpoints/", {"q": "x' or 1=1--"})) == []


def test_filters_and_order_are_in_the_address(bob, many):
    for status in ("Succeeded", "Failed"):
        shown = endpoint_ids(bob.get("/endpoints/", {"status": status}))
        assert {Endpoint.objects.get(pk=pk).status for pk in shown} == {status}
    shown = endpoint_ids(bob.get("/endpoints/", {"locale": "de-DE", "sort": "name"}))
    names = [Endpoint.objects.get(pk=pk).display_name for pk in shown]
    assert names == sorted(names)
    ends = [
        Endpoint.objects.get(pk=pk).expiration for pk in endpoint_ids(bob.get("/endpoints/", {"sort": "-expiration"}))
    ]
    dates = [expiration.date for expiration in ends if expiration]
    assert dates == sorted(dates, reverse=True)


def test_sorted_by_model_id_endpoints_without_a_model_come_first(bob, many):
    first = Endpoint.objects.first()
    Endpoint.objects.filter(pk=first.pk).update(model=None)
    shown = [Endpoint.objects.get(pk=pk) for pk in endpoint_ids(bob.get("/endpoints/", {"sort": "model-id"}))]
    assert shown[0] == first
    ids = [endpoint.model.remote_id for endpoint in shown[1:]]
    assert ids == sorted(ids)


@pytest.mark.parametrize("sort", ["password", "-user__password", "resource__key", "--name", "name,created"])
def test_an_unknown_order_is_ignored(bob, many, sort):
    assert endpoint_ids(bob.get("/endpoints/", {"sort": sort})) == endpoint_ids(bob.get("/endpoints/"))


def test_rows_in_progress_make_the_table_poll_often_and_settled_rows_seldom(alice, mirrored, world, worker):
    change = submit.create(
        key=uuid.uuid4(),
        actor=alice.user,
        model=SpeechModel.objects.deployable().filter(locale="en-US")[0],
        display_name="Support calls",
    )
    page = alice.get("/endpoints/").content.decode()
    assert 'data-status="NotStarted"' in page
    poll = re.search(r'hx-get="([^"]*version=[^"]*)"', page)[1].replace("&amp;", "&")

    assert alice.get(poll, headers=FRAGMENT).status_code == 204
    worker.step(change)
    world.advance(3600)
    worker.step(change)
    fragment = alice.get(poll, headers=FRAGMENT)
    assert fragment.status_code == 200
    assert "<html" not in fragment.content.decode()
    assert 'data-status="Succeeded"' in fragment.content.decode()
    assert 'hx-trigger="every 10s' in fragment.content.decode()


@pytest.mark.parametrize(
    ("filters", "rows"),
    [
        ({"status": "Failed"}, {"status": "Failed"}),
        ({"locale": "de-DE"}, {"locale": "de-DE"}),
        ({"logging": "on"}, {"logging_enabled": True}),
        ({"project": "none"}, {"project": None}),
        ({"expiring": "expired"}, {"model__expires_at__lte": Now()}),
        ({"expiring": "90"}, {"model__expires_at__gt": Now(), "model__expires_at__lte": Now() + timedelta(days=90)}),
        ({"q": "de-DE hot", "locale": "de-DE"}, {"pk": None}),
        ({"q": "hotline", "locale": "de-DE"}, {"model__display_name__icontains": "hotline", "locale": "de-DE"}),
    ],
)
def test_filters_can_be_combined_with_each_other_and_with_any_order(bob, many, filters, rows):
    selected = {str(pk) for pk in Endpoint.objects.filter(**rows).values_list("pk", flat=True)}
    for sort in ({}, {"sort": "name"}, {"sort": "-changed"}):
        shown = walk(bob, f"/endpoints/?{urlencode({**filters, **sort})}", "next")
        assert set(shown) == selected, sort
        assert len(shown) == len(selected), sort


def test_filters_by_project_model_base_model_and_resource(bob, many, resource):
    endpoint = Endpoint.objects.exclude(model__base_model=None).exclude(project=None).first()
    base = endpoint.model.base_model
    for name, pk, facts in (
        ("project", endpoint.project_id, {"project": endpoint.project}),
        ("model", endpoint.model_id, {"model": endpoint.model}),
        ("base", base.pk, {"model__base_model": base}),
        ("resource", resource.pk, {}),
    ):
        count = Endpoint.objects.filter(**facts).count() + (name == "base" and base.endpoints.count())
        page = bob.get("/endpoints/", {name: pk}).content.decode()
        assert f">{count} endpoint" in page
    assert (
        f"Model: <bdi>{endpoint.model}</bdi>" in bob.get("/endpoints/", {"model": endpoint.model_id}).content.decode()
    )


def test_a_search_with_many_matches_reads_the_list_in_its_order(bob, many, monkeypatch):
    monkeypatch.setattr(selection, "COUNTED", 3)
    monkeypatch.setattr(search, "FEW", 3)
    for query in ("locale=en-US", "q=hotline", "q=hotline&locale=de-DE&sort=name", "expiring=365&sort=-changed"):
        listing._tables.clear()
        shown = walk(bob, f"/endpoints/?{query}", "next")
        assert set(shown) == {
            str(pk) for pk in selection.found(bob.user, QueryDict(query)).values_list("pk", flat=True)
        }
        assert len(shown) == len(set(shown)) > 3
        assert "More than 3 endpoints" in bob.get(f"/endpoints/?{query}").content.decode()


def test_numbers_are_written_as_in_the_language_of_the_reader(bob, many, monkeypatch):
    monkeypatch.setattr(selection, "COUNTED", 1000)
    monkeypatch.setattr(selection, "counted", lambda *_query: (Endpoint.objects.present(), 1001))
    assert "Mehr als 1.000 Endpunkte" in bob.get("/endpoints/", headers={"Accept-Language": "de"}).content.decode()
    assert "More than 1,000 endpoints" in bob.get("/endpoints/", headers={"Accept-Language": "en"}).content.decode()


@pytest.mark.parametrize("few", [search.FEW, 0], ids=["few", "many"])
@pytest.mark.parametrize("words", ["Über", "über", "ÜBER", "ber", "ü", "hal ver", "50%", "o'", "VE", 'say "hi"'])
def test_search_takes_words_of_any_length_and_letters(alice, mirrored, words, few, monkeypatch):
    monkeypatch.setattr(search, "FEW", few)
    name = 'Überholspur_Vertrieb 50% o\'clock say "hi" halle'
    make(alice, display_name=name)
    make(alice, display_name="Something else")
    assert len(endpoint_ids(alice.get("/endpoints/", {"q": words}))) == 1


def test_search_follows_what_changes(alice, mirrored):
    endpoint = make(alice, display_name="Support calls").endpoint
    endpoint.display_name = "Hotline"
    endpoint.save()
    assert endpoint_ids(alice.get("/endpoints/", {"q": "support"})) == []
    for words in ("hotl", "ho"):
        assert endpoint_ids(alice.get("/endpoints/", {"q": words})) == [str(endpoint.pk)]
    Endpoint.objects.filter(pk=endpoint.pk).update(gone_at=timezone.now(), updated_at=timezone.now())
    assert endpoint_ids(alice.get("/endpoints/", {"q": "hotline"})) == []


def test_a_cached_page_shows_each_change_as_soon_as_it_is_committed(alice, bob, many):
    for name in ("Renamed once", "Renamed twice"):
        assert all(name not in client.get("/endpoints/").content.decode() for client in (alice, bob))
        endpoint = Endpoint.objects.order_by("-created_at")[7]
        endpoint.display_name = name
        endpoint.save()
        assert all(f">{name}</bdi>" in client.get("/endpoints/").content.decode() for client in (alice, bob))
    model = fitting(endpoint)[0]
    submit.change_model(key=uuid.uuid4(), actor=alice.user, endpoint=endpoint, model=model)
    assert f'id="endpoint-{endpoint.pk}" data-status="NotStarted"' in bob.get("/endpoints/").content.decode()


def test_a_cached_page_shows_an_expired_model_as_soon_as_it_has_expired(bob, many, monkeypatch):
    now = timezone.now()
    SpeechModel.objects.update(expires_at=now + timedelta(days=2, minutes=30))
    for later, words in ((0, "2 days left"), (1, "1 day left"), (0, "2 days left")):
        monkeypatch.setattr(timezone, "now", lambda then=now + timedelta(hours=later): then)
        assert words in bob.get("/endpoints/").content.decode()


def test_applying_a_filter_updates_the_rest_of_the_page(bob, many):
    project = Endpoint.objects.exclude(project=None).first().project
    for page in (bob.get("/endpoints/", {"project": project.pk}), found(bob, project=project.pk, sort="name")):
        html = page.content.decode()
        assert f"<li><bdi>{project}</bdi></li><li aria-current" in html
        for form in ("favorite", "columns", "save-view"):
            assert re.search(rf'name="query" value="project={project.pk}[^"]*" form="{form}"', html)
    assert "<li><bdi>" not in found(bob).content.decode()


def found(client, **query):
    """The fragment that the page gets when filters are applied."""
    return client.get("/endpoints/", query, headers=FRAGMENT)


def test_a_poll_without_news_takes_one_query_and_few_bytes(alice, mirrored):
    make(alice, display_name="Support calls")
    page = alice.get("/endpoints/").content.decode()
    poll = html.unescape(re.search(r'hx-get="([^"]*version=[^"]*)"', page)[1])
    with CaptureQueriesContext(connection) as queries:
        answer = alice.get(poll, headers=FRAGMENT)
    assert answer.status_code == 204
    assert len(queries) == 1
    assert sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) < 100


def test_a_poll_after_the_session_ended_leads_to_sign_in(alice, client, mirrored):
    make(alice, display_name="Support calls")
    page = alice.get("/endpoints/").content.decode()
    poll = html.unescape(re.search(r'hx-get="([^"]*version=[^"]*)"', page)[1])
    alice.session.flush()
    assert alice.get(poll, headers=FRAGMENT)["HX-Redirect"].startswith("/sign-in/")


def make(person, **facts):
    model = SpeechModel.objects.deployable()[0]
    return submit.create(key=uuid.uuid4(), actor=person.user, model=model, **facts)


def test_an_endpoint_made_in_the_portal_appears_and_one_deleted_there_leaves(bob, mirrored, world, worker):
    model = SpeechModel.objects.deployable().filter(kind="base")[0]
    body = {
        "displayName": "Made elsewhere",
        "locale": model.locale,
        "model": {"self": f"{world.url}/speechtotext/v3.2/models/base/{model.remote_id}"},
    }
    remote = world.call("POST", "/endpoints", body)
    worker.mirror()
    assert "Made elsewhere" in bob.get("/endpoints/").content.decode()
    assert "was discovered in Azure" in bob.get("/activity/").content.decode()
    world.call("DELETE", remote["self"].partition("v3.2")[2])
    worker.mirror()
    assert "Made elsewhere" not in bob.get("/endpoints/").content.decode()
    assert "was deleted outside this app" in bob.get("/activity/").content.decode()


def test_while_the_service_is_unavailable_the_rows_stay_and_the_page_says_since_when(
    bob, many, resource, world, worker
):
    world.fail({"method": "GET", "path": ".*", "times": 50, "effect": {"status": 503}})
    worker.mirror()
    page = bob.get("/endpoints/").content.decode()
    assert len(endpoint_ids(bob.get("/endpoints/"))) == 50
    assert "hasn&#x27;t been reachable since" in page
    assert "Data might be out of date." in page
    world.fail()
    worker.mirror()
    assert "Data might be out of date." not in bob.get("/endpoints/").content.decode()


def test_an_incomplete_listing_removes_nothing(many, world, worker):
    world.fail({"method": "GET", "path": "/endpoints.*skip=", "times": 9, "effect": {"status": 503}})
    worker.mirror()
    assert Endpoint.objects.present().count() == 120


def test_without_a_worker_the_page_says_that_changes_wait(bob, mirrored):
    assert "No worker is running" in bob.get("/endpoints/").content.decode()


@pytest.mark.parametrize(("status", "label"), [("Paused", "Unknown (Paused)"), ("", "Unknown")])
def test_a_status_that_is_not_known_is_shown_by_its_own_word_if_there_is_one(status, label):
    endpoint = Endpoint(status=status)
    endpoint.open_changes = []
    assert endpoint.shown_status.label == label
    assert SpeechModel(status=status).shown_status.label == label
