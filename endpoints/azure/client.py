"""The operations. Each method names the contract's operation id; errors are those of errors.py."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from types import MappingProxyType, TracebackType
from typing import Self, TypeVar

import httpx

from . import content, wire
from .addresses import checked_endpoint, content_link, id_behind, log_id, origin, own_link, uuid_id
from .complaints import Complaint
from .content import Content
from .deadline import Deadline, punctual
from .errors import ForeignAddress, OutcomeUnknown, Refused, SpeechError
from .nouns import Endpoint, EndpointCreate, EndpointUpdate, LogFile, LogPage, Model, Project
from .sending import Answer, Sender, failure, new_transport, opened, patiently, unreadable
from .versions import version_named

T = TypeVar("T")

MOST_PAGES = 10_000
LONGEST_LINK = 8_192


class SpeechClient:
    """A client of one Speech resource.

    endpoint: https://REGION.api.cognitive.microsoft.com or the resource's own domain. key: either of its keys;
    it goes to that origin only. deadline: seconds for one operation with all its attempts (for a list: for each
    page). retries: False asks everything once. transport, content_transport: httpx transports, for a private
    certificate authority or a proxy; a transport that is given serves all requests of its kind.
    Threads may share a client. ValueError: an endpoint, key, version or deadline that cannot be used.
    """

    def __init__(
        self,
        endpoint: str,
        key: str,
        *,
        api_version: str = "v3.2",
        deadline: float = 30.0,
        retries: bool = True,
        transport: httpx.BaseTransport | None = None,
        content_transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._endpoint = checked_endpoint(endpoint)
        self._version = version_named(api_version)
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("The key of a Speech resource is one word of letters and digits.")
        if not deadline > 0:
            raise ValueError("A deadline is a number of seconds above 0.")
        self._base = str(self._endpoint).rstrip("/?#")
        self._retries = retries
        self._sender = Sender(key, deadline, retries, transport)
        self._content = punctual(content_transport or new_transport())

    def __repr__(self) -> str:
        return f"SpeechClient(endpoint={self._base!r}, api_version={self._version.name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept alive."""
        self._sender.close()
        self._content.close()

    # Endpoints

    def list_endpoints(self, filter: str | None = None) -> Iterator[Endpoint]:
        """Endpoints_List, page by page. It raises in the middle when a page fails: a whole list() is complete."""
        return self._pages("Endpoints_List", "/endpoints", {"filter": filter}, _endpoint, lambda item: item.id)

    def get_endpoint(self, id: str) -> Endpoint:
        """Endpoints_Get. `retry_after` says when to look again while it is not settled."""
        path = f"/endpoints/{uuid_id(id, 'an endpoint')}"
        return self._understand("Endpoints_Get", self._ask("Endpoints_Get", "GET", path), _endpoint)

    def create_endpoint(self, asked: EndpointCreate) -> Endpoint:
        """Endpoints_Create: sent once (again only after a 429 whose Retry-After fits the deadline).

        When the 201 arrives but its body cannot be read, its Location is looked up with a deadline of its own;
        if that fails too, the first error is raised. OutcomeUnknown: look for your mark before asking again.
        """
        operation = "Endpoints_Create"
        body = wire.encode_create(asked, self._version, self._base)
        try:
            return self._understand(operation, self._ask(operation, "POST", "/endpoints", body), _endpoint)
        except OutcomeUnknown as error:
            created = self._created(error.location) if error.status == 201 else None
            if created is None:
                raise
            return created

    def update_endpoint(self, id: str, asked: EndpointUpdate) -> Endpoint:
        """Endpoints_Update: sent once, like Endpoints_Create; only what is set in `asked` is sent."""
        path = f"/endpoints/{uuid_id(id, 'an endpoint')}"
        body = wire.encode_update(asked, self._version, self._base)
        return self._understand("Endpoints_Update", self._ask("Endpoints_Update", "PATCH", path, body), _endpoint)

    def delete_endpoint(self, id: str) -> None:
        """Endpoints_Delete. 204 and 404 both mean that it is gone; the contract is silent on a missing one."""
        operation, path = "Endpoints_Delete", f"/endpoints/{uuid_id(id, 'an endpoint')}"
        try:
            status = self._ask(operation, "DELETE", path).status
        except Refused as error:
            if error.status == 404:
                return
            raise
        if status != 204:
            raise unreadable(operation, "it does not say that the endpoint is gone", status)

    # Models and projects

    def list_base_models(self, filter: str | None = None) -> Iterator[Model]:
        """Models_ListBaseModels, page by page like list_endpoints()."""
        return self._pages("Models_ListBaseModels", "/models/base", {"filter": filter}, _base_model, lambda it: it.id)

    def get_base_model(self, id: str) -> Model:
        """Models_GetBaseModel."""
        path = f"/models/base/{uuid_id(id, 'a model')}"
        return self._understand("Models_GetBaseModel", self._ask("Models_GetBaseModel", "GET", path), _base_model)

    def list_custom_models(self, filter: str | None = None) -> Iterator[Model]:
        """Models_ListCustomModels, page by page like list_endpoints()."""
        return self._pages("Models_ListCustomModels", "/models", {"filter": filter}, _custom_model, lambda it: it.id)

    def get_custom_model(self, id: str) -> Model:
        """Models_GetCustomModel."""
        path = f"/models/{uuid_id(id, 'a model')}"
        return self._understand("Models_GetCustomModel", self._ask("Models_GetCustomModel", "GET", path), _custom_model)

    def list_projects(self, filter: str | None = None) -> Iterator[Project]:
        """Projects_List, page by page like list_endpoints()."""
        return self._pages("Projects_List", "/projects", {"filter": filter}, _project, lambda it: it.id)

    def get_project(self, id: str) -> Project:
        """Projects_Get."""
        path = f"/projects/{uuid_id(id, 'a project')}"
        return self._understand("Projects_Get", self._ask("Projects_Get", "GET", path), _project)

    # Content logs

    def list_logs(self, endpoint_id: str, *, sas_seconds: int = 3600) -> Iterator[LogFile]:
        """Endpoints_ListLogs, page by page; the content addresses are valid for `sas_seconds`.

        The service's own default is 12 hours, which is longer than a secret should live.
        """
        pages = self.list_log_pages(endpoint_id, sas_seconds=sas_seconds)
        return (file for page in pages for file in page.files)

    def list_log_pages(
        self, endpoint_id: str, *, sas_seconds: int = 3600, skip_token: str | None = None
    ) -> Iterator[LogPage]:
        """Endpoints_ListLogs in its pages, beginning where an earlier page's `next_token` says."""
        path = f"/endpoints/{uuid_id(endpoint_id, 'an endpoint')}/files/logs"
        query = {**self._version.sas(sas_seconds), "skipToken": skip_token}
        pages = self._page_by_page("Endpoints_ListLogs", path, query, _log_file)
        return (LogPage(tuple(files), link.params.get("skipToken") if link else None) for files, link in pages)

    def get_log(self, endpoint_id: str, id: str, *, sas_seconds: int = 3600) -> LogFile:
        """Endpoints_GetLog: also the way to a new content address when one has expired."""
        path = f"/endpoints/{uuid_id(endpoint_id, 'an endpoint')}/files/logs/{log_id(id)}"
        answer = self._ask("Endpoints_GetLog", "GET", path, query=self._version.sas(sas_seconds))
        return self._understand("Endpoints_GetLog", answer, _log_file)

    @contextmanager
    def open_content(
        self, url: str, *, offset: int = 0, etag: str | None = None, deadline: float | None = None
    ) -> Iterator[Content]:
        """Open a content address for reading from `offset`, without the key.

        `etag` (that of the part already there) makes sure that it is still the same content. No total deadline
        unless `deadline` is given, but never a silence of more than 30 s. ForeignAddress, ContentExpired,
        ContentChanged, and from Content.chunks() IncompleteContent.
        """
        if offset < 0:
            raise ValueError("Content begins at offset 0.")
        address = content_link(url, self._endpoint)
        if address is None:
            raise ForeignAddress("The address of the content may not be used: it is not https.", operation="content")
        due = Deadline(deadline)

        with ExitStack() as transfer:

            def begin() -> Content:
                with ExitStack() as attempt:
                    response = attempt.enter_context(
                        opened(content.OPERATION, self._content, lambda: content.question(address, offset, etag, due))
                    )
                    begun = content.understood(response, offset, etag)
                    if begun is None:
                        code = response.headers.get("x-ms-error-code", "")  # storage names its errors in a header
                        said = Complaint(code, "", "", "") if code else None
                        raise failure(content.OPERATION, Answer(response.status_code, response.headers, b""), said)
                    transfer.push(attempt.pop_all())
                    return begun

            opening = Deadline(min(deadline or 60.0, 60.0))  # for asking again, not for the transfer
            yield patiently(begin, True, opening) if self._retries else begin()

    # How they are asked

    def _ask(
        self,
        operation: str,
        method: str,
        path: str,
        body: bytes | None = None,
        query: Mapping[str, str | None] = MappingProxyType({}),
    ) -> Answer:
        return self._sender.send(operation, method, self._version.url(self._base, path, query), body)

    def _understand(self, operation: str, answer: Answer, read: Callable[[bytes, float | None], T]) -> T:
        try:
            return read(answer.data, answer.retry_after)
        except wire.Malformed as error:
            location = answer.headers.get("location") if answer.status == 201 else None
            raise unreadable(operation, str(error), answer.status, location) from None

    def _created(self, location: str | None) -> Endpoint | None:
        asked = httpx.URL(self._version.url(self._base, "/endpoints"))
        link = own_link(location, asked) if location else None
        try:
            return self.get_endpoint(id_behind(str(link))) if link else None
        except (SpeechError, ValueError):
            return None

    def _pages(
        self,
        operation: str,
        path: str,
        query: Mapping[str, str | None],
        read: Callable[[bytes, float | None], T],
        identity: Callable[[T], str],
    ) -> Iterator[T]:
        """Every item of a list; one that slips to the next page while paging is given once."""
        known = set[str]()
        for nouns, _following in self._page_by_page(operation, path, query, read):
            for noun in nouns:
                if identity(noun) not in known:
                    known.add(identity(noun))
                    yield noun

    def _page_by_page(
        self, operation: str, path: str, query: Mapping[str, str | None], read: Callable[[bytes, float | None], T]
    ) -> Iterator[tuple[list[T], httpx.URL | None]]:
        """Follow @nextLink: each page, and the link to the one that follows."""
        url = httpx.URL(self._version.url(self._base, path, query))
        links = {str(url)}
        while True:
            answer = self._sender.send(operation, "GET", url)
            items, link = self._understand(operation, answer, lambda data, _: wire.page(data))
            nouns = [self._understand(operation, Answer(answer.status, answer.headers, item), read) for item in items]
            following = own_link(link, url) if link and len(link) <= LONGEST_LINK else None
            yield nouns, following
            if link is None:
                return
            if len(link) > LONGEST_LINK or len(links) >= MOST_PAGES or str(following) in links:
                raise unreadable(operation, "its pages have no end", answer.status)
            if following is None or origin(following) != origin(self._endpoint):
                raise ForeignAddress("The next page lies at another address than the resource.", operation=operation)
            links.add(str(following))
            url = following


def _endpoint(data: bytes, retry_after: float | None) -> Endpoint:
    return wire.endpoint(data, retry_after)


def _base_model(data: bytes, retry_after: float | None) -> Model:
    return wire.model(data, "base")


def _custom_model(data: bytes, retry_after: float | None) -> Model:
    return wire.model(data, "custom")


def _project(data: bytes, retry_after: float | None) -> Project:
    return wire.project(data)


def _log_file(data: bytes, retry_after: float | None) -> LogFile:
    return wire.log_file(data)
