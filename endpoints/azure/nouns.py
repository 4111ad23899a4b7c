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
    dataset_ids: tuple[str, ...] = ()  # what a custom model was trained with; the contract does not name them here
    project_id: str | None = None
    created: datetime | None = None
    last_action: datetime | None = None
    error: EntityError | None = None
    custom_properties: dict[str, str] = field(default_factory=dict)


class Project(Struct, frozen=True, kw_only=True):
    """A project (contract: Project); it has no status. Counts: v3.2 alone; `foundry_project`: 2025-10-15."""

    id: str
    display_name: str
    locale: str
    description: str = ""
    created: datetime | None = None
    dataset_count: int | None = None
    evaluation_count: int | None = None
    model_count: int | None = None
    transcription_count: int | None = None
    endpoint_count: int | None = None
    foundry_project: str = ""


class Dataset(Struct, frozen=True, kw_only=True):
    """A data set of a project (contract: Dataset)."""

    id: str
    display_name: str
    locale: str
    kind: str  # Acoustic, Language, Pronunciation ...; open
    description: str = ""
    status: str = ""
    project_id: str | None = None
    created: datetime | None = None


class LogFile(Struct, frozen=True, kw_only=True):
    """One file of an endpoint's content logs (contract: File)."""

    id: str
    name: str
    kind: str = ""  # Audio, Transcription; open
    size: int | None = None  # bytes
    duration: str | None = None  # ISO 8601, audio only; v3.2
    created: datetime | None = None
    milliseconds: int | None = None  # the same in every version
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
    time_to_live: str | None = None  # ISO 8601, at most 31 days; v3.2 alone


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


_SUBJECTS = ("dataset", "model", "evaluation", "transcription", "endpoint")
_MOMENTS = ("Creation", "Processing", "Completion", "Deletion")
# What a hook may be called for (contract: WebHookEvents); Completion comes for a failure too.
EVENTS = (*(subject + moment for subject in _SUBJECTS for moment in _MOMENTS), "ping", "challenge")


class _Discreet(Struct, frozen=True, kw_only=True):
    """A noun whose repr leaves out what opens a door: the secret, and the address, which may hold a token."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in ("secret", "web_url")]


class WebHook(_Discreet, frozen=True, kw_only=True):
    """A registered web hook (contract: WebHook). Whether it has a secret, the service need not say."""

    id: str
    self_url: str
    display_name: str
    web_url: str
    events: frozenset[str] = frozenset()
    description: str = ""
    status: str = ""  # Failed: it is no longer called
    custom_properties: dict[str, str] = field(default_factory=dict)
    created: datetime | None = None
    last_action: datetime | None = None
    api_version: str = ""  # that of the entities it is sent
    error: EntityError | None = None
    retry_after: float | None = None  # seconds


class WebHookCreate(_Discreet, frozen=True, kw_only=True):
    """What WebHooks_Create is asked for. `events`: names of EVENTS. With None for `secret` calls are not signed."""

    display_name: str
    web_url: str
    events: frozenset[str]
    secret: str | None
    description: str = ""
    custom_properties: dict[str, str] = field(default_factory=dict)


class WebHookUpdate(_Discreet, frozen=True, kw_only=True):
    """What WebHooks_Update is asked for: only what is set is sent.

    `secret` must be given each time: an update without it ends the signing, so None means exactly that.
    """

    secret: str | None
    display_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    web_url: str | UnsetType = UNSET
    events: frozenset[str] | UnsetType = UNSET
    custom_properties: dict[str, str] | UnsetType = UNSET
