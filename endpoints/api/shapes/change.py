"""Change requests, as the API shows and takes them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from endpoints.api.shapes.endpoint import Named
from endpoints.api.shapes.paging import Paging
from endpoints.api.shapes.texts import Answer, Body
from endpoints.models.status import ChangeKind, ChangeState


class Requested(Answer):
    """What an edit wants; null for what it leaves alone."""

    name: str | None = None
    description: str | None = None
    logging: bool | None = None


class ChangeOut(Answer):
    """`open`: not closed yet. `error`: why it was refused or failed, or what it waits for.

    `endpoint` and the models are null when they are gone; the names stay.
    """

    id: UUID
    kind: ChangeKind | str
    state: ChangeState | str
    state_text: str
    open: bool
    needs_decision: bool
    endpoint: Named | None
    endpoint_name: str
    resource_name: str
    model: Named | None
    model_name: str
    previous_model: Named | None
    requested: Requested
    reason: str
    requested_by: str
    requested_at: datetime
    scheduled_for: datetime | None
    sent_at: datetime | None
    accepted_at: datetime | None
    closed_at: datetime | None
    attempts: int
    error: str
    url: str | None


class ChangePage(Answer):
    items: list[ChangeOut]
    next_cursor: str | None


class ChangeFilters(Paging):
    endpoint: UUID | None = None
    state: ChangeState | None = None
    kind: ChangeKind | None = None
    open: bool | None = None


class Wait(Schema):
    """Seconds until the answer at the latest; it comes when the change has moved."""

    wait: Annotated[int, Field(ge=0, le=60)] = 0


class Decide(Body):
    decision: Literal["again", "give-up"]


class Nothing(Body):
    """No members."""
