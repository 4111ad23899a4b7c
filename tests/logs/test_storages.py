"""Content logs can be kept in a bucket or a container; nothing there is public, and nothing is overwritten."""

import io
import json
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from endpoints.logs import downloads
from endpoints.models import LogFile
from endpoints.models.download import DownloadState
from speechstudio.log_storage import log_storage

SECRET = "c2VjcmV0IG9mIGEgdGVzdA=="


class Blobs(BaseHTTPRequestHandler):
    """As much of Azure's Blob service as keeping files needs: Put Blob, Put Block (List), Get Blob, its properties."""

    def do_PUT(self):
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kept = self.server.blobs
        if query.get("comp") == ["block"]:
            self.server.blocks[(path, query["blockid"][0])] = body
        elif query.get("comp") == ["blocklist"]:
            ids = [part.split("</")[0] for part in body.decode().split("<Latest>")[1:]]
            kept[path] = b"".join(self.server.blocks.pop((path, one)) for one in ids)
        else:
            kept[path] = body
        self.answer(201)

    def do_GET(self):
        data = self.server.blobs.get(urlsplit(self.path).path)
        if data is None:
            return self.answer(404, **{"x-ms-error-code": "BlobNotFound"})
        asked = self.headers.get("x-ms-range") or self.headers.get("Range")
        if not asked or not data:
            return self.answer(200, data)
        first, last = (int(part) for part in asked.removeprefix("bytes=").split("-"))
        last = min(last, len(data) - 1)
        return self.answer(206, data[first : last + 1], **{"Content-Range": f"bytes {first}-{last}/{len(data)}"})

    do_HEAD = do_GET

    def do_DELETE(self):
        self.answer(202 if self.server.blobs.pop(urlsplit(self.path).path, None) is not None else 404)

    def answer(self, status, body=b"", **headers):
        self.server.signed.add(self.headers.get("Authorization", "").partition(":")[0])
        self.send_response(status)
        common = {"Content-Length": str(len(body)), "ETag": '"1"', "x-ms-blob-type": "BlockBlob"}
        common["Last-Modified"] = "Mon, 02 Mar 2026 10:00:00 GMT"
        for name, value in {**common, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def container() -> Iterator[tuple[dict[str, str], ThreadingHTTPServer]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Blobs)
    server.blobs, server.blocks, server.signed = {}, {}, set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/contoso"
    text = f"DefaultEndpointsProtocol=http;AccountName=contoso;AccountKey={SECRET};BlobEndpoint={address};"
    yield {"connection_string": text, "azure_container": "logs"}, server
    server.shutdown()
    server.server_close()


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    where = {"endpoint_url": f"http://{host}:{port}", "region_name": "us-east-1"}
    who = {"access_key": "test", "secret_key": "test"}
    boto3.client("s3", **where, aws_access_key_id="test", aws_secret_access_key="test").create_bucket(Bucket="logs")
    yield {"bucket_name": "logs", **where, **who}
    server.stop()


def use(settings, kind, options, tmp_path):
    kept = log_storage(kind, json.dumps(options), tmp_path)
    settings.STORAGES = {**settings.STORAGES, "logs": kept}


def whole_download(lena, logging, worker):
    download = worker.download(downloads.ask(actor=lena.user, endpoint=logging))
    assert download.state == DownloadState.READY, download.error
    with storages["logs"].open(download.stored_as) as stored:
        archive = zipfile.ZipFile(io.BytesIO(stored.read()))
    assert archive.testzip() is None
    assert sum(name.endswith(".wav") for name in archive.namelist()) == 4
    return download


def test_a_bucket_keeps_the_files_and_the_zip(lena, logging, worker, settings, bucket, tmp_path):
    use(settings, "s3", bucket, tmp_path)
    download = whole_download(lena, logging, worker)
    assert storages["logs"].exists(download.stored_as)
    assert list(tmp_path.iterdir()) == []
    storages["logs"].delete(download.stored_as)
    assert not storages["logs"].exists(download.stored_as)


def test_nothing_in_a_bucket_is_public(lena, logging, worker, settings, bucket, tmp_path):
    use(settings, "s3", {**bucket, "default_acl": "public-read"}, tmp_path)
    whole_download(lena, logging, worker)
    kept = storages["logs"].bucket
    grants = [grant["Grantee"] for item in kept.objects.all() for grant in item.Acl().grants]
    assert grants
    assert not any("AllUsers" in who.get("URI", "") for who in grants)


def test_a_container_keeps_the_files_and_the_zip(lena, logging, worker, settings, container, tmp_path):
    options, server = container
    use(settings, "azure", options, tmp_path)
    download = whole_download(lena, logging, worker)
    assert len(server.blobs) == LogFile.objects.stored().count() + 1
    assert server.signed == {"SharedKey contoso"}
    storages["logs"].delete(download.stored_as)
    assert not storages["logs"].exists(download.stored_as)
    assert list(tmp_path.iterdir()) == []


def test_a_directory_is_for_our_own_eyes(lena, logging, worker, settings, tmp_path):
    use(settings, "", {}, tmp_path)
    whole_download(lena, logging, worker)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.parent.stat().st_mode & 0o777 for path in files} == {0o700}


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [("ftp", "", "LOG_STORAGE is 'ftp'"), ("s3", "[1]", "not a JSON object"), ("azure", "{", "not a JSON object")],
)
def test_a_wrong_setting_is_told_in_words(kind, options, words, tmp_path):
    with pytest.raises(ImproperlyConfigured, match=words):
        log_storage(kind, options, tmp_path)


def test_azure_without_a_key_is_opened_by_the_identity_of_the_machine(tmp_path):
    kept = log_storage("azure", '{"account_name": "contoso", "azure_container": "logs"}', tmp_path)
    assert hasattr(kept["OPTIONS"]["token_credential"], "get_token")
