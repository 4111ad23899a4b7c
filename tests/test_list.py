"""Deploy models: what a row says, in which order, and when the page stops asking."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from endpoints import deploy
from endpoints.models import Endpoint, SpeechModel, Status

FRAGMENT = {"HX-Request": "true", "HX-Target": "endpoints"}


@pytest.fixture
def many(resource, world, worker):
    world.begin(endpoints=120, rate_limit="0/0")
    worker.mirror()
    return list(Endpoint.objects.all())


def ids(answer):
    return re.findall(r'<tr id="endpoint-([^"]+)"', answer.content.decode())


def test_the_newest_come_first_a_page_at_a_time(bob, many):
    shown = ids(bob.get("/endpoints/"))
    assert shown == [str(endpoint.pk) for endpoint in Endpoint.objects.order_by("-created_at", "-pk")[:50]]
    rest = [ids(bob.get("/endpoints/", {"page": number})) for number in (2, 3)]
    assert len({*shown, *rest[0], *rest[1]}) == 120


@pytest.mark.parametrize("page", ["0", "-1", "999999999", "x", ""])
def test_a_page_that_does_not_exist_is_the_nearest_one(bob, many, page):
    assert bob.get("/endpoints/", {"page": page}).status_code == 200


def test_a_row_tells_status_model_and_expiration(bob, many):
    page = bob.get("/endpoints/").content.decode()
    endpoint = Endpoint.objects.filter(status=Status.SUCCEEDED).exclude(model=None).first()
    row = re.search(rf'<tr id="endpoint-{endpoint.pk}" data-status="Succeeded">.*?</tr>', page, re.DOTALL)[0]
    assert endpoint.model.display_name in row
    assert endpoint.expiration.words in row


def test_an_expired_model_is_told_in_a_sentence(bob, many):
    SpeechModel.objects.update(expires_at=timezone.now() - timedelta(days=2, hours=1))
    page = bob.get("/endpoints/").content.decode()
    assert "Expired 3 days ago" in page
    assert "the service answers with the newest base model" in page


def test_a_first_visit_says_what_to_do_and_a_search_without_result_what_was_searched(alice, mirrored):
    page = alice.get("/endpoints/").content.decode()
    assert "No endpoints yet" in page
    deploy.create(
        key=uuid.uuid4(), actor=alice.user, model=SpeechModel.objects.deployable()[0], display_name="Support calls"
    )
    page = alice.get("/endpoints/", {"q": "no such thing"}).content.decode()
    assert "Nothing found" in page
    assert "no such thing" in page
    assert "Clear filters" in page


@pytest.mark.parametrize("words", ["support CALLS", "hotline", "call centre"])
def test_search_finds_name_description_and_model(alice, mirrored, words):
    model = SpeechModel.objects.deployable().filter(display_name__icontains="call centre")[0]
    deploy.create(
        key=uuid.uuid4(), actor=alice.user, model=model, display_name="Support calls", description="EU hotline"
    )
    assert len(ids(alice.get("/endpoints/", {"q": words}))) == 1
    assert ids(alice.get("/endpoints/", {"q": "x' or 1=1--"})) == []


def test_filters_and_order_are_in_the_address(bob, many):
    for status in ("Succeeded", "Failed"):
        shown = ids(bob.get("/endpoints/", {"status": status}))
        assert {Endpoint.objects.get(pk=pk).status for pk in shown} == {status}
    shown = ids(bob.get("/endpoints/", {"locale": "de-DE", "sort": "name"}))
    names = [Endpoint.objects.get(pk=pk).display_name for pk in shown]
    assert names == sorted(names)
    dates = [Endpoint.objects.get(pk=pk).expiration for pk in ids(bob.get("/endpoints/", {"sort": "-expiration"}))]
    dates = [expiration.date for expiration in dates if expiration]
    assert dates == sorted(dates, reverse=True)


@pytest.mark.parametrize("sort", ["password", "-user__password", "resource__key", "", "--name", "name,created"])
def test_an_order_that_is_not_offered_is_passed_over(bob, many, sort):
    assert ids(bob.get("/endpoints/", {"sort": sort})) == ids(bob.get("/endpoints/"))


def test_rows_in_progress_make_the_table_ask_and_settled_rows_do_not(alice, mirrored, world, worker):
    change = deploy.create(
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
    assert "hx-trigger" not in fragment.content.decode()


def test_the_number_of_queries_does_not_grow_with_the_rows(alice, resource, world, worker):
    counts = []
    for endpoints in (1, 120):
        world.begin(endpoints=endpoints, rate_limit="0/0")
        worker.mirror()
        with CaptureQueriesContext(connection) as queries:
            alice.get("/endpoints/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


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
    assert "was found at the service" in bob.get("/activity/").content.decode()
    world.call("DELETE", remote["self"].partition("v3.2")[2])
    worker.mirror()
    assert "Made elsewhere" not in bob.get("/endpoints/").content.decode()
    assert "was deleted at the service" in bob.get("/activity/").content.decode()


def test_a_service_that_is_away_keeps_the_rows_and_says_since_when(bob, many, resource, world, worker):
    world.fail({"method": "GET", "path": ".*", "times": 50, "effect": {"status": 503}})
    worker.mirror()
    page = bob.get("/endpoints/").content.decode()
    assert len(ids(bob.get("/endpoints/"))) == 50
    assert "The data is from" in page
    assert "Since" in page
    world.fail()
    worker.mirror()
    assert "The data is from" not in bob.get("/endpoints/").content.decode()


def test_a_listing_that_broke_off_removes_nothing(many, world, worker):
    world.fail({"method": "GET", "path": "/endpoints.*skip=", "times": 9, "effect": {"status": 503}})
    worker.mirror()
    assert Endpoint.objects.present().count() == 120


def test_without_a_worker_the_page_says_that_wishes_wait(bob, mirrored):
    assert "No worker is at work" in bob.get("/endpoints/").content.decode()
