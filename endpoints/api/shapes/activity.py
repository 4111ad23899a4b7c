"""Activity, and whoever asks, as the API shows them."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from endpoints.api.shapes.paging import Paging
from endpoints.api.shapes.texts import Answer, Words
from endpoints.models.event import EventKind
from endpoints.models.event_results import EventResult


class EventOut(Answer):
    """`token`: the name of the token by which it was done; empty for what was done on the pages."""

    id: int
    at: datetime
    verb: str
    kind: str
    result: str
    text: str
    reason: str
    actor: str
    token: str
    endpoint: UUID | None
    endpoint_name: str
    resource: UUID | None
    resource_name: str
    change: UUID | None


class EventPage(Answer):
    items: list[EventOut]
    next_cursor: str | None


class EventFilters(Paging):
    """As above the list of activity. Days are those of UTC, both included."""

    q: Words = ""
    person: Annotated[int, Field(ge=0, le=2**63 - 1)] | Literal["none"] | None = None
    endpoint: UUID | None = None
    resource: UUID | None = None
    kind: EventKind | None = None
    result: EventResult | Literal["open"] | None = None
    time: Literal["today", "7", "30"] | None = None
    from_: Annotated[date | None, Field(alias="from")] = None
    to: date | None = None
    bulk: UUID | None = None


class Me(Answer):
    """Whose token it is, and what it may do anywhere."""

    person: str
    token: str
    expires_at: datetime
    rights: list[str]
