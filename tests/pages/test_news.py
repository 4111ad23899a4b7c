"""What an open page gets when it polls: its parts when there is news, otherwise an empty answer of one query."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from endpoints.access.door.versions import DataVersion, LogsVersion
from endpoints.mirror.resources import save_resource
from endpoints.models import (
    Bulk,
    Change,
    ConnectionCheck,
    Download,
    Endpoint,
    LogArchive,
    LogEntry,
    Purge,
    Resource,
    SpeechModel,
    Sweep,
)
from endpoints.models.download import DownloadState
from endpoints.models.log_archive import Stage
from tests.changes.requests import request_model

ENDPOINT_TABS = ("detail", "sample-code", "content-logging", "history")
PAGES = ("list", "models", "downloads", "logs", *ENDPOINT_TABS)
LIVE = re.compile(r'<[a-z]+ id="([^"]+)"[^>]* data-live[^>]* hx-get="([^"]+)"')
AT = timezone.now().replace(hour=12, minute=1, second=0)


def address(name, endpoint):
    return reverse(f"endpoints:{name}", args=[] if name in ("list", "models", "downloads") else [endpoint.pk])


def parts(person, name, endpoint):
    """{id: address} of the parts of a page that poll."""
    page = person.get(address(name, endpoint)).content.decode()
    return {part: unescape(poll) for part, poll in LIVE.findall(page)}


def poll(person, part, where):
    return person.get(where, headers={"HX-Request": "true", "HX-Target": part})


@pytest.fixture
def quiet(monkeypatch, alice, endpoint):
    """An endpoint whose content logs have just been listed, so that opening their page requests nothing."""
    monkeypatch.setattr(timezone, "now", lambda: AT)  # no quarter of an hour begins
    now = timezone.now()
    LogArchive.objects.create(endpoint=endpoint, stage=Stage.IDLE, listed_at=now, checked_at=now, due_at=None)
    Resource.objects.update(mirrored_at=now - timedelta(seconds=40))
    Sweep.record()
    return endpoint


@pytest.mark.parametrize("name", PAGES)
def test_a_page_without_news_is_answered_by_one_query_and_the_age_of_the_data(alice, quiet, name):
    found = parts(alice, name, quiet)
    assert found
    for part, where in found.items():
        with CaptureQueriesContext(connection) as queries:
            answer = poll(alice, part, where)
        assert (answer.status_code, answer.content, len(queries)) == (204, b"", 1)
        assert answer["Age"] == "40"
        assert sum(len(name) + len(value) + 4 for name, value in answer.headers.items()) < 100


@pytest.mark.parametrize("name", PAGES)
def test_a_banner_is_news_on_each_page(alice, quiet, name):
    found = parts(alice, name, quiet)
    Resource.objects.update(failing_since=AT, failure="The service did not answer.")
    for part, where in found.items():
        html = poll(alice, part, where).content.decode()
        assert f'id="{part}"' in html
        assert "The service did not answer." in html.partition('<div id="banners" hx-swap-oob="innerHTML">')[2]


PROGRESS = ("bulk-progress", "purge", "log-entry", "resource-draft")
FORMS = (
    *("new", "change-model", "edit", "delete", "log-days", "logs-keep", "logs-purge", "resource-new", "resource-edit"),
    *("settings", "views", "help", "search", "shortcuts"),
)


@pytest.fixture
def progress(alice, quiet):
    """The addresses of pages that follow a progress, all of them ended."""
    now = timezone.now()
    entry = LogEntry.objects.create(endpoint=quiet, key="2026-01-01_000000_1", at=now, day=now.date())
    purge = Purge.objects.create(endpoint=quiet, actor=alice.user, state="failed")
    bulk = Bulk.objects.create(actor=alice.user, kind="edit")
    draft = ConnectionCheck.objects.create(draft=True, name="Fabrikam", region="eastus", finished_at=now)
    keys = {"bulk-progress": [bulk.pk], "purge": [purge.pk], "resource-draft": [draft.pk]}
    found = {name: reverse(f"endpoints:{name}", args=args) for name, args in keys.items()}
    return found | {"log-entry": entry.get_absolute_url()}


@pytest.fixture
def forms(quiet):
    """The addresses of pages with forms, and of others that follow nothing."""
    args = {"resource-edit": [quiet.resource_id]}
    of_endpoint = ("change-model", "edit", "delete", "log-days", "logs-keep", "logs-purge")
    args |= {key: [quiet.pk] for key in of_endpoint}
    return {name: reverse(f"endpoints:{name}", args=args.get(name, [])) for name in FORMS}


@pytest.mark.parametrize("name", [*PROGRESS, *FORMS])
def test_forms_and_pages_whose_progress_has_ended_learn_of_banners_by_polls_of_one_query(alice, progress, forms, name):
    address = (progress | forms)[name]
    where = dict(LIVE.findall(alice.get(address).content.decode()))["banners"]
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{address}"}
    with CaptureQueriesContext(connection) as queries:
        assert alice.get(where, headers=headers).status_code == 204
    assert len(queries) == 1
    Sweep.objects.update(at=AT - timedelta(days=2))
    answer = alice.get(where, headers=headers).content.decode()
    assert "No worker is running." in answer
    assert LIVE.search(answer)[2] != where


def test_a_form_stays_open_when_the_session_has_ended(alice, client, forms):
    where = dict(LIVE.findall(alice.get(forms["edit"]).content.decode()))["banners"]
    answer = client.get(where, headers={"HX-Request": "true", "HX-Current-URL": f"http://testserver{forms['edit']}"})
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "session-ended")
    assert client.get(where).status_code == 302
    page = alice.get(f"{forms['new']}?step=2").content.decode()
    assert 'href="/sign-in/?next=%2Fendpoints%2Fnew%2F%3Fstep%3D2"' in page


def test_a_page_without_permission_polls_nothing(nemo):
    assert LIVE.findall(nemo.get("/settings/").content.decode()) == []


def test_banners_that_are_polled_alone_are_those_of_the_page(alice, quiet):
    Resource.objects.update(failing_since=AT, failure="The service did not answer.")
    for page, shown in ((reverse("endpoints:new"), True), ("/help/", False), ("/nowhere/", False)):
        headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
        answer = alice.get(reverse("endpoints:banners"), headers=headers).content.decode()
        assert ("The service did not answer." in answer) == shown


@pytest.mark.parametrize("name", ["resources", "all-logs"])
def test_a_page_without_an_endpoint_learns_of_banners_by_polls_of_one_query(alice, quiet, name):
    ((part, where),) = LIVE.findall(alice.get(reverse(f"endpoints:{name}")).content.decode())
    with CaptureQueriesContext(connection) as queries:
        answer = poll(alice, part, unescape(where))
    assert (answer.status_code, len(queries), answer["Age"]) == (204, 1, "40")
    Sweep.objects.update(at=AT - timedelta(days=2))
    html = poll(alice, part, unescape(where)).content.decode()
    assert "No worker is running." in html.partition('<div id="banners" hx-swap-oob="innerHTML">')[2]


@pytest.mark.parametrize("name", ENDPOINT_TABS)
def test_each_tab_brings_its_section_and_the_title_with_the_head_of_the_page(alice, quiet, name):
    ((part, where),) = parts(alice, name, quiet).items()
    Endpoint.objects.update(display_name="Another name", updated_at=timezone.now())
    html = poll(alice, part, where).content.decode()
    assert re.search("<title>.+ - Another name - Speech Studio</title>", html)
    assert re.search(f'id="panel" aria-labelledby="tab-{name}" hx-swap-oob="true"', html)
    assert LIVE.search(html)[2] != where


def test_a_minute_is_news_only_while_something_is_deployed(monkeypatch, alice, endpoint, other):
    def version(minutes):
        monkeypatch.setattr(timezone, "now", lambda: AT + timedelta(minutes=minutes))
        return DataVersion.now().version

    assert version(0) == version(13)
    assert version(0) != version(14)
    change = request_model(alice, endpoint, other)
    assert version(0) == version(13)
    Change.objects.filter(pk=change.pk).update(state="deploying")
    assert version(0) != version(1)


def test_what_pages_show_of_resources_models_workers_and_time_is_news(mirrored, alice, endpoint, other):
    now = timezone.now()
    SpeechModel.objects.update(expires_at=now + timedelta(days=9))
    change = request_model(alice, endpoint, other, at=now + timedelta(hours=1))
    Sweep.record()
    Sweep.objects.update(at=now, beat_at=now)
    ready = {"endpoint": endpoint, "state": DownloadState.READY, "actor": alice.user}
    # As long as it has not been read again: a new name alone is news.
    Resource.objects.update(cataloged_at=None)
    renamed = Resource.objects.get()
    renamed.name = "Another name"
    seen = {DataVersion.now().version}
    for number, happens in enumerate(
        (
            lambda: save_resource(renamed, actor=alice.user),
            lambda: Resource.objects.update(cataloged_at=now + timedelta(minutes=10)),
            lambda: SpeechModel.objects.filter(pk=endpoint.model_id).update(expires_at=now - timedelta(seconds=1)),
            lambda: Change.objects.filter(pk=change.pk).update(scheduled_for=now - timedelta(seconds=1)),
            lambda: Download.objects.create(**ready),
            lambda: Sweep.objects.update(at=now - timedelta(hours=1), beat_at=now - timedelta(hours=1)),
        ),
        start=2,
    ):
        happens()
        seen.add(DataVersion.now().version)
        assert len(seen) == number


def test_what_the_list_of_content_logs_shows_is_news(alice, quiet):
    seen = {LogsVersion.now(quiet.pk).version}
    for number, happens in enumerate(
        (
            lambda: LogArchive.objects.update(checked_at=AT + timedelta(seconds=1)),
            lambda: Download.objects.create(endpoint=quiet, actor=alice.user),
            lambda: Purge.objects.create(endpoint=quiet),
            lambda: Endpoint.objects.filter(pk=quiet.pk).update(updated_at=AT + timedelta(seconds=1)),
        ),
        start=2,
    ):
        happens()
        seen.add(LogsVersion.now(quiet.pk).version)
        assert len(seen) == number
