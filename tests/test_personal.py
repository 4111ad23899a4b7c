"""What a person keeps of the list: favourites on top, columns, saved views."""

import re

import pytest

from endpoints.models import Endpoint, Favourite, SavedView
from tests.test_list import ids


@pytest.fixture
def many(resource, world, worker):
    world.begin(endpoints=60, rate_limit="0/0")
    worker.mirror()


@pytest.fixture
def oldest(many):
    return Endpoint.objects.order_by("created_at").first()


def test_a_favourite_is_on_top_for_the_person_who_chose_it(bob, lena, oldest):
    answer = bob.post("/endpoints/favourite/", {"endpoint": oldest.pk, "query": "sort=-name"})
    assert answer["Location"] == "/endpoints/?sort=-name"
    assert ids(bob.get("/endpoints/"))[0] == str(oldest.pk)
    assert ids(lena.get("/endpoints/"))[0] != str(oldest.pk)
    assert str(oldest.pk) not in ids(bob.get("/endpoints/?page=last"))
    assert ids(bob.get("/endpoints/?q=no such thing")) == []
    bob.post("/endpoints/favourite/", {"endpoint": oldest.pk})
    assert not Favourite.objects.exists()


def test_columns_that_a_person_does_not_want_are_hidden(bob, lena, many):
    bob.post("/endpoints/columns/", {"column": ["model", "status"]})
    table = re.search(r'<table class="([^"]+)"', bob.get("/endpoints/").content.decode())[1]
    assert "without-description" in table
    assert "without-model" not in table
    assert "without-" not in re.search(r'<table class="([^"]+)"', lena.get("/endpoints/").content.decode())[1]


def test_a_view_is_saved_shared_made_the_default_and_deleted(bob, lena, many):
    bob.post("/endpoints/views/", {"name": " My  calls ", "query": "q=call&sort=name&page=2&next=//evil"})
    view = SavedView.objects.get()
    assert (view.name, view.query) == ("My calls", "q=call&sort=name")
    assert "My calls" not in lena.get("/endpoints/?q=").content.decode()
    assert lena.post(f"/endpoints/views/{view.pk}/", {"action": "delete"}).status_code == 404

    bob.post(f"/endpoints/views/{view.pk}/", {"action": "share"})
    assert "My calls" in lena.get("/endpoints/?q=").content.decode()
    lena.post(f"/endpoints/views/{view.pk}/", {"action": "delete"})
    assert SavedView.objects.exists()

    lena.post(f"/endpoints/views/{view.pk}/", {"action": "default"})
    assert lena.get("/endpoints/")["Location"] == "/endpoints/?q=call&sort=name"
    assert lena.get("/endpoints/?q=").status_code == 200
    assert bob.get("/endpoints/").status_code == 200
    lena.post(f"/endpoints/views/{view.pk}/", {"action": "no-default"})
    assert lena.get("/endpoints/").status_code == 200

    bob.post("/endpoints/views/", {"name": "My calls", "query": "q=hotline"})
    assert SavedView.objects.get().query == "q=hotline"
    bob.post(f"/endpoints/views/{view.pk}/", {"action": "delete"})
    assert not SavedView.objects.exists()


def test_a_view_without_a_name_is_not_saved(bob, many):
    page = bob.post("/endpoints/views/", {"name": "  ", "query": "q=call"}, follow=True).content.decode()
    assert "A view needs a name." in page
    assert not SavedView.objects.exists()
