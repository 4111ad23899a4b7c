"""Which way a recording is recognized: as short audio, or by the WebSocket protocol of the Speech SDK."""

from collections.abc import Iterable

from .base_client import BaseClient
from .recognition import Recognition, recognize
from .streaming import recognize_by_web_socket


def recognize_by(
    client: BaseClient, host: str, links: Iterable[str], audio: bytes, locale: str, endpoint_id: str | None = None
) -> Recognition:
    """Have `audio`, a WAV file of at most 60 seconds, recognized in the way that the links of an endpoint name.

    `links`: the names of Endpoint.links; without any, what the API version usually has. `host`: protocol and host of
    the recognition service, the only one that gets the key; the hosts of links are not asked. Without `endpoint_id` the
    base model is asked, in the way of that endpoint: two texts can be compared only if they came the same way.

    Short audio, if there is a link to it (v3.2): one request, whose refusal has a status and words. Otherwise by a
    WebSocket (2024-11-15 and later return `webSocket` alone), which the SDK's protocol makes longer and slower. Tried
    with the Speech SDK for Python 1.53: it never sends short audio, not even for recognize_once with the id of an
    endpoint, and asks the address of `webSocket` as it stands; so that way must work wherever the SDK does.

    Raises SpeechError, the same in both ways.
    """
    names = [name for name in links if name.startswith(("rest", "webSocket"))]
    short = any(name.startswith("rest") for name in names) if names else client.version.capabilities.rest_links
    way = recognize if short else recognize_by_web_socket
    return way(client, host, audio, locale, endpoint_id)
