"""Content logs: which exist, their names, their deletion."""

from __future__ import annotations

import io
import re
import wave
from datetime import UTC, datetime, timedelta

import pytest

from .conftest import Json, Service

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
LOGGING = {"loggingEnabled": True}
DAY = 86_400


def logging_endpoint(service: Service, pairs: int = 3) -> Json:
    service.reset(logs=pairs, log_bytes=4000)
    return service.deployed(properties=LOGGING)


def test_logs_are_pairs_with_the_names_of_the_service(service: Service) -> None:
    endpoint = logging_endpoint(service)
    logs = service.every(endpoint["links"]["logs"])
    assert [log["kind"] for log in logs] == ["Audio", "Transcription"] * 3
    for audio, transcript in zip(logs[::2], logs[1::2], strict=True):
        stem = audio["name"].removesuffix(".wav")
        assert re.fullmatch(rf"\d{{6}}__{GUID}", stem)
        assert transcript["name"] == f"{stem}.v2.json"
        day = audio["createdDateTime"][:10]
        assert audio["self"] == f"{endpoint['links']['logs']}/{day}_{stem}_wav"
        assert transcript["self"] == f"{endpoint['links']['logs']}/{day}_{stem}_v2_json"
        assert "duration" not in transcript["properties"]


def test_logs_appear_once_the_endpoint_has_succeeded(service: Service) -> None:
    service.reset(logs=2)
    endpoint = service.deploy(properties=LOGGING)
    assert service.every(endpoint["links"]["logs"]) == []
    assert service.http.get(endpoint["links"]["logs"]).headers["retry-after"] == "2"
    service.advance(30)
    logs = service.http.get(endpoint["links"]["logs"])
    assert len(logs.json()["values"]) == 4
    assert "retry-after" not in logs.headers
    oldest = datetime.now(UTC) - timedelta(days=3, minutes=1)
    assert all(datetime.fromisoformat(log["createdDateTime"]) > oldest for log in logs.json()["values"])


def test_logs_appear_when_logging_is_enabled_and_stay_when_it_is_disabled(service: Service) -> None:
    service.reset(logs=2)
    endpoint = service.deployed()
    logs = endpoint["links"]["logs"]
    assert service.every(logs) == []
    service.http.patch(endpoint["self"], json={"properties": {"contentLoggingEnabled": True}}).raise_for_status()
    assert len(service.every(logs)) == 4
    service.http.patch(endpoint["self"], json={"properties": {"contentLoggingEnabled": False}}).raise_for_status()
    assert len(service.every(logs)) == 4


def test_a_switch_refuses_lists_of_endpoints_without_logging(service: Service) -> None:
    service.reset(switches={"logs_without_logging": "refuse"})
    endpoint = service.deployed()
    assert service.error_of("GET", endpoint["links"]["logs"]) == (400, "EndpointWithoutLogging")


def test_sizes_and_durations_are_exact(service: Service) -> None:
    endpoint = logging_endpoint(service)
    contents = set()
    for log in service.every(endpoint["links"]["logs"]):
        content = service.open.get(log["links"]["contentUrl"]).content
        contents.add(content)
        assert len(content) == log["properties"]["size"]
        if log["kind"] == "Audio":
            with wave.open(io.BytesIO(content)) as audio:
                assert (audio.getframerate(), audio.getnchannels(), audio.getsampwidth()) == (16_000, 1, 2)
                seconds = audio.getnframes() / 16_000
            assert float(log["properties"]["duration"][2:-1]) == pytest.approx(seconds, abs=0.001)
            assert 3000 <= len(content) <= 5000
    assert len(contents) == 6


def test_a_transcript_contains_each_word(service: Service) -> None:
    endpoint = logging_endpoint(service, 1)
    transcript = service.open.get(service.every(endpoint["links"]["logs"])[1]["links"]["contentUrl"]).json()
    best = transcript["NBest"][0]
    assert transcript["DisplayText"] == best["Display"]
    assert [word["Word"] for word in best["Words"]] == best["Lexical"].split()
    assert 0 < best["Confidence"] < 1


def test_skip_tokens_work_while_logs_are_deleted(service: Service) -> None:
    endpoint = logging_endpoint(service, 5)
    whole = [log["self"] for log in service.every(endpoint["links"]["logs"])]
    first = service.get(endpoint["links"]["logs"], top=4)
    assert len(first["values"]) == 4
    for log in first["values"]:
        assert service.http.delete(log["self"]).status_code == 204
    rest = service.every(first["@nextLink"])
    assert [log["self"] for log in rest] == whole[4:]


def test_one_log_is_deleted_and_the_other_of_its_pair_stays(service: Service) -> None:
    endpoint = logging_endpoint(service, 1)
    audio, transcript = service.every(endpoint["links"]["logs"])
    assert service.get(audio["self"])["name"] == audio["name"]
    assert service.http.delete(audio["self"]).status_code == 204
    assert service.error_of("GET", audio["self"]) == (404, "InvalidLogId")
    assert service.error_of("DELETE", audio["self"]) == (404, "InvalidLogId")
    assert service.open.get(audio["links"]["contentUrl"]).status_code == 404
    assert [log["self"] for log in service.every(endpoint["links"]["logs"])] == [transcript["self"]]


def test_all_logs_are_deleted_with_a_delay(service: Service) -> None:
    endpoint = logging_endpoint(service)
    answer = service.http.delete(endpoint["links"]["logs"])
    assert (answer.status_code, answer.content) == (202, b"")
    assert len(service.every(endpoint["links"]["logs"])) == 6
    assert service.http.get(endpoint["links"]["logs"]).headers["retry-after"] == "2"
    service.advance(61)
    assert service.every(endpoint["links"]["logs"]) == []


def test_logs_up_to_and_including_a_day_are_deleted(service: Service) -> None:
    endpoint = logging_endpoint(service, 30)
    logs = service.every(endpoint["links"]["logs"])
    days = sorted({log["createdDateTime"][:10] for log in logs})
    service.http.delete(f"{endpoint['links']['logs']}?endDate={days[1]}").raise_for_status()
    service.advance(61)
    left = {log["createdDateTime"][:10] for log in service.every(endpoint["links"]["logs"])}
    assert left == set(days[2:])


def test_logs_are_deleted_after_thirty_days(service: Service) -> None:
    endpoint = logging_endpoint(service)
    service.advance(26 * DAY)
    assert len(service.every(endpoint["links"]["logs"])) == 6
    service.advance(4 * DAY)
    assert service.every(endpoint["links"]["logs"]) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("top=0", "InvalidTopForLogs"),
        ("skipToken=abc", "InvalidSkipTokenForLogs"),
        ("skipToken=2!4!%20%20%20%20", "InvalidSkipTokenForLogs"),
        ("sasValidityInSeconds=0", "InvalidSasValidityDuration"),
        ("sasValidityInSeconds=x", "InvalidSasValidityDuration"),
    ],
)
def test_an_invalid_query_is_refused(service: Service, query: str, code: str) -> None:
    endpoint = logging_endpoint(service)
    assert service.error_of("GET", f"{endpoint['links']['logs']}?{query}") == (400, code)


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "2026-1"])
def test_an_invalid_end_date_is_refused(service: Service, day: str) -> None:
    endpoint = logging_endpoint(service)
    assert service.error_of("DELETE", f"{endpoint['links']['logs']}?endDate={day}") == (400, "InvalidLogDate")
