"""Lists of blobs by the Azure storage library, over this package's own transport.

The library knows the List Blobs protocol and Microsoft Entra; the transport keeps our laws: total time limits, no
redirects, no proxies or credentials from the environment, no address with a signature in any log line. Importing this
module takes a while, because it imports the library: container.py does so when it is first needed.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError
from azure.core.pipeline.transport import HttpRequest, HttpResponse, HttpTransport
from azure.storage.blob import BlobPrefix, BlobProperties, ContainerClient

from . import errors
from .calls import Call, told
from .deadline import Deadline
from .identity import UNREACHABLE, refused
from .retries import with_retries
from .sending import ApiResponse, body_of, opened, translated, unreadable

OPERATION = "List Blobs"  # the storage service's name of it
# The storage service in every cloud ("Authorize access to blobs using Microsoft Entra ID").
SCOPE = "https://storage.azure.com/.default"
PAGE = 1000  # blobs asked for at once; about 1 MB of XML
DOCUMENT_TYPE = b"<!DOCTYPE"  # of XML, in which these letters are capitals
MOST_PAGES = 10_000

# The library writes ten lines for each request at INFO, unless it is given another logger.
quiet = logging.getLogger(f"{__name__}.requests")
quiet.setLevel(logging.WARNING)


class Answered(HttpResponse):
    """An answer in the library's form; its body is there already."""

    def __init__(self, request: HttpRequest, answer: ApiResponse) -> None:
        super().__init__(request, answer)
        self.answer = answer
        self.status_code = answer.status
        self.headers = answer.headers
        self.reason = ""
        self.content_type = answer.headers.get("content-type")

    def body(self) -> bytes:
        return self.answer.data


class Wire(HttpTransport[HttpRequest, HttpResponse]):
    """The library's transport: `request` makes ours of its requests, `refuse` an error of an answer other than 2xx."""

    def __init__(
        self,
        transport: httpx.BaseTransport,
        request: Callable[[HttpRequest, Deadline], httpx.Request],
        refuse: Callable[[ApiResponse], errors.SpeechError],
    ) -> None:
        self.due = Deadline(None)
        self._transport, self._request, self.refusal = transport, request, refuse

    def send(self, request: HttpRequest, **_options: Any) -> HttpResponse:
        with told(OPERATION, "GET") as call:
            return self._send(call, request)

    def _send(self, call: Call, request: HttpRequest) -> HttpResponse:
        with opened(OPERATION, self._transport, lambda: self._request(request, self.due)) as response:
            status = response.status_code
            call.answered(status, response.headers)
            with translated(OPERATION, status=status):
                data = body_of(OPERATION, response, self.due, status)
        answer = ApiResponse(status, response.headers, data)
        if not 200 <= status < 300 and not (status == 401 and "Authorization" in request.headers):
            raise self.refusal(answer)
        if DOCUMENT_TYPE in data:  # no list has one, and it could name entities to expand or fetch
            raise unreadable(OPERATION, "it isn't a list of blobs")
        return Answered(request, answer)  # a refused token too: the library may know how to get a better one

    def open(self) -> None: ...

    def close(self) -> None: ...

    def __exit__(self, *error: object) -> None: ...


class Lister:
    """The list calls of one container. `address` has no signature: the wire adds it."""

    def __init__(
        self,
        address: str,
        credential: TokenCredential | None,
        seconds: float,
        retries: bool,
        wire: Callable[[], Wire],
    ) -> None:
        self._address, self._credential = address, credential
        self._seconds, self._retries = seconds, retries
        self._new_wire = wire

    def pages(
        self, prefix: str, marker: str | None = None, delimiter: str = ""
    ) -> Iterator[tuple[list[BlobProperties | BlobPrefix], str | None]]:
        """The blobs whose names begin with `prefix`, and the marker of the following page.

        With a delimiter: names up to it, as BlobPrefix. The time limit is for each page with all its attempts.
        """
        wire = self._new_wire()
        client = ContainerClient.from_container_url(
            self._address, self._credential, transport=wire, retry_total=0, logging_enable=False
        )
        asked: dict[str, Any] = {"name_starts_with": prefix, "results_per_page": PAGE, "logger": quiet}
        found = client.walk_blobs(delimiter=delimiter, **asked) if delimiter else client.list_blobs(**asked)
        pages: Any = found.by_page(marker)
        known = {marker}

        def following() -> list[BlobProperties | BlobPrefix] | None:
            with understood(wire):
                page = next(pages, None)
                return None if page is None else list(page)

        while True:
            wire.due = Deadline(self._seconds)
            page = with_retries(following, True, wire.due) if self._retries else following()
            if page is None:
                return
            marker = pages.continuation_token or None
            yield page, marker
            if marker is None:
                return
            if marker in known or len(known) > MOST_PAGES:
                raise unreadable(OPERATION, "the list has no end")
            known.add(marker)


@contextmanager
def understood(wire: Wire) -> Iterator[None]:
    """Turn the library's exceptions into ours; those of the wire are ours already."""
    try:
        yield
    except HttpResponseError as error:
        raise _of(error, wire) from None
    except AzureError:
        raise errors.NotSent(UNREACHABLE, operation=OPERATION) from None
    except (AttributeError, KeyError, TypeError, ValueError):  # what its parser makes of XML of another shape
        raise unreadable(OPERATION, "it isn't a list of blobs") from None


def token_for(credential: TokenCredential) -> str:
    """A token for the storage service; the library's credentials keep it while it is valid."""
    try:
        return credential.get_token(SCOPE).token
    except HttpResponseError as error:
        raise no_token(error) from None
    except AzureError:
        raise errors.NotSent(UNREACHABLE, operation=OPERATION) from None


def no_token(error: HttpResponseError) -> errors.SpeechError:
    """A credential's failure. Only Entra's own error number is told: the library's messages quote whole answers."""
    if error.response is None:
        return errors.NotSent("Microsoft Entra didn't provide an access token.", operation=OPERATION)
    return refused(error, OPERATION)


def _of(error: HttpResponseError, wire: Wire) -> errors.SpeechError:
    if isinstance(error.response, Answered):
        answer = error.response.answer
        return unreadable(OPERATION, "it isn't a list of blobs") if answer.status == 200 else wire.refusal(answer)
    if isinstance(error, ClientAuthenticationError):
        return no_token(error)
    return unreadable(OPERATION, "it isn't a list of blobs")
