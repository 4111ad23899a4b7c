"""Stored files as answers: whole or a part of them (RFC 9110, section 14), in pieces, never one that is not whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from django.core.files.storage import Storage
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.http import content_disposition_header

OCTETS = "application/octet-stream"
PIECE = 1024 * 1024  # bytes that are in memory at a time; from a bucket each is a request
ASKED = re.compile(r"bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})", re.IGNORECASE)


def answer(
    request: HttpRequest,
    storage: Storage,
    name: str,
    *,
    size: int,
    sha256: str,
    file_name: str,
    content_type: str = OCTETS,
    attachment: bool = True,
) -> HttpResponseBase:
    """The file `name` of `storage`, of which we wrote down `size` and `sha256`; 404 with a reason when it is another.

    Or 503, when the whole storage refuses. Of several ranges at once, which nobody needs, the whole is the answer.
    """
    try:
        if not whole(storage, name, size):
            return render(request, "content_logs/incomplete_file.html", {"file_name": file_name}, status=404)
    except OSError:
        return render(request, "content_logs/incomplete_file.html", {"away": True}, status=503)
    etag = f'"{sha256}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store, private",
        "Content-Disposition": str(content_disposition_header(attachment, file_name)),
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
    }
    part = _part(request, size, etag)
    if part is not None and not part:
        return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
    there = range(size) if part is None else part
    headers["Content-Length"] = str(len(there))
    if part is not None:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{size}"
    if request.method == "HEAD":
        return HttpResponse(headers=headers, content_type=content_type)
    status = 200 if part is None else 206
    return Part(storage.open(name), there, status=status, headers=headers, content_type=content_type)


def whole(storage: Storage, name: str, size: int) -> bool:
    """The stored file is as long as it was when it was kept. Raises OSError when the storage does not say."""
    try:
        return bool(name) and storage.size(name) == size
    except FileNotFoundError:
        return False


class Part(StreamingHttpResponse):
    """Closes its file however it ends, also when nobody has read anything of it."""

    def __init__(self, file: IO[bytes], there: range, **more: Any) -> None:
        super().__init__(_pieces(file, there), **more)
        self.file = file

    def close(self) -> None:
        try:
            self.file.close()
        finally:
            super().close()


def _part(request: HttpRequest, size: int, etag: str) -> range | None:
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


def _pieces(file: IO[bytes], there: range) -> Iterator[bytes]:
    """A file that ends too soon breaks the connection, so that nobody takes it for whole."""
    file.seek(there.start)
    left = len(there)
    while left:
        piece = file.read(min(PIECE, left))
        if not piece:
            raise OSError("A stored file is shorter than it was a moment ago.")
        left -= len(piece)
        yield piece
