"""The signature of the service's web hook calls."""

import base64
import hashlib
import hmac

import pytest

from endpoints.access.signature import signature, signed


def test_a_signature_is_the_hmac_of_the_bytes_as_they_came():
    body, secret = '{"self": "ü"}\r\n'.encode(), "sécret"
    expected = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    assert signature(secret, body) == expected
    assert signed(secret, body, expected)
    assert signed(secret, body, f" {expected} ")
    # RFC 4231, test case 2.
    known = bytes.fromhex("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    assert base64.b64decode(signature("Jefe", b"what do ya want for nothing?")) == known


@pytest.mark.parametrize(
    ("secret", "body", "header"),
    [
        ("SECRET", b"{ }", signature("SECRET", b"{}")),
        ("SECRET", b"{}", signature("OTHER", b"{}")),
        ("SECRET", b"{}", signature("SECRET", b"{}").lower()),
        ("SECRET", b"{}", signature("SECRET", b"{}").rstrip("=")),
        ("SECRET", b"{}", ""),
        ("SECRET", b"{}", None),
        ("SECRET", b"{}", "\udcff ü"),
        ("", b"{}", signature("", b"{}")),
    ],
)
def test_anything_else_is_not_signed(secret, body, header):
    assert not signed(secret, body, header)
