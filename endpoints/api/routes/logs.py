"""Content logs: the entries, their text and files. What is read is recorded as on the pages."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Path, Query, Router

from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.api import reading, rows, shown
from endpoints.api.http import ApiRequest
from endpoints.api.listing import page
from endpoints.api.once import once
from endpoints.api.problems import Problem
from endpoints.api.shapes.change import Nothing
from endpoints.api.shapes.logs import Archive, LogEntryOut, LogEntryPage, LogFilters
from endpoints.logs import readings
from endpoints.pages.content_logs import entry as entry_page
from endpoints.pages.content_logs import filters as page_filters
from endpoints.pages.content_logs import listing, purposes

router = Router(tags=["content logs"])
FILES = {200: None}
Entry = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/endpoints/{uuid:pk}/logs", response=LogEntryPage, operation_id="list_logs")
@may("read_logs")
def logs(request: ApiRequest, pk: UUID, filters: Query[LogFilters]) -> Any:
    """The entries that the filters select, newest first, with the recognized text."""
    reading.take_purpose(request)
    endpoint = door.endpoint(request.user, pk, door.READ_LOGS)
    archive = shown.archive(request, pk)
    entries = door.log_entries(request.user).filter(endpoint=endpoint)
    found = entries.filtered_by(request.GET)
    read: list[Any] = []

    def reading_them(some: Any) -> list[Any]:
        read.extend(some)
        return read

    order = page_filters.NEWEST_FIRST
    answer = page(request, filters, found, order, entries.for_list(), rows.log_entry, reading_them)
    purposes.record_shown(request, endpoint, read)
    return {**answer, "checked_at": archive["checked_at"], "refreshing": archive["refreshing"]}


@router.get("/endpoints/{uuid:pk}/logs/{int:entry}", response=LogEntryOut, operation_id="show_log")
@may("read_logs")
def log(request: ApiRequest, pk: UUID, entry: Entry) -> Any:
    """One entry with its recognized text."""
    purpose = reading.take_purpose(request)
    row = entry_page.found(request, door.endpoint(request.user, pk, door.READ_LOGS), entry)
    readings.record_entry(actor=request.user, entry=row, purpose=purpose)
    return rows.log_entry(request, row)


@router.get("/endpoints/{uuid:pk}/logs/{int:entry}/audio", response=FILES, operation_id="log_audio")
@may("read_logs")
def audio(request: ApiRequest, pk: UUID, entry: Entry) -> Any:
    """Our copy of the recording, or a range of it."""
    reading.take_purpose(request)
    return reading.of_page(entry_page.audio(request, pk=pk, entry=entry))


@router.get("/endpoints/{uuid:pk}/logs/{int:entry}/transcript", response=FILES, operation_id="log_transcript")
@may("read_logs")
def transcript(request: ApiRequest, pk: UUID, entry: Entry) -> Any:
    """Our copy of the transcript, as the service wrote it."""
    reading.take_purpose(request)
    return reading.of_page(entry_page.transcript(request, pk=pk, entry=entry))


@router.post("/endpoints/{uuid:pk}/logs/refresh", response={202: Archive}, operation_id="refresh_logs")
@may("read_logs")
@once(shown.archive)
def refresh(request: ApiRequest, pk: UUID, body: Nothing) -> UUID:
    """Have a worker list the content logs now."""
    endpoint = door.endpoint_page(request.user, pk, door.READ_LOGS)
    if not listing.readable(endpoint):
        raise Problem("not-now")
    listing.request_refresh(endpoint)
    return pk
