"""The page of all content logs: which endpoints it has, what is deleted when, and what is saved."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from endpoints.models import Endpoint, LogArchive, LogEntry, LogFile, Resource
from endpoints.models.log import RETENTION, FileKind
from endpoints.models.secret import Secret

PAGE = "/logs/"


@pytest.fixture
def speech(db):
    now = timezone.now()
    return Resource.objects.create(name="Contoso", region="eastus", mirrored_at=now, cataloged_at=now, due_at=None)


@pytest.fixture
def make(speech):
    """Makes an endpoint with entries that the service deletes in so many days; `saved` of each are stored here."""

    def make(name, *days, saved=False, listed=timedelta(), **facts):
        number = Endpoint.objects.count()
        facts = {"resource": speech, "locale": "en-US", "logging_enabled": True, **facts}
        one = Endpoint.objects.create(display_name=name, remote_id=f"{number:032}", status="Succeeded", **facts)
        if listed is not None:
            at = timezone.now() - listed
            LogArchive.objects.create(endpoint=one, listed_at=at, checked_at=at, due_at=None)
        for n, left in enumerate(days):
            at = timezone.now() + timedelta(days=left) - RETENTION
            entry = LogEntry.objects.create(endpoint=one, key=f"{name}{n}", at=at, day=at.date())
            for kind in (FileKind.AUDIO, FileKind.TRANSCRIPTION):
                stored = {"stored_as": f"{name}{n}{kind}", "stored_at": timezone.now()} if saved else {}
                LogFile.objects.create(
                    endpoint=one, entry=entry, remote_id=f"{name}{n}{kind}", kind=kind, created_at=at, **stored
                )
        return one

    return make


def text(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def order(answer):
    return [str(one) for one in re.findall(r'<tr id="logs-([^"]+)"', answer.content.decode())]


def row(answer, endpoint):
    html = re.search(rf'<tr id="logs-{endpoint.pk}".*?</tr>', answer.content.decode(), re.DOTALL)[0]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_what_the_service_deletes_first_is_at_the_top(lena, make):
    later, first, unknown = make("A", 20), make("B", 9, 2.5), make("C", listed=None)
    none = make("D")
    assert order(lena.get(PAGE)) == [str(one.pk) for one in (first, later, unknown, none)]


def test_endpoints_that_log_and_those_that_hold_logs_are_listed(lena, make):
    logs, holds = make("Logs"), make("Holds", 5, logging_enabled=False)
    deleted = make("Deleted", 5, saved=True, gone_at=timezone.now())
    make("Neither", logging_enabled=False)
    make("Deleted without logs", gone_at=timezone.now())
    page = lena.get(PAGE)
    assert set(order(page)) == {str(one.pk) for one in (logs, holds, deleted)}
    assert "Logging off" in row(page, holds)
    assert "Endpoint deleted" in row(page, deleted)
    assert "No longer in Azure" in row(page, deleted)


def test_a_row_says_when_the_service_deletes_and_what_of_it_is_not_saved(lena, make):
    make("Later", 25)
    near, saved = make("Near", 2.5, 2.6, 20), make("Saved", 2.5, saved=True)
    page = lena.get(PAGE)
    assert "2 days" in row(page, near)
    assert "2 entries not saved" in row(page, near)
    assert "0 of 6 files" in row(page, near)
    assert "All saved" in row(page, saved)
    assert "2 of 2 files" in row(page, saved)
    assert "2 entries will be deleted within 7 days and aren't saved" in text(page)


def test_what_this_app_has_sent_is_counted_nowhere(lena, make):
    one = make("Own", 2.5, 20)
    LogEntry.objects.filter(key="Own0").update(probe=True)
    shown = row(lena.get(PAGE), one)
    assert re.search(r"\b1\b.*\b0 of 2 files", shown)
    assert "2 days" not in shown
    assert "not saved" not in shown
    assert 'id="countdown"' not in lena.get(one.get_absolute_url()).content.decode()
    LogEntry.objects.filter(key="Own0").update(probe=False)
    assert 'id="countdown"' in lena.get(one.get_absolute_url()).content.decode()


def test_an_entry_of_which_one_file_is_saved_is_not_saved(lena, make):
    one = make("Half", 2.5)
    LogFile.objects.filter(endpoint=one, kind=FileKind.AUDIO).update(stored_as="x", stored_at=timezone.now())
    page = row(lena.get(PAGE), one)
    assert "1 entry not saved" in page
    assert "1 of 2 files" in page


def test_logs_that_the_service_has_deleted_are_not_deleted_again(lena, make):
    one = make("Gone", 1.5, 20, saved=True)
    LogFile.objects.filter(remote_id__startswith="Gone0").update(gone_at=timezone.now())
    assert "All saved" not in row(lena.get(PAGE), one)
    assert not order(lena.get(PAGE, {"deleted": "7"}))


def test_nothing_is_said_to_be_safe_of_logs_that_were_never_or_long_ago_checked(lena, make):
    never, long_ago = make("Never", listed=None), make("Long ago", 2.5, listed=timedelta(days=24))
    page = lena.get(PAGE)
    assert "No logs checked yet, so their expiration is unknown." in page.content.decode()
    assert "Unknown" in row(page, never)
    assert "Last checked too long ago" in row(page, long_ago)
    assert "Expiration unknown for 2 endpoints" in text(page)
    assert "Nothing unsaved" not in text(page)


def test_in_storage_of_the_customer_the_service_deletes_nothing_that_we_know_of(lena, make):
    other = Resource.objects.create(name="Own", region="eastus", mirrored_at=timezone.now(), due_at=None)
    other.log_container = Secret.of("https://example.blob.core.windows.net/logs?sig=1")
    other.save(update_fields=["log_container"])
    one = make("Own", 2.5, resource=other)
    page = lena.get(PAGE)
    assert "Own storage" in row(page, one)
    assert "aren't saved" not in text(page)
    assert "isn't saved" not in text(page)


def test_a_version_without_logs_offers_no_download(lena, make):
    other = Resource.objects.create(
        name="New", region="eastus", api_version="2025-10-15", capabilities={"logs": False}, due_at=None
    )
    one = make("New", resource=other)
    page = lena.get(PAGE)
    assert "API version 2025-10-15 has no content logs" in row(page, one)
    assert reverse("endpoints:download", args=[one.pk]) not in page.content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=hotline", ["EU hotline"]),
        ("locale=de-DE", ["EU hotline"]),
        ("locale=de-DE&q=dictation", []),
        ("saving=on", ["Dictation"]),
        ("saving=off", ["EU hotline"]),
        ("deleted=7", ["EU hotline"]),
        ("project=none", ["EU hotline", "Dictation"]),
        ("saving=perhaps&project=x", ["EU hotline", "Dictation"]),
    ],
)
def test_filters_narrow_the_list(lena, make, query, found):
    by_name = {one.display_name: one for one in (make("EU hotline", 3, locale="de-DE"), make("Dictation", 9))}
    LogArchive.objects.filter(endpoint=by_name["Dictation"]).update(keep=True)
    assert order(lena.get(f"{PAGE}?{query}")) == [str(by_name[name].pk) for name in found]


def test_an_endpoint_is_found_by_its_id_in_azure(lena, make):
    one = make("EU hotline")
    Endpoint.objects.filter(pk=one.pk).update(remote_id="0d0bca4a-3a7a-4c9b-9f8a-b6dd0e1b6a11")
    make("Other")
    assert order(lena.get(PAGE, {"q": "0d0bca4a-3a7a-4c9b-9f8a-b6dd0e1b6a11"})) == [str(one.pk)]


def test_the_list_is_paged(lena, make):
    made = [make(f"E{n:02}") for n in range(51)]
    first = lena.get(PAGE)
    assert len(order(first)) == 50
    assert "51 endpoints" in text(first)
    assert order(lena.get(PAGE, {"page": "2"})) == order(lena.get(PAGE, {"page": "last"})) == [str(made[-1].pk)]
    assert order(lena.get(PAGE, {"page": "nonsense"})) == order(first)


def test_an_address_has_no_empty_parameters(lena, make):
    for n in range(51):
        make(f"E{n:02}")
    form = f"{PAGE}?q=&locale=en-US&saving="
    assert lena.get(form)["Location"] == f"{PAGE}?locale=en-US"
    assert lena.get(form, headers={"HX-Request": "true"})["HX-Push-Url"] == f"{PAGE}?locale=en-US"
    assert lena.get(f"{PAGE}?q=")["Location"] == PAGE
    assert f"{PAGE}?locale=en-US&amp;page=2" in lena.get(f"{PAGE}?locale=en-US").content.decode()


def test_checking_for_new_logs_leads_back_to_the_same_list(lena, make):
    one = make("EU hotline", listed=None)
    answer = lena.post(reverse("endpoints:logs-refresh", args=[one.pk]), {"page": "all", "query": "q=eu&sort=//evil"})
    assert answer["Location"] == "/logs/?q=eu"
    assert LogArchive.objects.get(endpoint=one).refreshing
    assert "Checking" in row(lena.get(PAGE), one)


def test_only_who_decides_what_is_saved_is_offered_its_settings(lena, alice, make):
    address = reverse("endpoints:logs-keep", args=[make("EU hotline").pk])
    assert address in alice.get(PAGE).content.decode()
    assert address not in lena.get(PAGE).content.decode()


def test_without_any_logs_the_page_says_how_to_turn_logging_on(lena, make):
    make("Silent", logging_enabled=False)
    page = lena.get(PAGE)
    assert "No content logs yet" in text(page)
    assert "Log content from this endpoint" in text(page)
    assert "/help/#content-logging" in page.content.decode()


def test_when_nothing_matches_the_filters_they_can_be_cleared(lena, make):
    make("EU hotline")
    page = lena.get(PAGE, {"q": "zzz"})
    assert "Nothing found" in text(page)
    assert "0 endpoints" in text(page)


def poll(person, page):
    address = re.search(r'id="all-logs"[^>]*hx-get="([^"]+)"', page.content.decode())[1].replace("&amp;", "&")
    return person.get(address, headers={"HX-Request": "true", "HX-Target": "all-logs"})


def test_an_open_page_is_told_of_news_and_otherwise_of_nothing(lena, make, django_assert_num_queries):
    one = make("EU hotline", 3)
    page = lena.get(PAGE)
    with django_assert_num_queries(1):
        assert poll(lena, page).status_code == 204
    LogArchive.objects.filter(endpoint=one).update(checked_at=timezone.now() + timedelta(seconds=1))
    news = poll(lena, page)
    assert news.status_code == 200
    assert order(news) == [str(one.pk)]
    assert 'id="log-sums"' in news.content.decode()
    assert "<html" not in news.content.decode()
    assert "HX-Push-Url" not in news
    assert poll(lena, news).status_code == 204


def test_a_poll_without_a_session_is_no_answer_to_what_has_changed(client, lena, make):
    make("EU hotline", 3)
    page = lena.get(PAGE)
    assert "EU hotline" not in poll(client, page).content.decode()


def test_the_menu_leads_to_the_page(lena):
    assert '<a href="/logs/" aria-current="page"' in lena.get(PAGE).content.decode()
