"""A download that is requested again leads to the zip that is still kept, while it has all that a new one would."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.logs.download import requests as downloads
from endpoints.models import Download, Event, LogArchive
from endpoints.models.event import Verb
from tests.pages.reading import text_of

SAID = "You already have this zip file"


@pytest.fixture
def ready(lena, logging, worker):
    return worker.download(downloads.request_download(actor=lena.user, endpoint=logging))


def request_again(person, endpoint, **typed):
    return person.post(reverse("endpoints:download", args=[endpoint.pk]), typed, follow=True)


def listed(endpoint, **ago):
    LogArchive.objects.filter(pk=endpoint.pk).update(listed_at=timezone.now() - timedelta(**ago))


def test_the_same_download_is_the_zip_that_is_there_and_the_page_says_so(lena, logging, ready):
    answer = request_again(lena, logging)
    assert answer.redirect_chain == [("/downloads/", 302)]
    assert SAID in text_of(answer)
    assert Download.objects.get() == ready
    assert Event.objects.filter(verb=Verb.LOGS_REQUESTED).count() == 1


def test_ticked_entries_are_known_without_a_new_list(lena, logging, ready, worker):
    entry = str(logging.log_entries.first().pk)
    worker.download(downloads.request_download(actor=lena.user, endpoint=logging, selection=f"entry={entry}"))
    listed(logging, days=1)
    assert SAID in text_of(request_again(lena, logging, entry=entry))


@pytest.mark.parametrize(
    "change",
    [
        lambda zip_: zip_.endpoint.log_files.filter(pk=zip_.files.first().pk).update(size=1),
        lambda zip_: zip_.files.filter(pk=zip_.files.first().pk).update(stored_at=timezone.now()),
        lambda zip_: zip_.files.filter(pk=zip_.files.first().pk).update(stored_as=""),
        lambda zip_: zip_.endpoint.log_files.first().delete(),
        lambda zip_: listed(zip_.endpoint, minutes=6),
        lambda zip_: Download.objects.update(files_missing=1),
        lambda zip_: Download.objects.update(expires_at=timezone.now()),
        lambda zip_: Download.objects.update(purpose="Complaint 7"),
        lambda zip_: downloads.cancel(zip_, actor=zip_.actor),
    ],
    ids=[
        "other size",
        "stored since",
        "missing here",
        "removed",
        "old list",
        "incomplete",
        "old",
        "purpose",
        "removed",
    ],
)
def test_whatever_might_differ_makes_a_new_one(lena, logging, ready, change):
    change(ready)
    answer = request_again(lena, logging)
    assert SAID not in text_of(answer)
    assert Download.objects.exclude(pk=ready.pk).get().active


def test_zips_of_others_and_of_other_selections_are_not_the_same(alice, lena, logging, ready):
    assert SAID not in text_of(request_again(alice, logging))
    assert SAID not in text_of(request_again(lena, logging, longer="0"))
    assert Download.objects.count() == 3
