"""What the header of an answer says of the recording or transcript that follows.

A content address is read without credentials: the address is the credential. Its origin (blob storage) is not that of
the API, so our credentials are never sent there, and no error or repr shows the address.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

from . import errors
from .content_headers import md5_of, plain
from .curl import OPERATION
from .sending import unreadable

_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18}|\*)")
_BEYOND = re.compile(r"bytes \*/(\d{1,18})")


class Content(Struct, frozen=True):
    """A content whose bytes follow.

    `size`: bytes of the whole content, None when the server does not say. `offset`: where these bytes begin, which is
    0 when the server does not do ranges, and `size` when all of them were there already. `etag`: to go on later.
    `md5`: of the whole content, None when the server does not say.
    """

    size: int | None
    offset: int
    etag: str | None
    md5: bytes | None = None


def understood(status: int, headers: Mapping[str, str], offset: int, etag: str | None) -> Content | None:
    """The content of an answer to a request from `offset` on; None when the answer is another error.

    ContentChanged when it is not the content with `etag`; Unreadable when it is not what was requested.
    """
    found = headers.get("etag")
    if status == 416:
        beyond = _BEYOND.fullmatch(headers.get("content-range", ""))
        if beyond and int(beyond[1]) == offset:
            return Content(offset, offset, found or etag)
        raise _changed()
    if status == 412:
        raise _changed()
    if status not in (200, 206):
        return None
    if not plain(headers):
        raise unreadable(OPERATION, "it's compressed, which wasn't requested", status)
    if etag and found and found != etag:
        raise _changed()
    if status == 200:
        length = headers.get("content-length", "")
        size = int(length) if re.fullmatch(r"\d{1,18}", length) else None
        return Content(size, 0, found, md5_of(headers, status))
    part = _RANGE.fullmatch(headers.get("content-range", ""))
    if not part or int(part[1]) != offset or int(part[2]) < offset:
        raise unreadable(OPERATION, "it's a different part than requested", status)
    size = None if part[3] == "*" else int(part[3])
    if size is not None and int(part[2]) != size - 1:
        raise unreadable(OPERATION, "it's shorter than requested", status)
    return Content(size, offset, found, md5_of(headers, status))


def _changed() -> errors.ContentChanged:
    return errors.ContentChanged("The file changed during the download.", operation=OPERATION)
