"""Content logs and their downloads, as the API shows and takes them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from endpoints.api.shapes.endpoint import Named
from endpoints.api.shapes.paging import Paging
from endpoints.api.shapes.texts import Answer, Body, Text, Words
from endpoints.models.download import DownloadState

Seconds = Annotated[float, Field(ge=0, le=1_000_000)]


class LogEntryOut(Answer):
    """`confidence`: percent. `vanishes_at`: when the service deletes it; null when nothing of it is there."""

    id: int
    at: datetime
    seconds: float | None
    outcome: str
    text: str
    confidence: int | None
    has_audio: bool
    has_transcript: bool
    saved: bool
    vanishes_at: datetime | None


class LogEntryPage(Answer):
    """`checked_at`: when a worker last had the whole list."""

    items: list[LogEntryOut]
    next_cursor: str | None
    checked_at: datetime | None
    refreshing: bool


class Selection(Schema):
    """As above the list of content logs. Days are those of UTC, both included."""

    q: Words = ""
    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    longer: Seconds | None = None
    shorter: Seconds | None = None
    below: Annotated[float, Field(ge=0, le=100)] | None = None
    result: Literal["none", "error", "unreadable"] | None = None
    partial: Literal["1"] | None = None


class LogFilters(Selection, Paging):
    pass


class RequestDownload(Body):
    """`entries`: these alone, by their ids; otherwise what the filters select, everything without any."""

    purpose: Annotated[Text, Field(max_length=500)] = ""
    entries: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(max_length=200)] | None = None
    q: Words = ""
    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    longer: Seconds | None = None
    shorter: Seconds | None = None
    below: Annotated[float, Field(ge=0, le=100)] | None = None
    result: Literal["none", "error", "unreadable"] | None = None
    partial: bool = False


class DownloadOut(Answer):
    """A zip file that a worker makes. `file`: its address once it is ready. `missing`: files that it lacks."""

    id: UUID
    endpoint: Named
    state: DownloadState
    state_text: str
    open: bool
    percent: int
    purpose: str
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    files: int
    files_done: int
    missing: int
    size: int
    sha256: str
    file_name: str
    file: str | None
    error: str


class DownloadPage(Answer):
    items: list[DownloadOut]
    next_cursor: str | None


class DownloadFilters(Paging):
    endpoint: UUID | None = None
    state: DownloadState | None = None
    mine: bool = False


class Archive(Answer):
    """How far the list of content logs of an endpoint is."""

    endpoint: UUID
    refreshing: bool
    checked_at: datetime | None
    error: str
