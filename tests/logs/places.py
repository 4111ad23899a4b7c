"""Places for content logs on this machine: a bucket as of S3, and a container as of Azure's Blob service."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4
from xml.sax.saxutils import escape

import boto3
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from speechstudio.log_storage import log_storage

SECRET = "c2VjcmV0IG9mIGEgdGVzdA=="
NO_ROOM = {"x-ms-error-code": "InsufficientAccountPermissions"}


class Account(BaseHTTPRequestHandler):
    """As much of Azure's Blob service as keeping files needs: Put Blob, Put Block (List), Get Blob, List Blobs."""

    def do_PUT(self):
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kept = self.server.blobs
        self.server.taken.append(len(body))
        if self.server.refuses:
            return self.answer(403, **NO_ROOM)
        if query.get("comp") == ["block"]:
            self.server.blocks[(path, query["blockid"][0])] = body
        elif query.get("comp") == ["blocklist"]:
            ids = [part.split("</")[0] for part in body.decode().split("<Latest>")[1:]]
            kept[path] = b"".join(self.server.blocks.pop((path, one)) for one in ids)
        else:
            kept[path] = body
        return self.answer(201)

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        if not f"{urlsplit(self.path).path}/".startswith("/contoso/logs/"):
            return self.answer(404, **{"x-ms-error-code": "ContainerNotFound"})
        if query.get("comp") == ["list"]:
            return self.answer(200, self.listed(**{name: values[0] for name, values in query.items()}).encode())
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
        if not self.path.startswith("/contoso/logs/"):
            return self.answer(404, **{"x-ms-error-code": "ContainerNotFound"})
        return self.answer(202 if self.server.blobs.pop(urlsplit(self.path).path, None) is not None else 404)

    def listed(self, prefix="", delimiter="", **_more):
        """All that begins so, up to the delimiter: names of blobs, and what longer names have in common."""
        names = [name.removeprefix("/contoso/logs/") for name in sorted(self.server.blobs)]
        rest = [name.removeprefix(prefix).partition(delimiter) for name in names if name.startswith(prefix)]
        folders = "".join(
            f"<BlobPrefix><Name>{escape(prefix + one)}</Name></BlobPrefix>"
            for one in sorted({a + b for a, b, _ in rest if b})
        )
        blobs = "".join(
            f"<Blob><Name>{escape(prefix + name)}</Name><Properties><BlobType>BlockBlob</BlobType></Properties></Blob>"
            for name, found, _ in rest
            if not found
        )
        return f"<EnumerationResults><Blobs>{folders}{blobs}</Blobs><NextMarker/></EnumerationResults>"

    def answer(self, status, body=b"", **headers):
        self.server.signed.add(self.headers.get("Authorization", "").partition(":")[0])
        self.send_response(status)
        common = {"Content-Length": str(len(body)), "ETag": '"1"', "x-ms-blob-type": "BlockBlob"}
        common["Last-Modified"] = "Mon, 02 Mar 2026 10:00:00 GMT"
        common["Content-Type"] = "application/xml" if body.startswith(b"<Enum") else "application/octet-stream"
        for name, value in {**common, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.server.given.append(len(body))
            self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Container:
    """A container of an account; what it gave out, what lies in it, and a time at which it takes nothing."""

    def __init__(self, server):
        self.server, self.given = server, server.given
        address = f"http://127.0.0.1:{server.server_port}/contoso"
        text = f"DefaultEndpointsProtocol=http;AccountName=contoso;AccountKey={SECRET};BlobEndpoint={address};"
        self.kind, self.options = "azure", {"connection_string": text, "azure_container": "logs"}
        self.away = {"azure_container": "elsewhere"}

    def names(self):
        return {name.removeprefix("/contoso/logs/") for name in self.server.blobs}

    def refuse(self):
        self.server.refuses = True
        return "Access to the storage for content logs was denied."


class Bucket:
    """The same of a bucket."""

    def __init__(self, client):
        self.client, self.name, self.given = client, uuid4().hex, []
        client.create_bucket(Bucket=self.name)
        who = {"access_key": "test", "secret_key": "test", "region_name": "us-east-1"}
        self.kind = "s3"
        self.options = {"bucket_name": self.name, "endpoint_url": client.meta.endpoint_url, **who}
        self.away = {"bucket_name": uuid4().hex}

    def watch(self):
        events = storages["logs"].bucket.meta.client.meta.events
        events.register("after-call.s3.GetObject", lambda parsed, **_more: self.given.append(parsed["ContentLength"]))

    def names(self):
        return {one["Key"] for one in self.client.list_objects_v2(Bucket=self.name).get("Contents", [])}

    def refuse(self):
        self.client.delete_bucket(Bucket=self.name)
        return "The bucket or container for content logs wasn't found."


@contextmanager
def buckets() -> Iterator[Any]:
    """A client of a server that has buckets."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    who = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    yield boto3.client("s3", endpoint_url=f"http://{host}:{port}", **who)
    server.stop()


@contextmanager
def new_container() -> Iterator[Container]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Account)
    server.blobs, server.blocks, server.signed, server.refuses = {}, {}, set(), False
    server.given, server.taken = [], []
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    yield Container(server)
    server.shutdown()
    server.server_close()


def use(settings, kind, options, tmp_path, **network):
    kept = log_storage(kind, json.dumps(options), tmp_path, {"proxy": "", "ca_file": ""} | network)
    settings.STORAGES = {**settings.STORAGES, "logs": kept}
