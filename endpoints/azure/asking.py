"""How operations are asked: the address, the answer understood, pages followed. Each subject's module uses it."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

import httpx

from . import wire
from .addresses import id_behind, origin, own_link
from .errors import ForeignAddress, NotFound, NotSupported, OutcomeUnknown, SpeechError
from .sending import Answer, Sender, unreadable
from .versions import Version

T = TypeVar("T")
NOTHING: Mapping[str, str | None] = MappingProxyType({})

MOST_PAGES = 10_000
LONGEST_LINK = 8_192
# These are there in every resource, so a gateway that finds nothing here does not know the version.
_COLLECTIONS = frozenset({"/endpoints", "/endpoints/locales", "/models", "/models/base", "/projects", "/webhooks"})


class Asking:
    """One resource in one API version."""

    def __init__(self, endpoint: httpx.URL, version: Version, sender: Sender) -> None:
        self.endpoint = endpoint
        self.version = version
        self.base = str(endpoint).rstrip("/?#")
        self._sender = sender

    def needs(self, able: bool, what: str, operation: str) -> None:
        """NotSupported, before anything is sent, when the version is not `able`."""
        if not able:
            raise NotSupported(f"API version {self.version.name} has no {what}.", operation=operation)

    def ask(
        self,
        operation: str,
        method: str,
        path: str,
        body: bytes | None = None,
        query: Mapping[str, str | None] = NOTHING,
    ) -> Answer:
        """One question, one answer of the 2xx kind."""
        url = self.version.url(self.base, path, query)
        return self._sender.send(operation, method, url, body, must_exist=path in _COLLECTIONS)

    def understand(self, operation: str, answer: Answer, read: Callable[[bytes, float | None], T]) -> T:
        """Read an answer; Unreadable when it is not what the contract says."""
        try:
            return read(answer.data, answer.retry_after)
        except wire.Malformed as error:
            location = answer.headers.get("location") if answer.status == 201 else None
            raise unreadable(operation, str(error), answer.status, location) from None

    def get(
        self,
        operation: str,
        path: str,
        read: Callable[[bytes, float | None], T],
        query: Mapping[str, str | None] = NOTHING,
    ) -> T:
        """A GET of one entity, understood."""
        return self.understand(operation, self.ask(operation, "GET", path, query=query), read)

    def create(
        self, operation: str, path: str, body: bytes, read: Callable[[bytes, float | None], T], look: Callable[[str], T]
    ) -> T:
        """A POST to a collection. A 201 whose body is spoiled is looked up by its Location, with a new deadline."""
        try:
            return self.understand(operation, self.ask(operation, "POST", path, body), read)
        except OutcomeUnknown as error:
            created = self._created(path, error.location, look) if error.status == 201 else None
            if created is None:
                raise
            return created

    def _created(self, path: str, location: str | None, look: Callable[[str], T]) -> T | None:
        link = own_link(location, httpx.URL(self.version.url(self.base, path))) if location else None
        try:
            return look(id_behind(str(link))) if link else None
        except (SpeechError, ValueError):
            return None

    def delete(self, operation: str, path: str, what: str) -> None:
        """A DELETE of one entity. 204, and a 404 that the service itself wrote, both mean that it is gone."""
        try:
            status = self.ask(operation, "DELETE", path).status
        except NotFound as error:
            if error.gateway:  # it knows addresses, not entities
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
        """Every item of a list; one that slips to the next page while paging is given once."""
        known = set[str]()
        for nouns, _following in self.pages(operation, path, query, read):
            for noun in nouns:
                if identity(noun) not in known:
                    known.add(identity(noun))
                    yield noun

    def pages(
        self, operation: str, path: str, query: Mapping[str, str | None], read: Callable[[bytes, float | None], T]
    ) -> Iterator[tuple[list[T], httpx.URL | None]]:
        """Follow @nextLink: each page, and the link to the one that follows."""
        url = httpx.URL(self.version.url(self.base, path, query))
        links = {str(url)}
        while True:
            answer = self._sender.send(operation, "GET", url, must_exist=path in _COLLECTIONS)
            items, link = self.understand(operation, answer, lambda data, _: wire.page(data))
            nouns = [self.understand(operation, Answer(answer.status, answer.headers, item), read) for item in items]
            following = own_link(self.version.versioned(link), url) if link and len(link) <= LONGEST_LINK else None
            yield nouns, following
            if link is None:
                return
            if len(link) > LONGEST_LINK or len(links) >= MOST_PAGES or str(following) in links:
                raise unreadable(operation, "its pages have no end", answer.status)
            if following is None or origin(following) != origin(self.endpoint):
                raise ForeignAddress("The next page lies at another address than the resource.", operation=operation)
            links.add(str(following))
            url = following
