"""Signatures of web hooks: the header X-MicrosoftSpeechServices-Signature.

Base64 of HMAC-SHA256 with the hook's secret as the key (contract: WebHooks_Create; encoding: Microsoft's sample
receiver: UTF-8 secret over the raw body). For the challenge the sample signs the text of validationToken.
"""

import base64
import hashlib
import hmac

SIGNATURE = "X-MicrosoftSpeechServices-Signature"
EVENT = "X-MicrosoftSpeechServices-Event"  # compare ignoring case: the sources differ


def signature(secret: str, body: bytes) -> str:
    """What the service puts into the header for `body`: the bytes as they came, not decoded and encoded again."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode("ascii")


def signed(secret: str, body: bytes, header: str | None) -> bool:
    """Tell, in constant time, whether `header` is the signature of `body`; never without a secret."""
    if not secret or header is None:
        return False
    return hmac.compare_digest(signature(secret, body).encode(), header.strip().encode("utf-8", "replace"))
