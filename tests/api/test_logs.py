"""Content logs by the API: what is read is recorded, and needs a purpose where one is required."""

from urllib.parse import quote

import pytest

from endpoints import tasks
from endpoints.models import Download, Endpoint, Event, LogEntry
from endpoints.models.event import Verb


@pytest.fixture
def logged(resource, world, worker):
    """An endpoint with content logs that are listed and stored here."""
    world.begin(endpoints=1, logs=3, rate_limit="0/0")
    worker.mirror()
    return Endpoint.objects.get(logging_enabled=True)


@pytest.fixture
def zipped(logged, reader, worker):
    """A download of them that is ready."""
    asked = reader.send(f"/endpoints/{logged.pk}/downloads", {"purpose": "Complaint 4711"})
    assert asked.status_code == 202, asked.content
    return worker.download(Download.objects.get(pk=asked.json()["id"]))


def events(verb):
    return list(Event.objects.filter(verb=verb))


def test_a_download_is_requested_watched_and_fetched(reader, zipped):
    shown = reader.ask(f"/downloads/{zipped.pk}")
    assert (shown["state"], shown["percent"], shown["purpose"]) == ("ready", 100, "Complaint 4711")
    assert reader.ask("/downloads?mine=true")["items"] == [shown]
    assert reader.ask("/downloads?state=failed")["items"] == []
    file = reader.get(shown["file"].removeprefix("http://testserver"))
    content = b"".join(file.streaming_content)
    assert len(content) == shown["size"]
    assert content.startswith(b"PK")
    recorded = events(Verb.LOGS_DOWNLOADED)
    assert [(one.detail, one.facts["by_token"]) for one in recorded] == [("Complaint 4711", "export")]


def test_a_part_of_the_zip_can_be_fetched(reader, zipped):
    part = reader.get(f"/api/v1/downloads/{zipped.pk}/file", headers={"Range": "bytes=2-5"})
    assert (part.status_code, len(b"".join(part.streaming_content))) == (206, 4)
    beyond = reader.get(f"/api/v1/downloads/{zipped.pk}/file", headers={"Range": "bytes=99999999999-"})
    assert (beyond.status_code, beyond["Content-Type"]) == (416, "application/problem+json")


def test_the_same_zip_is_not_made_again(reader, zipped, logged):
    again = reader.send(f"/endpoints/{logged.pk}/downloads", {"purpose": "Complaint 4711"})
    assert again.json()["id"] == str(zipped.pk)
    some = reader.send(f"/endpoints/{logged.pk}/downloads", {"entries": [LogEntry.objects.first().pk]})
    assert some.json()["id"] != str(zipped.pk)


def test_a_download_is_paused_resumed_and_canceled(reader, logged):
    asked = reader.send(f"/endpoints/{logged.pk}/downloads", {"from": "2026-01-01"}).json()
    address = f"/downloads/{asked['id']}"
    assert [reader.send(f"{address}/{act}").json()["state"] for act in ("pause", "resume", "cancel")] == [
        *("paused", "queued", "canceled")
    ]
    assert reader.send(f"{address}/retry").status_code == 409


def test_a_zip_that_is_not_ready_is_not_there(reader, logged):
    asked = reader.send(f"/endpoints/{logged.pk}/downloads", {}).json()
    assert asked["file"] is None
    assert reader.get(f"/api/v1/downloads/{asked['id']}/file").status_code == 404


def test_recognized_text_that_is_read_is_recorded(reader, logged, zipped):
    found = reader.ask(f"/endpoints/{logged.pk}/logs", headers={"Reading-Purpose": quote("Prüfung 7")})
    texts = [one["text"] for one in found["items"] if one["text"]]
    (event,) = events(Verb.TEXT_READ)
    assert (event.facts["entries"], event.detail) == (len(texts), "Prüfung 7")
    assert event.facts["by_token"] == "export"
    entry = found["items"][0]
    assert reader.ask(f"/endpoints/{logged.pk}/logs/{entry['id']}") == entry
    assert len(events(Verb.LOGS_READ)) == 1


def test_a_search_is_recorded_with_its_words(reader, logged, zipped):
    word = next(text for text in LogEntry.objects.values_list("text", flat=True) if text).split()[0]
    assert reader.ask(f"/endpoints/{logged.pk}/logs?q={quote(word)}")["items"]
    assert events(Verb.TEXT_READ)[0].facts["search"] == word


def test_files_that_are_fetched_are_recorded(reader, logged, zipped):
    entry = LogEntry.objects.filter(has_audio=True, has_transcript=True, empty=False).first()
    address = f"/api/v1/endpoints/{logged.pk}/logs/{entry.pk}"
    assert b"".join(reader.get(f"{address}/audio").streaming_content)
    assert b"".join(reader.get(f"{address}/transcript").streaming_content)
    assert (len(events(Verb.LOGS_PLAYED)), len(events(Verb.LOGS_READ))) == (1, 1)


def test_without_a_purpose_that_is_required_nothing_is_read(reader, logged, zipped, settings):
    settings.PURPOSE_REQUIRED = True
    Download.objects.update(purpose="")
    entry = LogEntry.objects.first()
    logs = f"/api/v1/endpoints/{logged.pk}/logs"
    ways = [logs, f"{logs}/{entry.pk}", f"{logs}/{entry.pk}/audio", f"{logs}/{entry.pk}/transcript"]
    ways.append(f"/api/v1/downloads/{zipped.pk}/file")
    before = Event.objects.count()
    for way in ways:
        answer = reader.get(way)
        assert (answer.status_code, answer.json()["type"]) == (422, "/api/problems/no-purpose"), way
    assert reader.send(f"/endpoints/{logged.pk}/downloads", {}).status_code == 422
    assert Event.objects.count() == before
    for way in ways:
        answer = reader.get(way, headers={"Reading-Purpose": "Complaint 4711"})
        assert answer.status_code == 200, way
        assert b"".join(answer)
    assert {one.detail for one in Event.objects.order_by("-pk")[: len(ways)]} == {"Complaint 4711"}


def test_the_list_is_refreshed_on_request(reader, logged):
    asked = reader.send(f"/endpoints/{logged.pk}/logs/refresh")
    assert (asked.status_code, asked.json()["refreshing"]) == (202, True)
    tasks.collect(str(logged.pk))
    assert reader.ask(f"/endpoints/{logged.pk}/logs")["checked_at"]


@pytest.mark.parametrize(
    "query", ["from=yesterday", "below=101", "longer=-1", "result=ok", "longer=nan", "partial=yes"]
)
def test_a_filter_that_is_not_valid_is_refused(query, reader, logged):
    assert reader.get(f"/api/v1/endpoints/{logged.pk}/logs?{query}").status_code == 422


def test_filters_select_as_on_the_page(reader, logged, zipped):
    everything = reader.ask(f"/endpoints/{logged.pk}/logs")["items"]
    day = everything[0]["at"][:10]
    found = reader.ask(f"/endpoints/{logged.pk}/logs?from={day}&to={day}")["items"]
    assert found == [one for one in everything if one["at"][:10] == day]
