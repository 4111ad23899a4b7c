"""Browsing content logs: entries by day over all files, searched and filtered; one entry read, played and followed."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO

import pytest
from django.core.files import File
from django.core.files.storage import storages
from django.db import connection
from django.db.models import F
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from endpoints import tasks
from endpoints.access.door.versions import LogsVersion
from endpoints.models import Event, LogArchive, LogDay, LogEntry, LogFile
from endpoints.models.claim import database_now
from endpoints.models.event import Verb
from endpoints.models.log import FileKind
from tests.logs.steps import finish_refresh
from tests.rewriting import events_rewritten

WAV = b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(range(256)) * 4
HTMX = {"HX-Request": "true", "HX-Target": "entries"}


def address(endpoint, query=""):
    return reverse("endpoints:logs", args=[endpoint.pk]) + query


def page(person, endpoint, query=""):
    answer = person.get(address(endpoint, query))
    assert answer.status_code == 200
    return answer.content.decode()


def shown(html):
    """The ids of the entries on a page, in their order."""
    return [int(pk) for pk in re.findall(r'<tr id="entry-(\d+)"', html)]


def write(endpoint, at="2026-03-02 10:15:03", text="", *, audio=WAV, transcript=b"{}", **facts):
    """An entry of which we hold copies; None for a half that the service never had."""
    moment = datetime.fromisoformat(at).replace(tzinfo=UTC)
    key = f"{moment:%Y-%m-%d_%H%M%S}__{LogEntry.objects.count()}"
    empty = audio == b"" or transcript == b""
    halves = {"has_audio": audio is not None, "has_transcript": transcript is not None, "empty": empty}
    facts = {"outcome": "recognized" if text else "", "duration": timedelta(seconds=4), **halves, **facts}
    entry = LogEntry.objects.create(endpoint=endpoint, key=key, at=moment, day=moment.date(), text=text, **facts)
    for kind, name, data in ((FileKind.AUDIO, "wav", audio), (FileKind.TRANSCRIPTION, "v2.json", transcript)):
        if data is not None:
            stored = storages["logs"].save(f"{endpoint.pk}/{key}.{name}", File(BytesIO(data)))
            about = {"remote_id": f"{key}_{name}", "name": f"{key}.{name}", "created_at": moment, "size": len(data)}
            LogFile.objects.create(endpoint=endpoint, entry=entry, kind=kind, stored_as=stored, sha256="aa", **about)
    return entry


@pytest.fixture
def known(endpoint):
    """An endpoint whose logs a worker has just looked at."""
    LogArchive.objects.create(endpoint=endpoint, checked_at=timezone.now(), due_at=None)
    return endpoint


def test_the_first_visit_looks_for_files_and_follows_until_the_entries_are_there(lena, logging):
    html = page(lena, logging)
    assert "Checking for logs…" in html
    poll = unescape(re.search(r'hx-get="([^"]+version=[^"]+)" hx-trigger="every 2s', html)[1])
    quiet = lena.get(poll, headers=HTMX)
    assert (quiet.status_code, quiet.content) == (204, b"")
    assert len(str(quiet.headers)) < 250
    finish_refresh(logging)
    news = lena.get(poll, headers=HTMX)
    assert news.status_code == 200
    assert "<html" not in news.content.decode()
    assert len(shown(news.content.decode())) == 4
    assert "every 2s" not in news.content.decode()


def test_what_is_due_in_this_second_is_due_already_so_that_a_poll_finds_no_news(known):
    LogArchive.objects.update(due_at=database_now())
    version = LogsVersion.now(known.pk).version
    LogArchive.objects.update(due_at=F("due_at") - timedelta(seconds=2))
    assert LogsVersion.now(known.pk).version == version


def test_what_vanishes_soon_is_told_when_the_look_ends_and_not_before(lena, logging):
    html = page(lena, logging)
    assert 'id="countdown"' not in html
    finish_refresh(logging)
    LogFile.objects.update(created_at=Now() - timedelta(days=29))
    news = lena.get(address(logging), headers=HTMX).content.decode()
    assert "8 files will be deleted within" in news
    assert news.count('id="countdown"') == 1
    assert page(lena, logging).count('id="countdown"') == 1


def test_a_page_that_was_opened_a_moment_ago_asks_for_no_other_look_and_a_press_does(lena, logging):
    page(lena, logging)
    finish_refresh(logging)
    page(lena, logging)
    assert not LogArchive.objects.get().refreshing
    lena.post(reverse("endpoints:logs-refresh", args=[logging.pk]))
    assert LogArchive.objects.get().refreshing
    finish_refresh(logging)
    LogArchive.objects.update(checked_at=timezone.now() - timedelta(minutes=6))
    page(lena, logging)
    assert LogArchive.objects.get().refreshing


def test_a_poll_of_somebody_who_has_signed_out_is_not_answered_with_no_news(lena, logging):
    poll = unescape(re.search(r'hx-get="(/endpoints/[^"]+version=[^"]+)"', page(lena, logging))[1])
    lena.logout()
    assert lena.get(poll, headers=HTMX)["HX-Redirect"].startswith("/sign-in/")


def test_a_look_that_fails_says_why_and_since_when(lena, logging, world):
    page(lena, logging)
    world.fail({"method": "GET", "path": "/files/logs", "times": 50, "effect": {"status": 503}})
    tasks.collect(str(logging.pk))
    html = page(lena, logging)
    assert "Checking for logs failed" in html
    assert "Since" in html
    assert "every 2s" in html


def test_entries_are_pairs_by_utc_day_newest_first(lena, known):
    late = write(known, "2026-03-02 23:30:00", "Good night", confidence=0.914)
    early = write(known, "2026-03-02 00:30:00", "Good morning")
    before = write(known, "2026-03-01 12:00:00", "Hello")
    lena.cookies["time_zone"] = "Pacific/Auckland"
    html = page(lena, known)
    assert shown(html) == [late.pk, early.pk, before.pk]
    assert re.findall(r"<h3>([^<]+)</h3>", html) == ["Mar 2, 2026", "Mar 1, 2026"]
    assert "91%" in html
    assert "4.0 s" in html
    assert "3 entries" in html


def test_times_and_days_of_content_logs_are_in_utc_for_every_reader(lena, known):
    entry = write(known, "2026-03-02 23:30:00", "Good night")
    lena.cookies["time_zone"] = "Pacific/Auckland"
    for here in (address(known), entry.get_absolute_url(), reverse("endpoints:log-days", args=[known.pk])):
        html = lena.get(here).content.decode()
        assert "Times and days are in UTC" in html
        assert "NZDT" not in html
    assert "2026-03-02T23:30+0000" in lena.get(address(known), headers=HTMX).content.decode()


def test_empty_parameters_are_left_out_of_the_address(lena, known):
    form = f"{address(known)}?q=&from=2026-03-02&to=&result="
    assert lena.get(form)["Location"] == f"{address(known)}?from=2026-03-02"
    assert lena.get(form, headers=HTMX)["HX-Push-Url"] == f"{address(known)}?from=2026-03-02"
    assert lena.get(f"{address(known)}?q=")["Location"] == address(known)


def test_what_is_missing_of_an_entry_is_said_on_it(lena, known):
    write(known, audio=None)
    write(known, transcript=None)
    write(known, audio=b"")
    write(known, outcome="nothing")
    write(known, outcome="unreadable")
    html = page(lena, known)
    for words in ("No recording", "No transcript", "Empty file", "No result", "The transcript can't be read"):
        assert html.count(f"{words}</span>") == 1, words


def test_whether_our_copy_is_here_and_until_when_the_service_has_it_is_said(lena, known):
    here, away, gone = write(known), write(known), write(known)
    LogFile.objects.filter(entry=away).update(stored_as="")
    LogFile.objects.filter(entry=gone).update(gone_at=timezone.now())
    rows = dict(zip(*[iter(re.split(r'<tr id="entry-(\d+)"', page(lena, known))[1:])] * 2, strict=True))
    assert "Saved</span>" in rows[str(here.pk)]
    assert "In Azure until Apr 1, 2026" in rows[str(here.pk)]
    assert "Not saved" in rows[str(away.pk)]
    assert "No longer in Azure" in rows[str(gone.pk)]


FILTERS = {
    "q=invoice": "a",
    "q=INVOICE delivery": "",
    "q=zz": "",
    "from=2026-03-02": "bcd",
    "to=2026-03-02": "abc",
    "from=2026-03-02&to=2026-03-02": "bc",
    "longer=10": "b",
    "shorter=4": "acd",
    "below=50": "c",
    "result=none": "d",
    "partial=1": "c",
    "q=the&longer=10": "b",
    "from=nonsense&longer=x&result=y": "abcd",
}


@pytest.mark.parametrize("query", FILTERS)
def test_entries_are_searched_and_filtered_by_the_address(lena, known, query):
    entries = {
        "a": write(known, "2026-03-01 09:00:00", "About the last invoice"),
        "b": write(known, "2026-03-02 09:00:00", "The delivery address", duration=timedelta(seconds=12)),
        "c": write(known, "2026-03-02 10:00:00", "Unsure", confidence=0.31, audio=None),
        "d": write(known, "2026-03-03 09:00:00", outcome="nothing"),
    }
    headers = HTMX
    found = lena.get(address(known, f"?{query}"), headers=headers).content.decode()
    expected = [entries[name].pk for name in sorted(FILTERS[query], reverse=True)]
    assert shown(found) == expected
    assert "<html" not in found
    assert (f"{len(expected)} entr" in found) or ("Nothing found" in found)


def test_what_was_searched_is_seen_however_far_it_is_in_a_long_text(lena, known):
    write(known, text=f"{'word ' * 4000} zeppelin <b>{' end' * 4000}")
    html = page(lena, known, "?q=Zeppelin")
    assert "<mark>zeppelin</mark> &lt;b&gt;" in html
    assert len(html) < 40_000


def test_filters_are_chips_that_can_be_taken_off_and_go_with_what_is_chosen(lena, known):
    write(known, text="Hello")
    html = page(lena, known, "?from=2026-03-02&below=99.5&partial=1&page=x")
    assert "From: <bdi>Mar 2, 2026</bdi>" in html
    assert "Confidence below: <bdi>99.5%</bdi>" in html
    assert f'href="{address(known)}?from=2026-03-02&amp;below=99.5"' in html
    assert '<input type="hidden" name="below" value="99.5" form="chosen">' in html


def test_pages_lead_through_all_entries_by_key(lena, known):
    moment = datetime(2026, 3, 2, tzinfo=UTC)
    about = {"endpoint": known, "day": moment.date(), "has_audio": True}
    LogEntry.objects.bulk_create(
        LogEntry(key=str(n), at=moment + timedelta(seconds=n // 3), **about) for n in range(120)
    )
    seen, html = [], page(lena, known)
    while link := re.search(r'id="page-next"[^>]* href="([^"]+)"', html):
        seen += shown(html)
        html = lena.get(unescape(link[1])).content.decode()
    seen += shown(html)
    assert len(seen) == len(set(seen)) == 120
    assert "120 entries" in html


def test_without_entries_the_page_says_why(lena, known):
    known.logging_enabled = False
    known.save(update_fields=["logging_enabled"])
    assert "Content logging is off" in page(lena, known)
    known.logging_enabled = True
    known.save(update_fields=["logging_enabled"])
    assert "No entries yet" in page(lena, known)
    assert "No entries match <bdi>hello</bdi>" in page(lena, known, "?q=hello")


def test_many_entries_are_not_counted_one_by_one(lena, known, monkeypatch):
    for _entry in range(3):
        write(known)
    monkeypatch.setattr("endpoints.pages.endpoint_list.selection.COUNTED", 2)
    assert "More than 2 entries" in page(lena, known)


def test_opening_an_entry_fetches_what_is_not_here_and_shows_text_words_and_recording(lena, logging):
    page(lena, logging)
    finish_refresh(logging)
    entry = LogEntry.objects.first()
    html = lena.get(entry.get_absolute_url()).content.decode()
    assert "Getting the recording" in html
    assert entry.text in unescape(html)
    poll = unescape(re.search(r'hx-get="(/endpoints/[^"]+version=[^"]+)"', html)[1])
    headers = {**HTMX, "HX-Target": "content"}
    assert lena.get(poll, headers=headers).status_code == 204
    finish_refresh(logging)
    html = lena.get(poll, headers=headers).content.decode()
    assert "<audio" in html
    assert 'preload="none"' in html  # what is fetched counts as played
    assert "every 2s" not in html
    assert len(re.findall("data-start", html)) == len(entry.text.split())
    assert list(Event.objects.filter(verb=Verb.LOGS_READ).values_list("facts", flat=True)) == [{"entry": entry.key}]


def test_a_play_is_written_down_once_whatever_parts_the_player_asks_for(lena, known):
    entry = write(known, text="Hello")
    audio = reverse("endpoints:log-audio", args=[known.pk, entry.pk])
    assert lena.head(audio).status_code == 200
    assert not Event.objects.filter(verb=Verb.LOGS_PLAYED).exists()
    for asked in ("bytes=0-", "bytes=100-199", "bytes=0-10"):
        answer = lena.get(audio, headers={"Range": asked})
        assert answer.status_code == 206
        assert answer["Content-Type"] == "audio/wav"
        assert "no-store" in answer["Cache-Control"]
        b"".join(answer.streaming_content)
    event = Event.objects.get(verb=Verb.LOGS_PLAYED)
    assert (event.actor_id, event.facts) == (lena.user.pk, {"entry": entry.key})
    with events_rewritten():
        Event.objects.update(at=timezone.now() - timedelta(hours=1))
    b"".join(lena.get(audio).streaming_content)
    assert Event.objects.filter(verb=Verb.LOGS_PLAYED).count() == 2


def test_neighbours_are_those_that_the_address_selects(lena, known):
    entries = [write(known, f"2026-03-0{n} 10:00:00", "even" if n % 2 == 0 else "odd") for n in range(1, 6)]
    html = lena.get(f"{entries[2].get_absolute_url()}?q=odd").content.decode()
    assert f'rel="prev" href="{entries[4].get_absolute_url()}?q=odd"' in html
    assert f'rel="next" href="{entries[0].get_absolute_url()}?q=odd"' in html


def test_what_cannot_be_parsed_is_kept_and_shown_as_such(lena, known):
    entry = write(known, audio=b"\xff\xfb no wav", transcript=b"\x00\x01 no json", outcome="unreadable")
    html = lena.get(entry.get_absolute_url()).content.decode()
    assert "isn't a WAV file that can be played here" in html
    assert "its format can't be read" in html
    audio = lena.get(reverse("endpoints:log-audio", args=[known.pk, entry.pk]))
    assert b"".join(audio.streaming_content) == b"\xff\xfb no wav"
    assert audio["Content-Type"] == "application/octet-stream"
    assert audio["Content-Disposition"].startswith("attachment")
    raw = lena.get(reverse("endpoints:log-transcript", args=[known.pk, entry.pk]), headers={"Accept-Encoding": "gzip"})
    assert raw["Content-Type"].startswith("text/plain")
    assert raw["Content-Disposition"].startswith("attachment")
    assert b"".join(raw.streaming_content) == b"\x00\x01 no json"


def test_an_error_of_the_recognition_is_called_so_and_can_be_filtered(lena, known):
    failed = write(known, outcome="error")
    silent = write(known, outcome="nothing")
    assert page(lena, known).count("Recognition failed</span>") == 1
    assert shown(lena.get(address(known, "?result=error"), headers=HTMX).content.decode()) == [failed.pk]
    assert shown(lena.get(address(known, "?result=none"), headers=HTMX).content.decode()) == [silent.pk]
    html = lena.get(failed.get_absolute_url()).content.decode()
    assert "reported an error instead of text" in html
    assert "Nothing was recognized" not in html
    asked = lena.get(reverse("endpoints:download", args=[known.pk]), {"result": "error"}).content.decode()
    assert "Whose recognition failed" in asked
    german = lena.get(address(known), headers={"Accept-Language": "de"}).content.decode()
    assert german.count("Erkennung fehlgeschlagen</span>") == 1


EMPTY_WAV = b"RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00" + bytes(16) + b"data\x00\x00\x00\x00"


@pytest.mark.parametrize("audio", [b"", EMPTY_WAV], ids=["0 bytes", "no samples"])
def test_a_recording_without_sound_is_called_empty(lena, known, audio):
    entry = write(known, text="Hello", audio=audio)
    html = lena.get(entry.get_absolute_url()).content.decode()
    assert "in Azure contains no audio" in html
    assert "Empty file" not in html  # which would be said of the text
    assert "isn't a WAV file" not in html
    assert "Download the recording" not in html
    assert "<audio" not in html


def test_a_copy_that_is_not_whole_is_not_given_out(lena, known):
    entry = write(known, text="Hello")
    LogFile.objects.filter(entry=entry).update(size=len(WAV) + 1)
    answer = lena.get(reverse("endpoints:log-audio", args=[known.pk, entry.pk]))
    assert answer.status_code == 404
    assert "can't be downloaded" in answer.content.decode()
    assert "incomplete" in lena.get(entry.get_absolute_url()).content.decode()


def test_a_purpose_is_asked_for_first_and_stands_in_each_event(lena, known, settings):
    settings.PURPOSE_REQUIRED = True
    entry = write(known, text="A clandestine word")
    audio = reverse("endpoints:log-audio", args=[known.pk, entry.pk])
    assert "Purpose" in page(lena, known)
    assert "clandestine" not in page(lena, known)
    assert "clandestine" not in lena.get(entry.get_absolute_url()).content.decode()
    assert lena.get(audio).status_code == 302
    lena.post(entry.get_absolute_url(), {"purpose": "  Complaint\n 4711 "})
    assert "clandestine" in lena.get(entry.get_absolute_url()).content.decode()
    b"".join(lena.get(audio).streaming_content)
    assert dict(Event.objects.filter(verb__startswith="logs").values_list("verb", "detail")) == {
        Verb.LOGS_READ: "Complaint 4711",
        Verb.LOGS_PLAYED: "Complaint 4711",
    }


RANGES = {
    "": (200, 0, 1000),
    "bytes=0-": (206, 0, 1000),
    "bytes=10-19": (206, 10, 20),
    "bytes=990-5000": (206, 990, 1000),
    "bytes=-10": (206, 990, 1000),
    "bytes=-5000": (206, 0, 1000),
    "bytes=1000-": (416, 0, 0),
    "bytes=-0": (416, 0, 0),
    "bytes=20-10": (200, 0, 1000),
    "bytes=0-1,5-6": (200, 0, 1000),
    "bytes=-": (200, 0, 1000),
    "lines=1-2": (200, 0, 1000),
}


@pytest.mark.parametrize("asked", RANGES)
def test_a_part_of_a_recording_is_given_as_it_is_asked_for(lena, known, asked):
    data = (WAV * 2)[:1000]
    entry = write(known, audio=data)
    LogFile.objects.filter(kind=FileKind.AUDIO).update(sha256="cafe")
    answer = lena.get(
        reverse("endpoints:log-audio", args=[known.pk, entry.pk]), headers={"Range": asked} if asked else {}
    )
    status, first, end = RANGES[asked]
    assert (answer.status_code, answer["Accept-Ranges"], answer["ETag"]) == (status, "bytes", '"cafe"')
    assert answer["X-Content-Type-Options"] == "nosniff"
    if status == 416:
        assert answer["Content-Range"] == "bytes */1000"
        return
    assert b"".join(answer.streaming_content) == data[first:end]
    assert answer["Content-Length"] == str(end - first)
    assert answer.get("Content-Range") == (f"bytes {first}-{end - 1}/1000" if status == 206 else None)


def test_a_part_of_what_was_replaced_meanwhile_is_the_whole(lena, known):
    entry = write(known)
    audio = reverse("endpoints:log-audio", args=[known.pk, entry.pk])
    for etag, status in (('"aa"', 206), ('"bb"', 200), ("Mon, 02 Mar 2026 10:00:00 GMT", 200)):
        answer = lena.get(audio, headers={"Range": "bytes=0-9", "If-Range": etag})
        assert answer.status_code == status
        b"".join(answer.streaming_content)


def test_the_pager_of_days_leads_through_all_of_them(lena, known):
    last = timezone.now().date()
    days = [last - timedelta(days=2 * n) for n in range(45)]
    LogDay.objects.bulk_create(LogDay(endpoint=known, day=day, seen=1) for day in days)
    first, found = reverse("endpoints:log-days", args=[known.pk]), set()
    following = first
    for _page in range(3):
        html = lena.get(following).content.decode()
        found |= set(re.findall(r"[?]from=([\d-]+)", html))
        onward = re.search(r'rel="next" href="([^"]*)"', html)
        following = first + onward[1] if onward else first
    assert {day.isoformat() for day in days} <= found


@pytest.mark.parametrize("one_entry", [True, False], ids=["entry", "list"])
def test_what_changes_while_a_page_is_made_is_shown_by_its_next_poll(lena, known, one_entry):
    """A worker that finishes between the reading of the rows and the end of the page."""
    entry = write(known, text="Hello")
    LogFile.objects.filter(entry=entry, kind=FileKind.TRANSCRIPTION).update(stored_as="", requested_at=timezone.now())
    LogArchive.objects.filter(pk=known.pk).update(due_at=timezone.now(), stage="reading", started_at=timezone.now())
    pending = [entry]

    def and_then_finished(execute, sql, *rest):
        found = execute(sql, *rest)
        if '"endpoints_logfile"."entry_id" IN' in sql and pending:
            pending.clear()
            LogFile.objects.filter(entry=entry).update(stored_as="x", stored_at=timezone.now())
            LogArchive.objects.filter(pk=known.pk).update(due_at=None, stage="idle", checked_at=timezone.now())
        return found

    with connection.execute_wrapper(and_then_finished):
        html = lena.get(entry.get_absolute_url() if one_entry else address(known)).content.decode()
    poll = unescape(re.search(r'hx-get="(/endpoints/[^"]+version=[^"]+)"', html)[1])
    headers = {**HTMX, "HX-Target": "content" if one_entry else "entries"}
    assert lena.get(poll, headers=headers).status_code == 200


@pytest.mark.parametrize("part", ["", "audio/", "transcript/"])
def test_a_number_that_no_row_has_is_no_page(lena, known, part):
    for number in (2**63, 10**40, 0, 10**18):
        assert lena.get(f"{address(known)}{number}/{part}").status_code == 404
