"""The origin of the log files: signatures, ranges, conditions, and no key."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlsplit

import pytest

from .conftest import Json, Service


@pytest.fixture
def audio(service: Service) -> Json:
    """One audio log of about 200,000 bytes."""
    service.reset(logs=1, log_bytes=200_000)
    endpoint = service.deployed(properties={"loggingEnabled": True})
    return service.every(endpoint["links"]["logs"])[0]


def test_content_is_at_another_origin_and_needs_no_key(service: Service, audio: Json) -> None:
    url = audio["links"]["contentUrl"]
    assert urlsplit(url).netloc != urlsplit(service.url).netloc
    answer = service.open.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "audio/wav"
    assert int(answer.headers["content-length"]) == len(answer.content) == audio["properties"]["size"]


@pytest.mark.parametrize("name", ["Ocp-Apim-Subscription-Key", "Authorization"])
def test_a_request_with_a_key_is_refused_and_noted_in_the_ledger(service: Service, audio: Json, name: str) -> None:
    answer = service.open.get(audio["links"]["contentUrl"], headers={name: "secret"})
    assert answer.status_code == 400
    entry = service.ledger()[-1]
    assert (entry["status"], entry["note"]) == (400, f"refused: it carried {name}")


def test_the_content_url_expires_on_the_clock_of_the_world(service: Service, audio: Json) -> None:
    short = service.get(audio["self"], sasValidityInSeconds=60)["links"]["contentUrl"]
    assert service.open.get(short).status_code == 200
    service.advance(62)
    expired = service.open.get(short)
    assert expired.status_code == 403
    assert expired.headers["content-type"].startswith("application/xml")
    assert "<Code>AuthenticationFailed</Code>" in expired.text
    url = audio["links"]["contentUrl"]
    service.advance(12 * 3600 - 120)
    assert service.open.get(url).status_code == 200, "twelve hours when nothing else was asked for"
    service.advance(120)
    assert service.open.get(url).status_code == 403


def test_a_url_with_an_invalid_signature_is_refused(service: Service, audio: Json) -> None:
    url = audio["links"]["contentUrl"]
    bare = url.partition("?")[0]
    for forged in (bare, url.replace(".wav", ".v2.json"), url.replace("se=2", "se=3"), f"{bare}?sig=x"):
        assert service.open.get(forged).status_code == 403


@pytest.mark.parametrize(
    ("wanted", "first", "stop"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=70000-140000", 70_000, 140_001),
        ("bytes=1000-", 1000, None),
        ("bytes=-500", -500, None),
    ],
)
def test_a_range_returns_that_part_of_the_file(
    service: Service, audio: Json, wanted: str, first: int, stop: int | None
) -> None:
    url = audio["links"]["contentUrl"]
    whole = service.open.get(url).content
    part = service.open.get(url, headers={"Range": wanted})
    assert part.status_code == 206
    assert part.content == whole[first:stop]
    begin = first % len(whole)
    assert part.headers["content-range"] == f"bytes {begin}-{begin + len(part.content) - 1}/{len(whole)}"


def test_a_range_beyond_the_end_is_416(service: Service, audio: Json) -> None:
    size = audio["properties"]["size"]
    answer = service.open.get(audio["links"]["contentUrl"], headers={"Range": f"bytes={size}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"


def test_conditions_are_supported(service: Service, audio: Json) -> None:
    url = audio["links"]["contentUrl"]
    tag = service.open.head(url).headers["etag"]

    def status(**headers: str) -> int:
        return service.open.get(
            url, headers={name.replace("_", "-"): text for name, text in headers.items()}
        ).status_code

    assert status(If_Match=tag) == 200
    assert status(If_Match='"other"') == 412
    assert status(If_None_Match=tag) == 304
    assert status(Range="bytes=0-9", If_Match=tag) == 206
    assert status(Range="bytes=0-9", If_Range=tag) == 206
    assert status(Range="bytes=0-9", If_Range='"other"') == 200


def test_unknown_paths_of_the_content_origin_are_404(service: Service, audio: Json) -> None:
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(audio["links"]["contentUrl"]))
    for path in ("/", "/speechtotext/v3.2/endpoints", "/_world/ledger"):
        assert service.open.get(origin + path).status_code == 404


def test_a_large_file_is_the_same_as_a_whole_and_in_ranges(service: Service) -> None:
    service.reset(logs=1, log_bytes=6_000_000)
    endpoint = service.deployed(properties={"loggingEnabled": True})
    url = service.every(endpoint["links"]["logs"])[0]["links"]["contentUrl"]
    whole = service.open.get(url).content
    assert whole[:4] == b"RIFF"
    size = len(whole)
    for first, stop in ((0, 300_000), (100, 1_000_000), (4_000_000, size), (size - 300_001, size)):
        part = service.open.get(url, headers={"Range": f"bytes={first}-{stop - 1}"})
        assert part.content == whole[first:stop]
    small = [
        service.open.get(url, headers={"Range": f"bytes={n}-{n + 9_999}"}).content for n in range(0, size, 500_000)
    ]
    assert small == [whole[n : n + 10_000] for n in range(0, size, 500_000)]
    assert service.open.head(url).headers["content-length"] == str(size)


def test_only_small_files_have_a_checksum(service: Service, audio: Json) -> None:
    url = audio["links"]["contentUrl"]
    answer = service.open.get(url)
    digest = base64.b64encode(hashlib.md5(answer.content, usedforsecurity=False).digest()).decode()
    assert answer.headers["content-md5"] == digest
    part = service.open.get(url, headers={"Range": "bytes=0-9"})
    assert part.headers["x-ms-blob-content-md5"] == digest
    assert "content-md5" not in part.headers


def test_faults_can_ignore_ranges_and_omit_lengths(service: Service, audio: Json) -> None:
    url = audio["links"]["contentUrl"]
    service.faults({"method": "GET", "path": "wav", "effect": {"whole": True, "chunked": True}})
    answer = service.open.get(url, headers={"Range": "bytes=0-9"})
    assert (answer.status_code, len(answer.content)) == (200, audio["properties"]["size"])
    assert "content-length" not in answer.headers
