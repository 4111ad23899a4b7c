"""Personal settings of the list: favorites on top, columns, saved views."""

import re

import pytest
from django.test import Client

from endpoints.models import Endpoint, Event, Favorite, SavedView
from tests.pages.reading import endpoint_ids


@pytest.fixture
def many(resource, world, worker):
    world.begin(endpoints=60, rate_limit="0/0")
    worker.mirror()


@pytest.fixture
def oldest(many):
    return Endpoint.objects.order_by("created_at").first()


def test_a_favorite_is_on_top_for_the_person_who_chose_it(bob, lena, oldest):
    answer = bob.post("/endpoints/favorite/", {"endpoint": oldest.pk, "query": "sort=-name"})
    assert answer["Location"] == "/endpoints/?sort=-name"
    assert endpoint_ids(bob.get("/endpoints/"))[0] == str(oldest.pk)
    assert endpoint_ids(lena.get("/endpoints/"))[0] != str(oldest.pk)
    assert str(oldest.pk) not in endpoint_ids(bob.get("/endpoints/?page=last"))
    assert endpoint_ids(bob.get("/endpoints/?q=no such thing")) == []
    bob.post("/endpoints/favorite/", {"endpoint": oldest.pk})
    assert not Favorite.objects.exists()


def test_columns_that_a_person_does_not_want_are_hidden(bob, lena, many):
    bob.post("/endpoints/columns/", {"column": ["model", "status"]})
    chosen, usual = cells(bob), cells(lena)
    assert chosen == {"select", "name", "status", "model"}
    assert usual == chosen | {"expiration", "logging", "owner", "changed"}


def cells(person):
    """The columns of all rows of the list; with one Speech resource, it has no column."""
    table = re.search(r"<tbody.*</tbody>", person.get("/endpoints/").content.decode(), re.DOTALL)[0]
    return set(re.findall(r'class="col-([^"]+)"', table))


def test_a_view_is_saved_shared_made_the_default_and_deleted(bob, lena, many):
    bob.post("/endpoints/views/", {"name": " My  calls ", "query": "q=call&sort=name&page=2&next=//evil"})
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("My calls", "q=call&sort=name")
    assert "My calls" not in lena.get("/endpoints/?view=all").content.decode()
    assert lena.post(f"/endpoints/views/{view.pk}/", {"action": "delete"}).status_code == 404

    bob.post(f"/endpoints/views/{view.pk}/", {"action": "share"})
    assert "My calls" in lena.get("/endpoints/?view=all").content.decode()
    lena.post(f"/endpoints/views/{view.pk}/", {"action": "delete"})
    assert SavedView.objects.exists()

    lena.post(f"/endpoints/views/{view.pk}/", {"action": "default"})
    assert lena.get("/endpoints/")["Location"] == "/endpoints/?q=call&sort=name"
    assert lena.get("/endpoints/?view=all").status_code == 200
    assert bob.get("/endpoints/").status_code == 200
    lena.post(f"/endpoints/views/{view.pk}/", {"action": "no-default"})
    assert lena.get("/endpoints/").status_code == 200

    bob.post("/endpoints/views/", {"name": "My calls", "query": "q=hotline"})
    assert SavedView.objects.get().query == "q=hotline"
    bob.post(f"/endpoints/views/{view.pk}/", {"action": "delete"})
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_not_saved(bob, many):
    page = bob.post("/endpoints/views/", {"name": "  ", "query": "q=call"}, follow=True).content.decode()
    assert "Enter a name for the view." in page
    assert not SavedView.objects.exists()


def test_a_view_of_everything_as_the_default_is_the_list_itself(bob, many):
    bob.post("/endpoints/views/", {"name": "Everything", "query": ""})
    bob.post(f"/endpoints/views/{SavedView.objects.get().pk}/", {"action": "default"})
    assert len(endpoint_ids(bob.get("/endpoints/"))) == 50


def test_a_cached_page_has_nothing_of_another_person(alice, bob, many):
    alice.post("/endpoints/views/", {"name": "Only hers", "query": "q=call"})
    for _page in ("made", "kept"):
        hers, his = (client.get("/endpoints/?sort=name").content.decode() for client in (alice, bob))
        assert ("<bdi>alice</bdi>" in hers, "<bdi>alice</bdi>" in his) == (True, False)
        assert ("Change model" in hers, "Change model" in his) == (True, False)
        assert ("Only hers" in hers, "Only hers" in his) == (True, False)
        assert not {*tokens(hers)} & {*tokens(his)}


def test_a_first_visit_offers_to_deploy_to_those_who_may(alice, bob, mirrored):
    for client, may in ((alice, True), (bob, False), (alice, True)):
        page = client.get("/endpoints/").content.decode()
        assert "No endpoints yet" in page
        assert ("Deploy model</a>" in page) == may


def test_a_message_is_shown_once_and_to_nobody_else(bob, lena, many):
    bob.post("/endpoints/views/", {"name": " ", "query": ""})
    pages = [client.get("/endpoints/?view=all").content.decode() for client in (lena, bob, bob)]
    assert ["Enter a name for the view." in page for page in pages] == [False, True, False]


def test_each_form_of_the_list_has_the_csrf_token_of_its_reader(bob, many):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(bob.user)
    bob.get("/endpoints/")
    page = browser.get("/endpoints/").content.decode()
    assert len(tokens(page)) == 4
    answer = browser.post("/endpoints/columns/", {"column": ["model"], "csrfmiddlewaretoken": tokens(page)[0]})
    assert answer.status_code == 302
    theirs = tokens(bob.get("/endpoints/").content.decode())
    assert browser.post("/endpoints/columns/", {"csrfmiddlewaretoken": theirs[0]}).status_code == 403


def tokens(page):
    return re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)


def test_what_others_see_of_views_is_recorded_and_the_rest_is_not(bob, db):
    bob.post("/endpoints/views/", {"name": "Mine", "query": "q=call"})
    assert not Event.objects.exists()
    view = SavedView.objects.get()
    for action in ("share", "share", "unshare", "share", "delete"):
        bob.post(f"/endpoints/views/{view.pk}/", {"action": action})
    verbs = ["view-shared", "view-unshared", "view-shared", "view-deleted"]
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == verbs
    assert Event.objects.last().text == "bob shared the view Mine"
    assert {event.actor_name for event in Event.objects.all()} == {"bob"}


def test_a_shared_view_that_shows_something_else_is_recorded(bob, db):
    for query in ("q=call", "q=call", "q=hotline"):
        bob.post("/endpoints/views/", {"name": "Ours", "query": query, "shared": "on"})
    assert list(Event.objects.order_by("pk").values_list("verb", flat=True)) == ["view-shared", "view-changed"]
