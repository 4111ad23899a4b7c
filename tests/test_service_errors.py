"""What a library reports is a sentence for people, in their language; its own words go to the log alone."""

import ast
import errno
import logging
import re
import socket
import ssl
from pathlib import Path

import botocore.exceptions
import httpcore
import httpx
import psycopg
import pycurl
import pytest
from azure.core.exceptions import ServiceRequestError
from django.utils import translation

from endpoints.azure import curl, unreachable
from endpoints.azure.guard import ClosedNetwork
from endpoints.logs.job import StorageRefused
from endpoints.models import earlier_sentences, service_errors
from endpoints.models.translatable_text import TranslatableText

ROOT = Path(__file__).resolve().parent.parent
RAISED = {"NotSent", "NotSupported", "NotFound", "ForeignAddress", "TimedOut", "ConnectionLost", "ContentExpired"}
RAISED |= {"ContentChanged", "TooManyRequests", "ServiceFault", "Malformed", "unreadable"}


def caused(error, *causes):
    """An error of httpx with what caused it, the nearest first."""
    for outer, inner in zip((error, *causes), causes, strict=False):
        outer.__cause__ = inner
    return error


def certificate(code):
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed (_ssl.c:992)")
    error.verify_code = code
    return error


NOT_CONNECTED = [
    (certificate(10), "The certificate has expired."),
    (certificate(62), "The certificate is for a different host name."),
    (certificate(20), "The certificate isn't from a trusted authority."),
    (ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:992)"), "A secure connection couldn't"),
    (socket.gaierror(-2, "Name or service not known"), "The host name wasn't found."),
    (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), "The connection was refused."),
    (httpcore.ConnectTimeout("[Errno 110] timed out"), "The connection timed out."),
    (httpcore.ProxyError("407 Proxy Authentication Required"), "The proxy requires authentication."),
    (httpcore.ProxyError("403 Forbidden"), "The proxy refused the connection (403)."),
    (ClosedNetwork("its name leads to a private address"), "The host name resolves to a private address."),
    (OSError(errno.ENETUNREACH, "Network is unreachable"), "No connection could be made."),
]


@pytest.mark.parametrize(("cause", "sentence"), NOT_CONNECTED)
def test_why_there_is_no_connection_is_a_sentence_and_the_librarys_words_are_logged(caplog, cause, sentence):
    words = str(cause)
    with caplog.at_level(logging.WARNING):
        told = unreachable.sentence_of(caused(httpx.ConnectError(words), httpcore.ConnectError(words), cause))
    assert told.startswith(sentence)
    assert words not in told
    assert words in caplog.text


@pytest.mark.parametrize(
    ("code", "words", "sentence"),
    [
        (pycurl.E_PEER_FAILED_VERIFICATION, "SSL certificate problem: certificate has expired", "has expired"),
        (
            pycurl.E_PEER_FAILED_VERIFICATION,
            "SSL: no alternative certificate subject name matches target host name 'x.example'",
            "different host name",
        ),
        (pycurl.E_PEER_FAILED_VERIFICATION, "SSL certificate problem: unable to get local issuer", "trusted authority"),
        (pycurl.E_SSL_CONNECT_ERROR, "OpenSSL SSL_connect: SSL_ERROR_SYSCALL", "secure connection"),
        (pycurl.E_COULDNT_RESOLVE_HOST, "Could not resolve host: x.example", "host name wasn't found"),
        (pycurl.E_RECV_ERROR, "Recv failure: Connection reset by peer", "connection to the service was lost"),
    ],
)
def test_libcurls_words_are_not_shown(code, words, sentence):
    told = str(curl._error_of(code, words))
    assert sentence in told
    assert words not in told


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/srv/logs"), "Access to the storage"),
        (OSError(errno.EROFS, "Read-only file system"), "Access to the storage"),
        (OSError(errno.EIO, "Input/output error"), "is unavailable"),
        (
            OSError(str(botocore.exceptions.EndpointConnectionError(endpoint_url="https://s3.example"))),
            "is unavailable",
        ),
        (OSError(str(ServiceRequestError("<urllib3.connection.HTTPSConnection object>"))), "is unavailable"),
    ],
)
def test_what_the_storage_refuses_is_a_sentence_that_says_what_is_kept(caplog, error, sentence):
    told = str(StorageRefused(error))
    assert sentence in told
    assert "kept" in told
    assert str(error) not in told
    assert str(error) in caplog.text


@pytest.mark.parametrize(
    "error", [ValueError("Invalid IPv6 URL"), psycopg.OperationalError("server closed"), KeyError("a")]
)
def test_an_error_that_nobody_has_put_into_words_is_not_stored(caplog, error):
    assert service_errors.text_of(error) == service_errors.INVALID
    assert str(error) in caplog.text


def sentences_of_the_client():
    """What the client raises with: literals, and f-strings with 7 in place of what they contain."""
    for file in sorted((ROOT / "endpoints/azure").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            found = None
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                arguments = node.args[1:] if name == "unreadable" else node.args
                found = arguments[0] if name in RAISED and arguments else None
            elif isinstance(node, ast.Assign) and [getattr(one, "id", "") for one in node.targets] == ["sentence"]:
                found = node.value
            for text in (found.body, found.orelse) if isinstance(found, ast.IfExp) else (found,):
                if isinstance(text, ast.Constant) and isinstance(text.value, str):
                    yield file.name, text.value
                elif isinstance(text, ast.JoinedStr):
                    yield (
                        file.name,
                        "".join(str(one.value) if isinstance(one, ast.Constant) else "7" for one in text.values),
                    )
    yield from (
        (unreachable.__name__, text)
        for name, text in vars(unreachable).items()
        if name.isupper() and isinstance(text, str)
    )


def test_each_sentence_of_the_client_has_its_german_one():
    with translation.override("de"):
        english = [
            (file, text)
            for file, text in sentences_of_the_client()
            if service_errors.in_words(text) == text and "{" not in text
        ]
    assert english == []


@pytest.mark.parametrize(
    ("stored", "german"),
    [
        (
            "The service couldn't be reached. The host name wasn't found. Check the service address.",
            "Der Dienst ist nicht erreichbar. Der Hostname wurde nicht gefunden. Überprüfen Sie die Dienstadresse.",
        ),
        (
            "The service rejected the request: The quota is used up. (Conflict, 409)",
            "Der Dienst hat die Anforderung abgelehnt: The quota is used up. (Conflict, 409)",
        ),
        (
            "The service sent an unexpected response (200): it isn't JSON.",
            "Der Dienst hat eine unerwartete Antwort gesendet (200): kein JSON.",
        ),
        ("A text that nobody knows.", "A text that nobody knows."),
        ("", ""),
    ],
)
def test_a_stored_error_is_shown_in_the_language_of_the_reader(stored, german):
    with translation.override("de"):
        assert service_errors.in_words(stored) == german
    with translation.override("en"):
        assert service_errors.in_words(stored) == stored


@pytest.mark.parametrize(
    ("stored", "english", "german"),
    [
        (
            "The service could not be reached: [Errno -2] Name or service not known.",
            "The service couldn't be reached. No connection could be made. Check the network.",
            "Der Dienst ist nicht erreichbar. Es konnte keine Verbindung hergestellt werden.",
        ),
        (
            "The service's answer (200) cannot be understood: not JSON.",
            "The service sent an unexpected response (200): it isn't JSON.",
            "Der Dienst hat eine unerwartete Antwort gesendet (200): kein JSON.",
        ),
        (
            "The service refused: The quota is used up. (Conflict, 409)",
            "The service rejected the request: The quota is used up. (Conflict, 409)",
            "Der Dienst hat die Anforderung abgelehnt: The quota is used up. (Conflict, 409)",
        ),
        (
            "The model was deleted at the service.",
            "The model was deleted in Azure.",
            "Das Modell wurde in Azure gelöscht.",
        ),
        (
            "The service does not support API version 2025-10-15, but it supports v3.2. Choose v3.2 for this resource.",
            "The service doesn't support API version 2025-10-15 but supports v3.2. Select v3.2 for this resource.",
            "Der Dienst unterstützt",
        ),
    ],
)
def test_an_error_that_an_earlier_version_stored_is_shown_in_todays_words(stored, english, german):
    with translation.override("en"):
        assert service_errors.in_words(stored) == english
    with translation.override("de"):
        assert service_errors.in_words(stored).startswith(german)


def test_each_earlier_sentence_has_one_of_today_that_is_translated():
    for earlier, today in earlier_sentences.SENTENCES.items():
        stored = re.sub(r"%\(\w+\)s", "7", earlier)
        assert earlier_sentences.in_todays_words(stored) == re.sub(r"%\(\w+\)s", "7", today)
        with translation.override("de"):
            german = service_errors.in_words(stored)
        assert german not in (stored, re.sub(r"%\(\w+\)s", "7", today)), stored


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "This model is for de-DE, but the endpoint is for en-US."),
        ("de", "Dieses Modell ist für de-DE, der Endpunkt für en-US."),
    ],
)
def test_a_stored_text_with_names_is_shown_in_todays_words(language, told):
    names = {"theirs": "de-DE", "ours": "en-US"}
    stored = {"text": "This model is for %(theirs)s, the endpoint is for %(ours)s.", "names": names}
    with translation.override(language):
        assert TranslatableText.read(stored) == told
