"""Responses with stored files: whole or a range (RFC 9110, section 14), in chunks; incomplete files are refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any
from urllib.parse import quote

from django.core.files.storage import Storage
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header

from endpoints.models.file_names import in_ascii

OCTET_STREAM = "application/octet-stream"
CHUNK = 1024 * 1024  # bytes that are in memory at a time; from a bucket each is a request
ASKED = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.IGNORECASE)


def stored_file(
    request: HttpRequest,
    storage: Storage,
    name: str,
    *,
    size: int,
    sha256: str,
    file_name: str,
    content_type: str = OCTET_STREAM,
    attachment: bool = True,
) -> HttpResponseBase:
    """The file `name` of `storage`, of the recorded `size` and `sha256`.

    404 with the reason when the stored file has another size, 503 when the storage does not answer. Several ranges in
    one request are answered with the whole file.
    """
    try:
        if not is_complete(storage, name, size):
            return render(request, "content_logs/incomplete_file.html", {"file_name": file_name}, status=404)
    except OSError:
        return render(request, "content_logs/incomplete_file.html", {"away": True}, status=503)
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store, private",
        "Content-Disposition": _disposition(file_name, attachment=attachment),
        "ETag": f'"{sha256}"',
        "X-Content-Type-Options": "nosniff",
    }
    return _ranged(request, storage, name, size, headers, content_type)


def _disposition(file_name: str, *, attachment: bool) -> str:
    """Content-Disposition with the name in any script, and first in ASCII for programs that read no more (RFC 6266)."""
    header = str(content_disposition_header(attachment, in_ascii(file_name)))
    return header if file_name.isascii() else f"{header}; filename*=UTF-8''{quote(file_name, safe='')}"


def _ranged(
    request: HttpRequest, storage: Storage, name: str, size: int, headers: dict[str, str], content_type: str
) -> HttpResponseBase:
    part = _range(request, size, headers["ETag"])
    if part is not None and not part:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    span = range(size) if part is None else part
    headers["Content-Length"] = str(len(span))
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    if request.method == "HEAD":
        return HttpResponse(headers=headers, content_type=content_type)
    status = 200 if part is None else 206
    return StoredFileResponse(storage.open(name), span, status=status, headers=headers, content_type=content_type)


def is_complete(storage: Storage, name: str, size: int) -> bool:
    """The stored file has the recorded size. Raises OSError when the storage does not answer."""
    try:
        return bool(name) and storage.size(name) == size
    except FileNotFoundError:
        return False


class StoredFileResponse(StreamingHttpResponse):
    """Closes its file however it ends, also when nothing of it was read."""

    def __init__(self, file: IO[bytes], span: range, **more: Any) -> None:
        super().__init__(_chunks(file, span), **more)
        self.file = file

    def close(self) -> None:
        try:
            self.file.close()
        finally:
            super().close()


def _range(request: HttpRequest, size: int, etag: str) -> range | None:
    """The one range that is asked for, empty when the file has nothing of it; None for the whole file."""
    asked = ASKED.fullmatch(request.headers.get("Range", "").strip())
    condition = request.headers.get("If-Range")
    if not asked or not any(asked.groups()) or request.method != "GET" or (condition and condition != etag):
        return None
    first, last = (int(text) if text else None for text in asked.groups())
    if first is None:
        return range(max(size - (last or 0), 0), size)
    if last is not None and last < first:
        return None
    return range(first, size if last is None else min(last + 1, size))


def _chunks(file: IO[bytes], span: range) -> Iterator[bytes]:
    """A file that ends too early breaks the connection, so that nobody takes it for complete."""
    file.seek(span.start)
    left = len(span)
    while left:
        chunk = file.read(min(CHUNK, left))
        if not chunk:
            raise OSError("A stored file is shorter than it was a moment ago.")
        left -= len(chunk)
        yield chunk
