"""What all operations share: they build the URL, send the request, parse the response and follow pages."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import httpx
from msgspec import Struct

from . import wire
from .addresses import id_behind, on_own_host
from .entities import UnreadableItem
from .errors import ForeignAddress, NotFound, NotSupported, OutcomeUnknown, SpeechError, VersionRetired
from .listing import Listing
from .reading import Malformed, decoded
from .sending import ApiResponse, Sender, location_of, unreadable
from .versions import Version, version_named

T = TypeVar("T")
Read = Callable[[Any, float | None], T]  # makes an entity of decoded JSON and the seconds of Retry-After; Malformed
NO_QUERY: Mapping[str, str | None] = MappingProxyType({})

MAX_PAGES = 10_000
MAX_LINK_LENGTH = 8_192
# Every resource has these, so a 404 of the gateway here means that it does not know the API version.
_COLLECTIONS = frozenset({"/endpoints", "/endpoints/locales", "/models", "/models/base", "/projects", "/webhooks"})


class Page(Struct):
    """One page of a list: its items, those that cannot be read, and the link to the next page."""

    items: list[Any]
    unreadable: list[UnreadableItem]
    following: httpx.URL | None


class BaseClient:
    """One resource in one API version."""

    def __init__(self, endpoint: httpx.URL, version: Version, sender: Sender) -> None:
        self.endpoint = endpoint
        self.version = version
        self.base = str(endpoint).rstrip("/?#")
        self._sender = sender

    def in_version(self, version: str) -> "BaseClient":
        """The same resource in another API version, by the same connections."""
        return BaseClient(self.endpoint, version_named(version), self._sender.in_version(version))

    def require(self, supported: bool, what: str, operation: str) -> None:
        """Raise NotSupported, before anything is sent, if the version does not have `what`."""
        if not supported:
            raise NotSupported(f"API version {self.version.name} doesn't support {what}.", operation=operation)

    def request(
        self,
        operation: str,
        method: str,
        path: str,
        body: bytes | None = None,
        query: Mapping[str, str | None] = NO_QUERY,
    ) -> ApiResponse:
        """Send one request; returns a 2xx response, raises a SpeechError otherwise."""
        url = self.version.url(self.base, path, query)
        return self._sender.send(operation, method, url, body, must_exist=path in _COLLECTIONS)

    def parse(self, operation: str, response: ApiResponse, read: Read[T]) -> T:
        """Parse a response; raises Unreadable if it does not follow the contract."""
        try:
            return read(decoded(response.data), response.retry_after)
        except Malformed as error:
            location = location_of(response.status, response.headers)
            raise unreadable(operation, str(error), response.status, location) from None

    def get(
        self,
        operation: str,
        path: str,
        read: Read[T],
        query: Mapping[str, str | None] = NO_QUERY,
    ) -> T:
        """GET one entity."""
        return self.parse(operation, self.request(operation, "GET", path, query=query), read)

    def create(
        self,
        operation: str,
        path: str,
        body: bytes,
        read: Read[T],
        get_by_id: Callable[[str], T],
    ) -> T:
        """POST to a collection. After a 201 with an unreadable body the entity is fetched by its Location, with a new
        deadline."""
        try:
            return self.parse(operation, self.request(operation, "POST", path, body), read)
        except OutcomeUnknown as error:
            created = self._get_created(error.location, get_by_id) if error.status == 201 else None
            if created is None:
                raise
            return created

    def _get_created(self, location: str | None, get_by_id: Callable[[str], T]) -> T | None:
        try:
            return get_by_id(id_behind(location)) if location else None
        except (SpeechError, ValueError):
            return None

    def delete(self, operation: str, path: str, what: str) -> None:
        """DELETE one entity. Both 204 and a 404 by which the service says so mean that it is deleted."""
        try:
            status = self.request(operation, "DELETE", path).status
        except NotFound as error:
            if not error.says_gone:
                raise
            return
        if status != 204:
            raise unreadable(operation, "it doesn't confirm the deletion", status)

    def items(
        self,
        operation: str,
        path: str,
        query: Mapping[str, str | None],
        read: Read[T],
        identity: Callable[[T], str],
    ) -> Listing[T]:
        """All items of a list; an item that moves to the next page meanwhile is returned once."""
        unreadable_items: list[UnreadableItem] = []

        def each() -> Iterator[T]:
            seen = set[str]()
            for page in self.pages(operation, path, query, read):
                unreadable_items.extend(page.unreadable)
                for entity in page.items:
                    if identity(entity) not in seen:
                        seen.add(identity(entity))
                        yield entity

        return Listing(each(), unreadable_items)

    def pages(self, operation: str, path: str, query: Mapping[str, str | None], read: Read[T]) -> Iterator[Page]:
        """Follow @nextLink, on our own host, whichever host the link names."""
        url = httpx.URL(self.version.url(self.base, path, query))
        links = {str(url)}
        while True:
            response = self._page_response(operation, path, url, first=len(links) == 1)
            values, link, incomplete = self.parse(operation, response, lambda value, _: wire.page(value))
            page = _page(values, read, response.retry_after)
            page.unreadable += incomplete
            if link and len(link) <= MAX_LINK_LENGTH:
                page.following = on_own_host(self.version.versioned(link), url, self.endpoint.path.rstrip("/"))
            yield page
            if link is None:
                return
            if len(link) > MAX_LINK_LENGTH or len(links) >= MAX_PAGES or str(page.following) in links:
                raise unreadable(operation, "the list has no end", response.status)
            if page.following is None:
                raise ForeignAddress("The link to the next page isn't a valid address.", operation=operation)
            links.add(str(page.following))
            url = page.following

    def _page_response(self, operation: str, path: str, url: httpx.URL, *, first: bool) -> ApiResponse:
        """One page. The first one has shown that the API version is supported, so later ones say nothing about it."""
        try:
            return self._sender.send(operation, "GET", url, must_exist=first and path in _COLLECTIONS)
        except VersionRetired as error:
            if first:
                raise
            raise unreadable(operation, "the link to the next page doesn't work", error.status) from None


def _page(values: list[Any], read: Read[Any], retry_after: float | None) -> Page:
    page = Page([], [], None)
    for value in values:
        try:
            page.items.append(read(value, retry_after))
        except Malformed as error:
            page.unreadable.append(wire.unreadable_item(value, str(error)))
    return page
