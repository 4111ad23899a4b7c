"""Models, Speech resources and projects, as the API shows them."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from endpoints.api.shapes.endpoint import Named
from endpoints.api.shapes.paging import Paging
from endpoints.api.shapes.texts import Answer, Body, Text, Words


class ModelOut(Answer):
    """`why_not`: why no endpoint can be deployed with it; empty when one can."""

    id: UUID
    remote_id: str
    name: str
    description: str
    kind: Literal["base", "custom"]
    locale: str
    status: str
    resource: Named
    project: Named | None
    base_model: UUID | None
    deployable: bool
    why_not: str
    expires_at: datetime | None
    adaptation_expires_at: datetime | None
    created_at: datetime | None


class ModelPage(Answer):
    items: list[ModelOut]
    next_cursor: str | None


class ModelFilters(Paging):
    """As above the table of models; `deployed`: only those that an endpoint uses."""

    q: Words = ""
    locale: Annotated[Text, Field(max_length=35)] = ""
    kind: Literal["base", "custom"] | None = None
    expiring: Literal["expired", "30", "90", "365"] | None = None
    deployed: Literal["1"] | None = None
    resource: UUID | None = None
    remote_id: Annotated[Text, Field(max_length=36)] = ""


class ResourceOut(Answer):
    """`health`: null without the right to see it."""

    id: UUID
    name: str
    region: str
    api_version: str
    health: Literal["ok", "warning", "waiting", "paused", "removing"] | None
    health_text: str | None
    paused: bool
    refreshed_at: datetime | None


class ResourcePage(Answer):
    items: list[ResourceOut]
    next_cursor: str | None


class Pause(Body):
    """`number`: of the endpoints, when there are more than 20."""

    reason: Annotated[Text, Field(max_length=500)] = ""
    number: Annotated[int, Field(ge=0, le=2**31 - 1)] | None = None


class ProjectOut(Named):
    remote_id: str
    description: str
    locale: str
    resource: Named


class ProjectPage(Answer):
    items: list[ProjectOut]
    next_cursor: str | None
