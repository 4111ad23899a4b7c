"""Why no connection was made, as a sentence for people that also says what to check.

The texts of OpenSSL, libcurl, httpcore and the operating system are recorded by the logger of this module and shown to
nobody: they differ between machines and versions, and say nothing of what to do.
"""

import logging
import re
import socket
import ssl

import httpcore
import httpx

from .guard import ClosedNetwork

log = logging.getLogger(__name__)

PRIVATE = (
    "The host name resolves to a private address. Check the service address, or add the network to PRIVATE_NETWORKS."
)
UNKNOWN_HOST = "The host name wasn't found. Check the service address."
UNKNOWN_PROXY = "The host name of the proxy wasn't found. Check OUTBOUND_PROXY."
CONNECTION_REFUSED = "The connection was refused. Check the service address and the firewall."
TIMED_OUT = "The connection timed out. Check the network and the firewall."
PROXY_SIGN_IN = "The proxy requires authentication. Check the user name and password in OUTBOUND_PROXY."
PROXY_REFUSED = "The proxy refused the connection. Check its rules and OUTBOUND_PROXY."
EXPIRED = "The certificate has expired. Ask the server's administrator to renew it."
OTHER_HOST = "The certificate is for a different host name. Check the service address."
UNTRUSTED = (
    "The certificate isn't from a trusted authority. Check the service address, or set CA_FILE to the authority."
)
NO_TLS = "A secure connection couldn't be established. Check the service address and the proxy."
NO_CONNECTION = "No connection could be made. Check the network."

_EXPIRED_CODE = 10  # X509_V_ERR_CERT_HAS_EXPIRED
_OTHER_HOST_CODES = (62, 64)  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH


def sentence_of(error: BaseException) -> str:
    """The sentence for an error of httpx, httpcore, ssl or a socket, by the first cause that is known."""
    log.warning("No connection: %s: %s", type(error).__name__, error)
    chain = list(_chain(error))
    for one in chain:
        if isinstance(one, ClosedNetwork):
            return PRIVATE
        if isinstance(one, ssl.SSLCertVerificationError):
            return _of_certificate(one)
        if isinstance(one, socket.gaierror):
            return UNKNOWN_HOST
        if isinstance(one, ConnectionRefusedError):
            return CONNECTION_REFUSED
    for one in chain:
        if isinstance(one, ssl.SSLError):
            return NO_TLS
        if isinstance(one, httpcore.ProxyError | httpx.ProxyError):
            return _of_proxy(str(one))
        if isinstance(one, TimeoutError | httpcore.TimeoutException | httpx.TimeoutException):
            return TIMED_OUT
    return NO_CONNECTION


def sentence_of_certificate(words: str) -> str:
    """The sentence for what libcurl says of a TLS connection that failed."""
    log.warning("No connection: %s", words)
    if "expired" in words:
        return EXPIRED
    if re.search(r"subject name|host ?name|does not match", words):
        return OTHER_HOST
    return UNTRUSTED if "certificate" in words else NO_TLS


def _of_proxy(words: str) -> str:
    status = words[:3]  # of the answer to CONNECT, with its reason phrase behind it
    if status == "407":
        return PROXY_SIGN_IN
    if not status.isdecimal():
        return PROXY_REFUSED
    return f"The proxy refused the connection ({status}). Check its rules and OUTBOUND_PROXY."


def _of_certificate(error: ssl.SSLCertVerificationError) -> str:
    code = getattr(error, "verify_code", None)
    if code == _EXPIRED_CODE:
        return EXPIRED
    return OTHER_HOST if code in _OTHER_HOST_CODES else UNTRUSTED


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
