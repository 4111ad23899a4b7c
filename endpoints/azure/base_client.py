"""What all operations share: they build the URL, send the request, parse the response and follow pages."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

import httpx

from . import wire
from .addresses import id_behind, origin, own_link
from .errors import ForeignAddress, NotFound, NotSupported, OutcomeUnknown, SpeechError
from .sending import ApiResponse, Sender, unreadable
from .versions import Version

T = TypeVar("T")
NO_QUERY: Mapping[str, str | None] = MappingProxyType({})

MAX_PAGES = 10_000
MAX_LINK_LENGTH = 8_192
# Every resource has these, so a 404 of the gateway here means that it does not know the API version.
_COLLECTIONS = frozenset({"/endpoints", "/endpoints/locales", "/models", "/models/base", "/projects", "/webhooks"})


class BaseClient:
    """One resource in one API version."""

    def __init__(self, endpoint: httpx.URL, version: Version, sender: Sender) -> None:
        self.endpoint = endpoint
        self.version = version
        self.base = str(endpoint).rstrip("/?#")
        self._sender = sender

    def require(self, supported: bool, what: str, operation: str) -> None:
        """Raise NotSupported, before anything is sent, if the version does not have `what`."""
        if not supported:
            raise NotSupported(f"API version {self.version.name} has no {what}.", operation=operation)

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

    def parse(self, operation: str, response: ApiResponse, read: Callable[[bytes, float | None], T]) -> T:
        """Parse a response; raises Unreadable if it does not follow the contract."""
        try:
            return read(response.data, response.retry_after)
        except wire.Malformed as error:
            location = response.headers.get("location") if response.status == 201 else None
            raise unreadable(operation, str(error), response.status, location) from None

    def get(
        self,
        operation: str,
        path: str,
        read: Callable[[bytes, float | None], T],
        query: Mapping[str, str | None] = NO_QUERY,
    ) -> T:
        """GET one entity."""
        return self.parse(operation, self.request(operation, "GET", path, query=query), read)

    def create(
        self,
        operation: str,
        path: str,
        body: bytes,
        read: Callable[[bytes, float | None], T],
        get_by_id: Callable[[str], T],
    ) -> T:
        """POST to a collection. After a 201 with an unreadable body the entity is fetched by its Location, with a new
        deadline."""
        try:
            return self.parse(operation, self.request(operation, "POST", path, body), read)
        except OutcomeUnknown as error:
            created = self._get_created(path, error.location, get_by_id) if error.status == 201 else None
            if created is None:
                raise
            return created

    def _get_created(self, path: str, location: str | None, get_by_id: Callable[[str], T]) -> T | None:
        link = own_link(location, httpx.URL(self.version.url(self.base, path))) if location else None
        try:
            return get_by_id(id_behind(str(link))) if link else None
        except (SpeechError, ValueError):
            return None

    def delete(self, operation: str, path: str, what: str) -> None:
        """DELETE one entity. Both 204 and a 404 of the service itself (not of the gateway) mean that it is deleted."""
        try:
            status = self.request(operation, "DELETE", path).status
        except NotFound as error:
            if error.gateway:  # the gateway knows paths, not entities
                raise
            return
        if status != 204:
            raise unreadable(operation, f"it does not say that {what} is gone", status)

    def items(
        self,
        operation: str,
        path: str,
        query: Mapping[str, str | None],
        read: Callable[[bytes, float | None], T],
        identity: Callable[[T], str],
    ) -> Iterator[T]:
        """All items of a list; an item that moves to the next page meanwhile is returned once."""
        seen = set[str]()
        for entities, _following in self.pages(operation, path, query, read):
            for entity in entities:
                if identity(entity) not in seen:
                    seen.add(identity(entity))
                    yield entity

    def pages(
        self, operation: str, path: str, query: Mapping[str, str | None], read: Callable[[bytes, float | None], T]
    ) -> Iterator[tuple[list[T], httpx.URL | None]]:
        """Follow @nextLink: each page, with the link to the next one."""
        url = httpx.URL(self.version.url(self.base, path, query))
        links = {str(url)}
        while True:
            response = self._sender.send(operation, "GET", url, must_exist=path in _COLLECTIONS)
            items, link = self.parse(operation, response, lambda data, _: wire.page(data))
            entities = [
                self.parse(operation, ApiResponse(response.status, response.headers, item), read) for item in items
            ]
            next_page = own_link(self.version.versioned(link), url) if link and len(link) <= MAX_LINK_LENGTH else None
            yield entities, next_page
            if link is None:
                return
            if len(link) > MAX_LINK_LENGTH or len(links) >= MAX_PAGES or str(next_page) in links:
                raise unreadable(operation, "its pages have no end", response.status)
            if next_page is None or origin(next_page) != origin(self.endpoint):
                raise ForeignAddress("The next page lies at another address than the resource.", operation=operation)
            links.add(str(next_page))
            url = next_page
