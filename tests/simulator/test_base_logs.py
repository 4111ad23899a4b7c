"""Content logs of base models: of requests with storeAudio and without an endpoint."""

from __future__ import annotations

import httpx

from .conftest import Json, Service
from .test_recognition import recognize, spoken

LOGS = "/endpoints/base/en-US/files/logs"


def heard(service: Service, times: int = 1) -> list[Json]:
    for turn in range(times):
        recognize(service, None, spoken(tone=turn), storeAudio="true").raise_for_status()
    return service.every(LOGS)


def test_endpoints_listbasemodellogs_returns_requests_with_store_audio(service: Service) -> None:
    assert service.every(LOGS) == []
    recognize(service, None).raise_for_status()
    assert service.every(LOGS) == [], "nobody asked to keep that"
    audio, transcript = heard(service)
    assert (audio["kind"], transcript["kind"]) == ("Audio", "Transcription")
    assert service.open.get(audio["links"]["contentUrl"]).content == spoken(tone=0)
    assert service.open.get(transcript["links"]["contentUrl"]).json()["DisplayText"]
    assert service.every("/endpoints/base/de-DE/files/logs") == []
    assert "retry-after" not in service.http.get(LOGS).headers


def test_endpoints_listbasemodellogs_is_paged_by_skip_token(service: Service) -> None:
    whole = heard(service, 3)
    assert service.every(f"{LOGS}?top=4&sasValidityInSeconds=60")[-1]["self"] == whole[-1]["self"]
    assert service.error_of("GET", f"{LOGS}?skipToken=x") == (400, "InvalidSkipTokenForLogs")


def test_logs_support_neither_filter_nor_skip(service: Service) -> None:
    for address in (LOGS, service.deploy()["links"]["logs"]):
        assert service.error_of("GET", f"{address}?filter=kind eq 'Audio'") == (400, "UnsupportedFilter")
        assert service.error_of("GET", f"{address}?skip=1") == (400, "UnsupportedPagination")


def test_endpoints_getbasemodellog_and_deletebasemodellog_apply_to_one_file(service: Service) -> None:
    audio, transcript = heard(service)
    assert service.get(audio["self"])["name"] == audio["name"]
    assert service.http.delete(audio["self"]).status_code == 204
    assert service.error_of("GET", audio["self"]) == (404, "InvalidLogId")
    assert [one["self"] for one in service.every(LOGS)] == [transcript["self"]]


def test_endpoints_deletebasemodellogs_deletes_all_logs_with_a_delay(service: Service) -> None:
    heard(service)
    answer: httpx.Response = service.http.delete(LOGS)
    assert (answer.status_code, answer.content) == (202, b"")
    assert len(service.every(LOGS)) == 2
    service.advance(61)
    assert service.every(LOGS) == []
    assert service.error_of("DELETE", f"{LOGS}?endDate=soon") == (400, "InvalidLogDate")


def test_logs_of_an_unknown_locale_are_an_error(service: Service) -> None:
    assert service.error_of("GET", "/endpoints/base/xx-XX/files/logs") == (400, "InvalidLocale")
