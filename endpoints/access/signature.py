"""Signatures of web hooks: the header X-MicrosoftSpeechServices-Signature.

Base64 of the HMAC-SHA256 of the raw body, with the hook's secret in UTF-8 as the key (contract: WebHooks_Create; the
encodings are from Microsoft's sample receiver). A challenge's signature is that of its validationToken.
"""

import base64
import hashlib
import hmac

SIGNATURE = "X-MicrosoftSpeechServices-Signature"


def signature(secret: str, body: bytes) -> str:
    """The value of the header for `body`, the raw bytes of the request."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode("ascii")


def signed(secret: str, body: bytes, header: str | None) -> bool:
    """Whether `header` is the signature of `body`, compared in constant time; False without a secret."""
    if not secret or header is None:
        return False
    return hmac.compare_digest(signature(secret, body).encode(), header.strip().encode("utf-8", "replace"))
