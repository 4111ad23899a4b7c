"""Endpoints, as the API shows and takes them."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from endpoints.api.shapes.paging import Paging
from endpoints.api.shapes.texts import Answer, Body, Name, Reason, Text, Words
from endpoints.models.status import ChangeKind, ChangeState
from endpoints.pages.endpoint_list import selection, statuses

StatusWord = StrEnum("StatusWord", {word: word for word in statuses.WORDS})  # type: ignore[misc]  # the page's words
SortBy = StrEnum("SortBy", {way + key: way + key for key in selection.COLUMNS for way in ("", "-")})  # type: ignore[misc]  # the page's columns


class Named(Answer):
    id: UUID
    name: str


class ModelOfEndpoint(Named):
    remote_id: str
    expires_at: datetime | None


class OpenChange(Answer):
    id: UUID
    kind: ChangeKind | str
    state: ChangeState | str


class WhoAnswers(Answer):
    """Which model answers, as far as the endpoint's recording tells, and since when it tells that."""

    verdict: Literal["custom", "base", "cannot-tell", "not-logged", "unknown"] | str
    since: datetime | None


class EndpointOut(Answer):
    """`status`: the service's word. `open_change`: what has been requested and is not yet so.

    `who_answers`: None when nobody has it checked. `quality`: what the list says of recognition; None when content logs
    don't tell.
    """

    id: UUID
    remote_id: str | None
    name: str
    description: str
    locale: str
    status: str
    status_text: str
    model: ModelOfEndpoint | None
    project: Named | None
    resource: Named
    region: str
    logging: bool
    owner: str
    changed_by: str
    created_at: datetime
    changed_at: datetime | None
    expires_at: datetime | None
    who_answers: WhoAnswers | None
    quality: Literal["worse", "silent", "better", "same"] | str | None
    open_change: OpenChange | None
    url: str


class EndpointPage(Answer):
    items: list[EndpointOut]
    next_cursor: str | None


class EndpointFilters(Paging):
    """As above the list of endpoints."""

    q: Words = ""
    status: StatusWord | None = None
    locale: Annotated[Text, Field(max_length=35)] = ""
    expiring: Literal["expired", "30", "90", "365"] | None = None
    project: UUID | Literal["none"] | None = None
    resource: UUID | None = None
    logging: Literal["on", "off"] | None = None
    model: UUID | None = None
    base: UUID | None = None
    owner: Annotated[Text, Field(max_length=150)] = ""
    who: Literal["custom", "base", "cannot-tell", "not-logged", "none"] | None = None
    quality: Literal["worse", "silent", "better", "same"] | None = None
    sort: SortBy | None = None


class Deploy(Body):
    """A new endpoint. Its Speech resource and locale are the model's."""

    name: Name
    model: UUID
    description: Annotated[Text, Field(max_length=2000)] = ""
    project: UUID | None = None
    logging: bool = False


class ChangeModel(Body):
    """`at`: when it starts; at once without. `replaces`: the open change of the model that this one ends."""

    model: UUID
    reason: Annotated[Text, Field(max_length=500)] = ""
    at: AwareDatetime | None = None
    replaces: UUID | None = None


class GoBack(Body):
    reason: Reason
    replaces: UUID | None = None


class Edit(Body):
    """What is left out stays."""

    name: Name | None = None
    description: Annotated[Text, Field(max_length=2000)] | None = None
    logging: bool | None = None
    reason: Annotated[Text, Field(max_length=500)] = ""


class Delete(Body):
    """`name`: that of the endpoint, so that nothing is deleted by a wrong id."""

    name: Annotated[Text, Field(max_length=2000)]
    reason: Reason
