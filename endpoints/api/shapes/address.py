"""Addresses and what was asked of them, as the API shows and takes them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime, Field

from endpoints.addresses.standing_in import Trouble
from endpoints.api.shapes.endpoint import Named
from endpoints.api.shapes.paging import Paging
from endpoints.api.shapes.texts import Answer, Body, Reason, Text
from endpoints.models.address import NAME_LENGTH, AddressChangeKind, AddressChangeState

NAME = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$"


class AddressChangeOut(Answer):
    """`open`: it waits for its time, or for the deployment `after`. `error`: why it was refused.

    Endpoints are null when they are gone, and for a token that may not see them.
    """

    id: UUID
    address: str
    kind: AddressChangeKind | str
    state: AddressChangeState | str
    state_text: str
    open: bool
    endpoint: Named | None
    endpoint_name: str
    previous_endpoint: Named | None
    previous_endpoint_name: str
    share: int | None
    reason: str
    requested_by: str
    requested_at: datetime
    scheduled_for: datetime | None
    after: UUID | None
    closed_at: datetime | None
    error: str


class AddressOut(Answer):
    """`address`: what programs are given. `share`: percent of new sessions that go to `second`.

    `trouble`: why the endpoint can't answer; `proposal`: the standby, if the address should be moved there. `waiting`:
    the move that has its time, or waits for a deployment. Endpoints that the token may not see are null.
    """

    name: str
    description: str
    locale: str
    address: str
    endpoint: Named | None
    second: Named | None
    share: int
    standby: Named | None
    stands_in: bool
    trouble: Trouble | None
    trouble_text: str
    proposal: Named | None
    waiting: AddressChangeOut | None
    created_by: str
    created_at: datetime
    moved_by: str
    moved_at: datetime | None


class AddressPage(Answer):
    items: list[AddressOut]
    next_cursor: str | None


class AddressChangePage(Answer):
    items: list[AddressChangeOut]
    next_cursor: str | None


class AddressFilters(Paging):
    """`endpoint`: those that may send programs to it, now, for a share, or as its standby."""

    endpoint: UUID | None = None
    locale: Annotated[Text, Field(max_length=35)] = ""


class AddressDeleted(Answer):
    name: str


class AddAddress(Body):
    """`name`: lowercase letters, digits and hyphens."""

    name: Annotated[Text, Field(max_length=NAME_LENGTH, pattern=NAME)]
    endpoint: UUID
    description: Annotated[Text, Field(max_length=2000)] = ""


class MoveAddress(Body):
    """`at`: when; at once without. `after`: the change that deploys the endpoint, once it is done."""

    endpoint: UUID
    reason: Annotated[Text, Field(max_length=500)] = ""
    at: AwareDatetime | None = None
    after: UUID | None = None


class MoveToStandby(Body):
    """To the endpoint that the address has as `proposal`; it is refused while that is null."""

    reason: Annotated[Text, Field(max_length=500)] = ""


class ShareAddress(Body):
    """`percent` of the new sessions go to `endpoint`; 0 takes all back."""

    percent: Annotated[int, Field(ge=0, le=100)]
    endpoint: UUID | None = None
    reason: Annotated[Text, Field(max_length=500)] = ""


class StandbyOfAddress(Body):
    """`endpoint`: null for none. `stands_in`: the address may move to it by itself."""

    endpoint: UUID | None
    stands_in: bool = False


class DescribeAddress(Body):
    description: Annotated[Text, Field(max_length=2000)]


class DeleteAddress(Body):
    """`name`: that of the address, so that nothing is deleted by a wrong one."""

    name: Annotated[Text, Field(max_length=NAME_LENGTH)]
    reason: Reason
