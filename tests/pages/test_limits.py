"""Limits for each person: downloads in progress, stored zips, drafts, saved views."""

import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.urls import reverse

from endpoints.changes import saved_views
from endpoints.logs.download import requests as downloads
from endpoints.models import Download, Draft, Event, Grant, RoleName, SavedView, draft
from endpoints.models.download import DownloadState
from endpoints.models.event import Verb
from tests.pages.reading import text_of


@pytest.fixture
def logging(endpoint):
    type(endpoint).objects.update(logging_enabled=True)
    return endpoint


def ask(person, endpoint, words):
    return person.post(reverse("endpoints:download", args=[endpoint.pk]), {"q": words, "purpose": "Audit"})


def test_a_person_has_so_many_downloads_in_progress_and_others_have_theirs(lena, alice, logging, settings):
    settings.DOWNLOADS_PER_PERSON = 2
    assert [ask(lena, logging, words).status_code for words in "abc"] == [302, 302, 422]
    said = "You already have 2 downloads in progress. Cancel one, or wait until one ends."
    assert said in text_of(ask(lena, logging, "c"))
    assert Download.objects.count() == 2
    assert Event.objects.filter(verb=Verb.LOGS_REQUESTED).count() == 2
    assert ask(alice, logging, "c").status_code == 302
    lena.post(reverse("endpoints:download-cancel", args=[Download.objects.filter(actor=lena.user).first().pk]))
    assert ask(lena, logging, "c").status_code == 302


def test_an_equal_download_is_the_same_one_also_at_the_limit(lena, logging, settings):
    settings.DOWNLOADS_PER_PERSON = 1
    assert [ask(lena, logging, words).status_code for words in ("a", "a", " a ")] == [302, 302, 302]
    assert Download.objects.count() == 1


def test_at_the_limit_of_zips_one_is_removed_first(lena, logging, settings):
    settings.ZIPS_PER_PERSON = 1
    ready = Download.objects.create(endpoint=logging, actor=lena.user, state=DownloadState.READY, stored_as="a.zip")
    said = "You already have 1 zip files here. Remove one on the Downloads page, then try again."
    assert said in text_of(ask(lena, logging, "a"))
    assert "Remove zip file" in lena.get("/downloads/").content.decode()
    lena.post(reverse("endpoints:download-cancel", args=[ready.pk]), {"page": "downloads"})
    ready.refresh_from_db()
    assert ready.state == DownloadState.EXPIRED
    assert Event.objects.filter(verb=Verb.DOWNLOAD_REMOVED).count() == 1
    assert ask(lena, logging, "a").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_requests_at_once_no_more_than_the_limit_are_stored(lena, logging):
    def request(number):
        try:
            limits = downloads.Limits(at_once=2)
            downloads.request_download(actor=lena.user, endpoint=logging, selection=f"q={number}", limits=limits)
        except downloads.TooMany:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as threads:
        assert sum(threads.map(request, range(12))) == 2
    assert Download.objects.count() == 2


def test_a_person_saves_so_many_views_and_can_still_replace_one(bob, lena, db, monkeypatch):
    monkeypatch.setattr(saved_views, "MOST", 2)
    for name in ("One", "Two", "Three", "Two"):
        page = bob.post("/endpoints/views/", {"name": name, "query": f"q={name}"}, follow=True)
        assert ("You already have 2 saved views. Delete one, then save this one." in text_of(page)) == (name == "Three")
    assert set(SavedView.objects.values_list("name", flat=True)) == {"One", "Two"}
    lena.post("/endpoints/views/", {"name": "Hers", "query": ""})
    assert SavedView.objects.count() == 3


def test_a_shared_view_is_deleted_by_its_owner_or_an_admin(alice, bob, lena, db):
    for owner in (bob, lena):
        owner.post("/endpoints/views/", {"name": "Ours", "query": "q=call", "shared": "on"})
    for view in SavedView.objects.all():
        assert text_of(bob.get("/endpoints/views/")).count("Delete") == 1
        assert text_of(alice.get("/endpoints/views/")).count("Delete") >= 1
        for other in {bob, lena}:
            if other.user != view.owner:
                other.post(f"/endpoints/views/{view.pk}/", {"action": "delete"})
        assert SavedView.objects.filter(pk=view.pk).exists()
    alice.post(f"/endpoints/views/{bob.user.saved_views.get().pk}/", {"action": "delete"})
    assert list(SavedView.objects.values_list("owner__username", flat=True)) == ["lena"]
    assert Event.objects.get(verb=Verb.VIEW_DELETED).actor_name == "alice"
    own = lena.user.saved_views.get()
    saved_views.share(own, actor=lena.user, shared=False)
    assert alice.post(f"/endpoints/views/{own.pk}/", {"action": "delete"}).status_code == 404
    assert SavedView.objects.filter(pk=own.pk).exists()


def test_whoever_manages_one_resource_has_no_button_to_delete_a_view_of_the_team(bob, nemo, resource):
    bob.post("/endpoints/views/", {"name": "Ours", "query": "q=call", "shared": "on"})
    Grant.objects.create(person=nemo.user, role=RoleName.VIEWER)
    Grant.objects.create(person=nemo.user, role=RoleName.RESOURCE_ADMIN, resource=resource)
    page = text_of(nemo.get("/endpoints/views/"))
    assert "Ours" in page
    assert "Delete" not in page


def test_of_many_drafts_of_a_person_the_newest_stay(alice, lena, endpoint, monkeypatch):
    monkeypatch.setattr(draft, "MOST", 3)
    theirs = Draft.objects.create(owner=lena.user)
    kept = [uuid.uuid4() for _ in range(5)]
    for pk in kept:
        address = f"{reverse('endpoints:new')}?draft={pk}"
        alice.post(address, {"draft": pk, "step": "details", "name": "A name", "go": "keep"})
    assert {one.pk for one in Draft.objects.all()} == {theirs.pk, *kept[2:]}
    alice.get(reverse("endpoints:new"), {"clone": endpoint.pk})
    assert Draft.objects.filter(owner=alice.user).count() == 3
