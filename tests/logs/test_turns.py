"""The order of what takes long: small before large, people and endpoints alternately, and nothing waits for ever."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from endpoints import tasks
from endpoints.changes.turns import PATIENCE, SMALL
from endpoints.models import Download, Endpoint, LogArchive, Resource
from endpoints.models.download import DownloadState
from endpoints.models.log_archive import Stage
from tests.logs.steps import refresh

NOW = timedelta(0)
LATER = PATIENCE + timedelta(seconds=1)


@pytest.fixture
def three(logging):
    """Three endpoints, the first of which logs, each on a resource of its own with the same service."""
    found = [logging, *Endpoint.objects.filter(status="Succeeded").exclude(pk=logging.pk)[:2]]
    for number, endpoint in enumerate(found[1:]):
        resource = Resource.objects.get(pk=logging.resource_id)
        resource.pk, resource.name, resource.hook_token = uuid4(), f"Contoso {number}", str(number)
        resource._state.adding = True
        resource.save()
        Endpoint.objects.filter(pk=endpoint.pk).update(resource=resource)
    return [Endpoint.objects.get(pk=endpoint.pk) for endpoint in found]


def requested(person, endpoint, *, left=0, waited=NOW, begun=False, at_work=False):
    """A download of which so many bytes are left, and on which nobody has worked for so long."""
    download = Download.objects.create(endpoint=endpoint, actor=person.user, selection=f"q={uuid4().hex}")
    state = DownloadState.FETCHING if begun or left else DownloadState.QUEUED
    lease = {"leased_until": timezone.now() + timedelta(seconds=20), "lease": uuid4()} if at_work else {}
    facts = {"state": state, "bytes_total": left, "updated_at": timezone.now() - waited, **lease}
    Download.objects.filter(pk=download.pk).update(**facts)
    return download


def works_on(row):
    """Whether a worker that gets the message of a row works on it, instead of putting it off."""
    Download.objects.filter(pk=row.pk).update(due_at=Now())
    before = Download.objects.get(pk=row.pk).updated_at
    tasks.fetch(str(row.pk))
    return Download.objects.get(pk=row.pk).updated_at > before


def test_a_small_download_goes_before_a_large_one(alice, three):
    large = requested(alice, three[0], left=SMALL + 1, waited=timedelta(seconds=30))
    small = requested(alice, three[1], left=SMALL, waited=timedelta(seconds=10))
    assert not works_on(large)
    large.refresh_from_db()
    assert timezone.now() < large.due_at < timezone.now() + timedelta(seconds=3)
    assert works_on(small)
    assert works_on(large)


def test_a_large_download_that_has_waited_a_minute_gives_way_no_longer(alice, three):
    large = requested(alice, three[0], left=SMALL + 1, waited=LATER)
    requested(alice, three[1])
    assert works_on(large)


def test_small_downloads_give_way_to_one_large_one_at_a_time(alice, three):
    requested(alice, three[2], left=SMALL + 1, at_work=True)
    large = requested(alice, three[0], left=SMALL + 1, waited=LATER)
    requested(alice, three[1])
    assert not works_on(large)


def test_people_alternate_however_many_downloads_one_of_them_requests(alice, lena, three):
    requested(alice, three[0], begun=True)
    second = requested(alice, three[1])
    first_of_lena = requested(lena, three[2])
    assert not works_on(second)
    assert works_on(first_of_lena)
    assert works_on(second)


def test_a_person_with_a_download_at_work_lets_another_go_first(alice, lena, three):
    requested(lena, three[2], begun=True, waited=NOW)
    requested(alice, three[0], begun=True, waited=LATER, at_work=True)
    second = requested(alice, three[1])
    assert not works_on(second)


def test_the_endpoints_of_one_person_alternate(alice, three):
    requested(alice, three[0], begun=True, waited=LATER)
    again = requested(alice, three[0])
    Download.objects.exclude(pk=again.pk).update(due_at=None)
    other = requested(alice, three[1])
    assert not works_on(again)
    assert works_on(other)


def test_nobody_gives_way_to_a_download_that_has_no_room(alice, lena, three):
    requested(alice, three[1], at_work=True)
    requested(lena, three[1])
    large = requested(alice, three[0], left=SMALL + 1)
    assert works_on(large)


def test_copying_gives_way_to_a_download_and_a_refresh_does_not(alice, three):
    archive = LogArchive.objects.of(three[0])
    requested(alice, three[1])
    state = {"keep": True, "stage": Stage.KEEPING, "started_at": timezone.now(), "due_at": Now()}
    LogArchive.objects.filter(pk=archive.pk).update(**state)
    tasks.collect(str(archive.pk))
    archive.refresh_from_db()
    assert archive.stage == Stage.KEEPING
    LogArchive.objects.filter(pk=archive.pk).update(started_at=timezone.now() - LATER, due_at=Now())
    tasks.collect(str(archive.pk))
    archive.refresh_from_db()
    assert archive.stage == Stage.IDLE
    assert refresh(three[0]).checked_at > archive.checked_at
