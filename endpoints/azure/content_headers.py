"""What the headers of an answer say of the content that follows them."""

import base64
from collections.abc import Mapping


def plain(headers: Mapping[str, str]) -> bool:
    """Whether the bytes are those of the content and not compressed, which was not requested."""
    return headers.get("content-encoding", "").lower() in ("", "identity")


def md5_of(headers: Mapping[str, str], status: int) -> bytes | None:
    """Of the whole content: Content-MD5 is that of what is sent, which may be a part."""
    said = headers.get("x-ms-blob-content-md5") or (headers.get("content-md5") if status == 200 else None)
    try:
        digest = base64.b64decode(said or "", validate=True)
    except ValueError:
        return None
    return digest if len(digest) == 16 else None
