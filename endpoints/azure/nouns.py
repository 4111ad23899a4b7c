"""What the service has, in our words: ids instead of addresses, aware UTC times, missing texts as "".

`status` and `kind` of files are open: a value that is new to us passes through as it came.
"""

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType, field


class EntityError(Struct, frozen=True):
    """Why an entity failed (contract: EntityError); plain strings."""

    code: str = ""
    message: str = ""


class Endpoint(Struct, frozen=True, kw_only=True):
    """A deployed model (contract: Endpoint). It has no expiry of its own: read its model's."""

    id: str
    self_url: str
    display_name: str
    locale: str
    description: str = ""
    status: str = ""  # NotStarted, Running, Succeeded, Failed; "" when the service named none
    model_id: str | None = None
    model_kind: str | None = None  # "base" or "custom"
    project_id: str | None = None
    logging_enabled: bool = False
    custom_properties: dict[str, str] = field(default_factory=dict)
    created: datetime | None = None
    last_action: datetime | None = None  # when the present status was entered, not the last edit
    links: dict[str, str] = field(default_factory=dict)
    error: EntityError | None = None
    time_to_live: str | None = None  # ISO 8601 duration
    retry_after: float | None = None  # seconds to wait before looking again; from the header


class Model(Struct, frozen=True, kw_only=True):
    """A base or custom model (contract: BaseModel, CustomModel)."""

    id: str
    kind: str  # "base" or "custom"
    display_name: str
    locale: str
    description: str = ""
    status: str = ""
    supports_endpoints: bool = False
    expires: datetime | None = None  # deprecationDates.transcriptionDateTime: recognition ends
    adaptation_expires: datetime | None = None  # deprecationDates.adaptationDateTime: training ends; base only
    base_model_id: str | None = None
    project_id: str | None = None
    created: datetime | None = None
    last_action: datetime | None = None
    error: EntityError | None = None
    custom_properties: dict[str, str] = field(default_factory=dict)


class Project(Struct, frozen=True, kw_only=True):
    """A project (contract: Project); it has no status."""

    id: str
    display_name: str
    locale: str
    description: str = ""
    created: datetime | None = None


class LogFile(Struct, frozen=True, kw_only=True):
    """One file of an endpoint's content logs (contract: File)."""

    id: str
    name: str
    kind: str = ""  # Audio, Transcription; open
    size: int | None = None  # bytes
    duration: str | None = None  # ISO 8601, audio only
    created: datetime | None = None
    content_url: str | None = None  # whoever has it can read the recording while it is valid

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"LogFile({shown})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "content_url"]


class LogPage(Struct, frozen=True):
    """A page of content logs; `next_token` leads to the page after it, None on the last one."""

    files: tuple[LogFile, ...]
    next_token: str | None


class EndpointCreate(Struct, frozen=True):
    """What Endpoints_Create is asked for. The limits of `custom_properties` (10 entries of 64 and 256) are its own."""

    display_name: str
    locale: str
    model_id: str
    model_kind: str = "custom"
    description: str = ""
    project_id: str | None = None
    logging_enabled: bool = False
    custom_properties: dict[str, str] = field(default_factory=dict)
    time_to_live: str | None = None


class EndpointUpdate(Struct, frozen=True, kw_only=True):
    """What Endpoints_Update is asked for: only what is set is sent. `model_kind` counts only with `model_id`.

    Whether `custom_properties` replaces or merges the map, the contract does not say: send the whole map.
    """

    display_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    model_id: str | UnsetType = UNSET
    model_kind: str | UnsetType = UNSET
    logging_enabled: bool | UnsetType = UNSET
    custom_properties: dict[str, str] | UnsetType = UNSET
    project_id: str | UnsetType = UNSET
