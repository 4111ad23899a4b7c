"""The customer's storage container, by its REST API and by Azure's library."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceModifiedError, ResourceNotFoundError
from azure.storage.blob import BlobPrefix, ContainerClient

from .conftest import KEY, Json, Service, first_line, start

GUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
NAME = re.compile(rf"([0-9a-f]{{64}})/en-US/(\d{{4}}-\d\d-\d\d)/(\d{{6}})_({GUID})(\.wav|\.v2\.json)")
YEAR = 365 * 86_400


@pytest.fixture
def endpoint(service: Service) -> Json:
    service.reset(logs=3, log_bytes=200_000)
    return service.deployed(properties={"loggingEnabled": True})


@pytest.fixture
def logs(service: Service, endpoint: Json) -> list[Json]:
    return service.every(endpoint["links"]["logs"])


@pytest.fixture
def client(service: Service, logs: list[Json]) -> Iterator[ContainerClient]:
    """A client of Azure's library, without retries."""
    with ContainerClient.from_container_url(address(service), retry_total=0) as client:
        yield client


def address(service: Service, **query: Any) -> str:
    response = service.open.get(f"{service.url}/_world/container", params=query)
    return response.raise_for_status().json()["container"]


def listed(service: Service, **query: Any) -> httpx.Response:
    url = httpx.URL(address(service)).copy_merge_params({"restype": "container", "comp": "list", **query})
    return service.open.get(url)


def blob_url(service: Service, name: str) -> str:
    container, _, token = address(service).partition("?")
    return f"{container}/{name}?{token}"


def fault(response: httpx.Response, status: int, code: str) -> None:
    assert (response.status_code, response.headers["x-ms-error-code"]) == (status, code)
    assert response.headers["content-type"].startswith("application/xml")
    assert ElementTree.fromstring(response.text).findtext("Code") == code  # noqa: S314 - our own answer


# By Azure's library


def test_the_library_lists_every_log_as_a_blob(client: ContainerClient, endpoint: Json, logs: list[Json]) -> None:
    blobs = list(client.list_blobs())
    assert [blob.name for blob in blobs] == sorted(blob.name for blob in blobs)
    by_log = {}
    for blob in blobs:
        match = NAME.fullmatch(blob.name)
        assert match, blob.name
        by_log[f"{match[2]}_{match[3]}__{match[4]}{match[6].replace('.', '_')}"] = blob
    assert len({blob.name.partition("/")[0] for blob in blobs}) == 1
    assert len(by_log) == 6
    for log in logs:
        blob = by_log[log["self"].rpartition("/")[2]]
        assert blob.size == log["properties"]["size"]
        assert blob.last_modified.strftime("%Y-%m-%dT%H:%M:%SZ") == log["createdDateTime"]
        kind = "audio/wav" if log["kind"] == "Audio" else "application/json"
        assert blob.content_settings.content_type == kind


def test_the_library_streams_every_blob_unchanged(service: Service, client: ContainerClient, logs: list[Json]) -> None:
    contents = set()
    for blob in client.list_blobs():
        content = b"".join(client.download_blob(blob.name).chunks())
        contents.add(content)
        assert len(content) == blob.size
        assert hashlib.md5(content, usedforsecurity=False).digest() == bytes(blob.content_settings.content_md5)
        if blob.name.endswith(".v2.json"):
            assert json.loads(content)["RecognitionStatus"] == "Success"
    assert contents == {service.open.get(log["links"]["contentUrl"]).content for log in logs}


def test_the_library_reads_in_chunks(service: Service, logs: list[Json]) -> None:
    options: Json = {"max_single_get_size": 4096, "max_chunk_get_size": 16_384, "retry_total": 0}
    with ContainerClient.from_container_url(address(service), **options) as client:
        name = next(blob.name for blob in client.list_blobs() if blob.name.endswith(".wav"))
        pieces = list(client.download_blob(name).chunks())
        content = client.download_blob(name).readall()
        middle = client.download_blob(name, offset=1000, length=50).readall()
    assert b"".join(pieces) == content
    assert len(pieces) > 5
    assert middle == content[1000:1050]


def test_the_library_lists_pages_and_folders(client: ContainerClient) -> None:
    names = [blob.name for blob in client.list_blobs()]
    pages = [[blob.name for blob in page] for page in client.list_blobs(results_per_page=4).by_page()]
    assert [len(page) for page in pages] == [4, 2]
    assert [name for page in pages for name in page] == names
    (folder,) = client.walk_blobs()
    assert isinstance(folder, BlobPrefix)
    assert folder.name == names[0].partition("/")[0] + "/"
    days = [day.name for day in client.walk_blobs(name_starts_with=f"{folder.name}en-US/")]
    assert days == sorted({name.rpartition("/")[0] + "/" for name in names})
    assert [blob.name for blob in client.list_blobs(name_starts_with=days[0])] == [
        name for name in names if name.startswith(days[0])
    ]
    assert list(client.list_blobs(name_starts_with="elsewhere/")) == []


def test_the_library_gets_properties_conditions_and_missing_blobs(client: ContainerClient) -> None:
    blob = next(iter(client.list_blobs()))
    one = client.get_blob_client(blob.name)
    seen = one.get_blob_properties()
    assert (seen.size, seen.etag.strip('"'), seen.last_modified) == (blob.size, blob.etag, blob.last_modified)
    assert seen.creation_time == blob.creation_time
    assert one.exists()
    assert one.download_blob(etag=seen.etag, match_condition=MatchConditions.IfNotModified).readall()
    with pytest.raises(ResourceModifiedError):
        one.download_blob(etag='"0x1"', match_condition=MatchConditions.IfNotModified)
    missing = client.get_blob_client(blob.name.replace("en-US", "de-DE"))
    assert not missing.exists()
    with pytest.raises(ResourceNotFoundError) as raised:
        missing.download_blob()
    assert vars(raised.value)["error_code"] == "BlobNotFound"


# The SAS


def test_the_first_line_of_output_has_the_url_of_the_container() -> None:
    process = start("--port", "0")
    try:
        line = first_line(process)
        url = urlsplit(line["container"])
        assert (url.hostname, url.path) == ("127.0.0.1", "/customspeech-audiologs")
        query = parse_qs(url.query)
        assert (query["sr"], query["sp"], set(query)) == (["c"], ["rl"], {"sv", "sr", "sp", "se", "sig"})
        with ContainerClient.from_container_url(line["container"]) as client:
            assert list(client.list_blobs()) == []
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_the_sas_expires_on_the_clock_of_the_world(service: Service, client: ContainerClient) -> None:
    with ContainerClient.from_container_url(address(service, seconds=60), retry_total=0) as short:
        assert len(list(short.list_blobs())) == 6
        service.advance(62)
        with pytest.raises(HttpResponseError) as raised:
            list(short.list_blobs())
        assert (raised.value.status_code, vars(raised.value)["error_code"]) == (403, "AuthenticationFailed")
    assert len(list(client.list_blobs())) == 6
    service.advance(YEAR)
    with pytest.raises(HttpResponseError):
        list(client.list_blobs())


def test_a_sas_gives_only_its_permissions(service: Service, client: ContainerClient) -> None:
    name = next(iter(client.list_blobs())).name
    with ContainerClient.from_container_url(address(service, sp="l"), retry_total=0) as lister:
        assert len(list(lister.list_blobs())) == 6
        with pytest.raises(HttpResponseError) as raised:
            lister.download_blob(name)
        assert (raised.value.status_code, vars(raised.value)["error_code"]) == (403, "AuthorizationPermissionMismatch")
    with ContainerClient.from_container_url(address(service, sp="r"), retry_total=0) as reader:
        assert reader.download_blob(name).readall()
        with pytest.raises(HttpResponseError):
            list(reader.list_blobs())


def test_requests_without_a_valid_sas_are_refused(service: Service, client: ContainerClient, logs: list[Json]) -> None:
    url = address(service)
    bare, _, token = url.partition("?")
    query = "restype=container&comp=list"
    fault(service.open.get(f"{bare}?{query}&{token.replace('sp=rl', 'sp=rlw')}"), 403, "AuthenticationFailed")
    fault(service.open.get(f"{bare}?{query}&{token.replace('se=2', 'se=3')}"), 403, "AuthenticationFailed")
    fault(service.open.get(f"{bare}?{query}"), 404, "ResourceNotFound")
    single = logs[0]["links"]["contentUrl"].partition("?")[2].replace("sr=b", "sr=c")
    fault(service.open.get(f"{bare}?{query}&{single}"), 403, "AuthenticationFailed")
    service.reset()
    fault(service.open.get(f"{url}&{query}"), 403, "AuthenticationFailed")


@pytest.mark.parametrize("name", ["Ocp-Apim-Subscription-Key", "Authorization"])
def test_a_request_with_the_api_key_is_refused_and_noted_in_the_ledger(
    service: Service, endpoint: Json, name: str
) -> None:
    for url in (f"{address(service)}&restype=container&comp=list", blob_url(service, "any")):
        fault(service.open.get(url, headers={name: KEY}), 400, "InvalidHeaderValue")
        assert service.ledger()[-1]["note"] == f"refused: it carried {name}"


# The REST API


def test_a_list_is_xml_as_in_blob_storage(service: Service, logs: list[Json]) -> None:
    answer = listed(service, prefix="", maxresults=1)
    assert answer.headers["content-type"].startswith("application/xml")
    assert {"x-ms-version", "x-ms-request-id"} <= set(answer.headers)
    root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own answer
    assert (root.tag, root.get("ContainerName")) == ("EnumerationResults", "customspeech-audiologs")
    assert root.get("ServiceEndpoint") == address(service).partition("customspeech")[0]
    (blob,) = root.iter("Blob")
    properties = {one.tag: one.text for one in blob.find("Properties") or ()}
    content = service.open.get(blob_url(service, blob.findtext("Name") or ""))
    assert properties["Content-Length"] == content.headers["content-length"] == str(len(content.content))
    assert properties["Content-MD5"] == content.headers["content-md5"]
    assert (
        properties["Content-MD5"]
        == base64.b64encode(hashlib.md5(content.content, usedforsecurity=False).digest()).decode()
    )
    assert f'"{properties["Etag"]}"' == content.headers["etag"]
    assert properties["Last-Modified"] == content.headers["last-modified"]
    assert root.findtext("NextMarker")
    rest = listed(service, marker=root.findtext("NextMarker"))
    last = ElementTree.fromstring(rest.content)  # noqa: S314 - our own answer
    assert (len(list(last.iter("Blob"))), last.findtext("NextMarker")) == (5, "")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({"maxresults": "0"}, "OutOfRangeQueryParameterValue"),
        ({"maxresults": "many"}, "OutOfRangeQueryParameterValue"),
        ({"marker": "abc"}, "InvalidQueryParameterValue"),
        ({"marker": "2!4!****"}, "InvalidQueryParameterValue"),
        ({"comp": "metadata"}, "InvalidQueryParameterValue"),
        ({"prefix": "\x01"}, "InvalidQueryParameterValue"),
    ],
)
def test_an_invalid_list_request_is_refused(service: Service, query: Json, code: str) -> None:
    fault(listed(service, **query), 400, code)


@pytest.mark.parametrize("header", ["Range", "x-ms-range"])
def test_ranges_and_conditions_are_supported(service: Service, client: ContainerClient, header: str) -> None:
    url = blob_url(service, next(iter(client.list_blobs())).name)
    whole = service.open.get(url)
    part = service.open.get(url, headers={header: "bytes=10-19", "If-Match": whole.headers["etag"]})
    assert (part.status_code, part.content) == (206, whole.content[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(whole.content)}"
    assert part.headers["x-ms-blob-content-md5"] == whole.headers["content-md5"]
    assert "content-md5" not in part.headers
    fault(service.open.get(url, headers={header: f"bytes={len(whole.content)}-"}), 416, "InvalidRange")
    fault(service.open.get(url, headers={"If-Match": '"0x1"'}), 412, "ConditionNotMet")
    assert service.open.get(url, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    head = service.open.head(url)
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(whole.content)))


def test_each_endpoint_has_one_folder_of_its_own(service: Service, endpoint: Json) -> None:
    other = service.deployed(displayName="Other", properties={"loggingEnabled": True})
    with ContainerClient.from_container_url(address(service)) as client:
        both = {folder.name for folder in client.walk_blobs()}
        assert len(both) == 2
        service.http.delete(other["self"]).raise_for_status()
        assert {folder.name for folder in client.walk_blobs()} < both


def test_two_thousand_logs_are_listed_in_pages(service: Service) -> None:
    service.reset(logs=1000, log_bytes=100)
    service.deployed(properties={"loggingEnabled": True})
    with ContainerClient.from_container_url(address(service)) as client:
        pages = [list(page) for page in client.list_blobs(results_per_page=900).by_page()]
    assert [len(page) for page in pages] == [900, 900, 200]
    assert len({blob.name for page in pages for blob in page}) == 2000
