"""Errors that workers store as English sentences, shown in the language of the reader.

The client (endpoints.azure) knows no Django and no language: it raises finished sentences, which are stored as is.
Here stand the same sentences with names in place of what they contain, so that they can be recognized and translated.
What they contain is translated too, if it is one of these texts, and kept if it is the service's own.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils.translation import get_language, gettext, gettext_noop

from endpoints.models.earlier_sentences import in_todays_words, pattern

log = logging.getLogger(__name__)

INVALID = gettext_noop(
    "The settings of the Speech resource aren't valid. Check them on the page of the Speech resource."
)
SENTENCES = (
    gettext_noop("The service couldn't be reached. %(why)s"),
    gettext_noop("The service sent an unexpected response (%(status)s): %(why)s."),
    gettext_noop("The service sent an unexpected response: %(why)s."),
    gettext_noop("The service failed (%(status)s): %(message)s"),
    gettext_noop("The service failed (%(status)s)."),
    gettext_noop("The service rejected the request: %(message)s (%(code)s)"),
    gettext_noop("The service rejected the request (%(code)s)."),
    gettext_noop("The service rejected the request: %(message)s"),
    gettext_noop("The service failed: %(message)s"),
    gettext_noop("The service closed the connection before it had answered: %(message)s"),
    gettext_noop("API version %(version)s doesn't support %(what)s."),
    gettext_noop(
        "The service doesn't support API version %(version)s but supports %(supported)s. "
        "Select %(supported)s for this resource."
    ),
    gettext_noop("The service doesn't support API version %(version)s. Select another API version for this resource."),
    gettext_noop(
        "No version of the Speech to text REST API was found at %(address)s. "
        "Check the service address or the region of this resource."
    ),
    gettext_noop("Microsoft Entra rejected the sign-in (%(code)s). Check the identity and its secret."),
    gettext_noop("The proxy refused the connection (%(status)s). Check its rules and OUTBOUND_PROXY."),
    gettext_noop("The download stopped after %(received)s of %(promised)s bytes."),
    gettext_noop("The download stopped after %(received)s bytes."),
    gettext_noop("The file is %(found)s bytes, but the service lists it as %(listed)s bytes."),
    gettext_noop("The file no longer existed in Azure on %(time)s."),
    gettext_noop("The model belongs to another Speech resource: %(resource)s."),
    gettext_noop("This model can't be deployed: %(why)s."),
    gettext_noop("This model is for %(theirs)s, but the endpoint is for %(ours)s."),
    gettext_noop("API version %(version)s logs only to your own storage."),
    gettext_noop("Another change is in progress: %(kind)s, requested by %(actor)s."),
)
# Without names in them: they are in the catalog as they are.
PLAIN = (
    gettext_noop("The service didn't respond in time."),
    gettext_noop("The connection to the service was lost."),
    gettext_noop("The service received too many requests."),
    gettext_noop("The service address isn't valid. Check it on the page of the Speech resource."),
    gettext_noop("The service address isn't valid. Enter an address that starts with https://."),
    gettext_noop("Remove the user name, query, and fragment from the service address."),
    gettext_noop("The service address must start with https://. http:// is allowed only on this machine."),
    gettext_noop("The key must be one word of letters and digits."),
    gettext_noop(
        "Microsoft Entra requires the custom domain of the resource, such as "
        "https://NAME.cognitiveservices.azure.com. The address of a region accepts only keys."
    ),
    gettext_noop("The address of the storage container isn't valid. Enter an address that starts with https://."),
    gettext_noop(
        "Enter an address of the storage container that starts with https:// and has no user name or fragment."
    ),
    gettext_noop("The address of the storage container must start with https://. Only a simulator can use http://."),
    gettext_noop("The storage container needs either a SAS token in its address or Microsoft Entra."),
    gettext_noop("Without a SAS token, the storage container must be on a host of Azure Storage."),
    gettext_noop("The link to the next page isn't a valid address."),
    gettext_noop("The file can't be downloaded because its address isn't HTTPS or leads to a private network."),
    gettext_noop("The file can't be downloaded because its address leads to a private network."),
    gettext_noop("The file can't be downloaded because its address isn't in the storage container."),
    gettext_noop("The log isn't in the storage container."),
    gettext_noop(
        "The SAS token of the storage container has expired. Enter a new one on the page of the Speech resource."
    ),
    gettext_noop("The file's address is no longer valid."),
    gettext_noop("The file changed during the download."),
    gettext_noop("Microsoft Entra couldn't be reached to get an access token."),
    gettext_noop("Microsoft Entra rejected the sign-in. Check the identity and its secret."),
    gettext_noop("Microsoft Entra didn't provide an access token."),
    gettext_noop("This machine doesn't have a managed identity, or the identity service isn't responding."),
    gettext_noop("No access token could be obtained. Check the credential."),
    INVALID,
    gettext_noop(
        "The secret can't be decrypted because its key is missing from ENCRYPTION_KEYS. "
        "Restore the key, or enter the secret again."
    ),
    gettext_noop(
        "The secret can't be decrypted because its key is missing from ENCRYPTION_KEYS. "
        "It's kept, and can't be replaced until the key is restored."
    ),
    gettext_noop(
        "Stored keys and secrets are locked because ENCRYPTION_KEYS lacks the key that encrypted them. "
        "They're kept, and none can be replaced until the key is restored."
    ),
)
# What a sentence contains: why there was no connection, and what is unexpected about a response.
REASONS = (
    gettext_noop(
        "The host name resolves to a private address. Check the service address, or add the network to "
        "PRIVATE_NETWORKS."
    ),
    gettext_noop("The host name wasn't found. Check the service address."),
    gettext_noop("The host name of the proxy wasn't found. Check OUTBOUND_PROXY."),
    gettext_noop("The connection was refused. Check the service address and the firewall."),
    gettext_noop("The connection timed out. Check the network and the firewall."),
    gettext_noop("The proxy refused the connection. Check its rules and OUTBOUND_PROXY."),
    gettext_noop("The proxy requires authentication. Check the user name and password in OUTBOUND_PROXY."),
    gettext_noop("The certificate has expired. Ask the server's administrator to renew it."),
    gettext_noop("The certificate is for a different host name. Check the service address."),
    gettext_noop(
        "The certificate isn't from a trusted authority. Check the service address, or set CA_FILE to the authority."
    ),
    gettext_noop("A secure connection couldn't be established. Check the service address and the proxy."),
    gettext_noop("No connection could be made. Check the network."),
    gettext_noop("it isn't JSON"),
    gettext_noop("it's nested too deeply"),
    gettext_noop("it isn't a list"),
    gettext_noop("it isn't a page of a list"),
    gettext_noop("`values` isn't a list"),
    gettext_noop("it's compressed, which wasn't requested"),
    gettext_noop("it's larger than 8 MB"),
    gettext_noop("it's a redirect, and redirects aren't followed"),
    gettext_noop("the error isn't from the Speech service"),
    gettext_noop("it doesn't confirm the deletion"),
    gettext_noop("it doesn't confirm the test of the web hook"),
    gettext_noop("the list has no end"),
    gettext_noop("the link to the next page doesn't work"),
    gettext_noop("it isn't a list of blobs"),
    gettext_noop("it's a different part than requested"),
    gettext_noop("it's shorter than requested"),
    gettext_noop("it isn't a result of recognition"),
    gettext_noop("a phrase can't be read"),
    gettext_noop("it isn't the handshake of a WebSocket"),
    gettext_noop("the handshake isn't that of a WebSocket"),
    gettext_noop("it doesn't follow the WebSocket protocol"),
    gettext_noop("projects"),
    gettext_noop("web hooks"),
)


def text_of(error: Exception) -> str:
    """The sentence of an error, or INVALID instead of one that a library wrote, which is logged."""
    text = str(error)
    if text in PLAIN or any(pattern(sentence).fullmatch(text) for sentence in SENTENCES):
        return text
    log.warning("%s: %s", type(error).__name__, text)
    return INVALID


# What tells from a failed connection what listens at an address that somebody typed.
_BEGINNINGS = (
    "The service couldn't be reached",
    "The service sent an unexpected response",
    "The service didn't respond in time",
    "The connection to the service was lost",
    "The proxy refused",
)
_OF_CONNECTIONS = (
    *(sentence for sentence in (*SENTENCES, *PLAIN) if sentence.startswith(_BEGINNINGS)),
    *REASONS[: REASONS.index("it isn't JSON")],
)
_UNREACHABLE = gettext_noop("The service couldn't be reached. Your administrator can see why.")
_connections_told: ContextVar[bool] = ContextVar("connections_told", default=True)


@contextmanager
def connections_told(told: bool) -> Iterator[None]:
    """Whether the reader is told why a connection failed: those who manage the resource are, in pages nobody else."""
    token = _connections_told.set(told)
    try:
        yield
    finally:
        _connections_told.reset(token)


def tell_connections(told: bool) -> None:
    """The same until the end of the block of `connections_told` around it."""
    _connections_told.set(told)


def are_connections_told() -> bool:
    return _connections_told.get()


def _tells_a_connection(text: str) -> bool:
    return any(pattern(sentence).fullmatch(text) for sentence in _OF_CONNECTIONS)


def in_words(stored: str) -> str:
    """A stored text in today's words and the active language; what is not known is returned as it is."""
    stored = in_todays_words(stored)
    if stored and not are_connections_told() and _tells_a_connection(stored):
        stored = _UNREACHABLE
    if not stored or (get_language() or "en").startswith("en"):
        return stored
    translated = gettext(stored)
    if translated != stored:
        return translated
    for sentence in SENTENCES:
        if found := pattern(sentence).fullmatch(stored):
            return gettext(sentence) % {name: in_words(value) for name, value in found.groupdict().items()}
    return stored
