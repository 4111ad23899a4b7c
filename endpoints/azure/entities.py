"""The entities of the service: with ids instead of URLs, aware UTC times, and "" for missing texts.

`status`, and `kind` of files, can have values that are unknown here; they are passed on unchanged.
"""

from datetime import datetime
from typing import Any

from msgspec import UNSET, Struct, UnsetType, field


class EntityError(Struct, frozen=True):
    """Why an entity failed (contract: EntityError); plain strings."""

    code: str = ""
    message: str = ""


class UnreadableItem(Struct, frozen=True, kw_only=True):
    """An item of a list that is no entity, because it has no id. `reason` completes "cannot be read: ..."."""

    reason: str
    display_name: str = ""
    ids: frozenset[str] = frozenset()  # all UUIDs in it, in lower case; one of them may be its own
    custom_properties: dict[str, str] = field(default_factory=dict)


class Endpoint(Struct, frozen=True, kw_only=True):
    """A deployed model (contract: Endpoint). It has no expiration of its own, but that of its model."""

    id: str
    display_name: str
    locale: str
    description: str = ""
    status: str = ""  # NotStarted, Running, Succeeded, Failed; "" if the service sent none
    model_id: str | None = None
    model_kind: str | None = None  # "base" or "custom"
    project_id: str | None = None
    logging_enabled: bool = False
    custom_properties: dict[str, str] = field(default_factory=dict)
    created: datetime | None = None
    last_action: datetime | None = None  # when the present status was entered, not when it was last changed
    links: dict[str, str] = field(default_factory=dict)
    error: EntityError | None = None
    time_to_live: str | None = None  # ISO 8601 duration
    retry_after: float | None = None  # seconds until the next poll, from the header Retry-After
    unread: frozenset[str] = frozenset()  # fields whose value in the response could not be used


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
    dataset_ids: tuple[str, ...] = ()  # of a custom model's training data
    project_id: str | None = None
    created: datetime | None = None
    last_action: datetime | None = None
    error: EntityError | None = None
    custom_properties: dict[str, str] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()  # fields whose value in the response could not be used


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
    unread: frozenset[str] = frozenset()  # fields whose value in the response could not be used


class Dataset(Struct, frozen=True, kw_only=True):
    """A dataset of a project (contract: Dataset)."""

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
    milliseconds: int | None = None  # the duration, in all versions
    content_url: str | None = None  # anyone who has it can read the recording while it is valid

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"LogFile({fields})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name != "content_url"]


class LogPage(Struct, frozen=True):
    """A page of content logs; `next_token` is the skipToken of the next page, None on the last one."""

    files: tuple[LogFile, ...]
    next_token: str | None
    unreadable: tuple[UnreadableItem, ...] = ()


class EndpointCreate(Struct, frozen=True):
    """The body of Endpoints_Create. The service limits `custom_properties` to 10 entries of 64 and 256 characters."""

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
    """The body of Endpoints_Update: only what is set is sent. `model_kind` needs `model_id`.

    The contract does not define whether `custom_properties` replaces or merges the map, so send the whole map.
    """

    display_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    model_id: str | UnsetType = UNSET
    model_kind: str | UnsetType = UNSET
    logging_enabled: bool | UnsetType = UNSET
    custom_properties: dict[str, str] | UnsetType = UNSET
    project_id: str | UnsetType = UNSET


_EVENT_ENTITIES = ("dataset", "model", "evaluation", "transcription", "endpoint")
_EVENT_STAGES = ("Creation", "Processing", "Completion", "Deletion")
# The events of web hooks (contract: WebHookEvents); Completion is also sent for a failure.
EVENTS = (*(subject + moment for subject in _EVENT_ENTITIES for moment in _EVENT_STAGES), "ping", "challenge")


class _WithoutSecretsInRepr(Struct, frozen=True, kw_only=True):
    """A struct whose repr omits the secret, and the URL, which may contain a token."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in ("secret", "web_url")]


class WebHook(_WithoutSecretsInRepr, frozen=True, kw_only=True):
    """A web hook (contract: WebHook). The service may not say whether it has a secret."""

    id: str
    display_name: str
    web_url: str
    events: frozenset[str] = frozenset()
    description: str = ""
    status: str = ""  # Failed: the service no longer calls it
    custom_properties: dict[str, str] = field(default_factory=dict)
    created: datetime | None = None
    last_action: datetime | None = None
    api_version: str = ""  # the version of the events it receives
    error: EntityError | None = None
    retry_after: float | None = None  # seconds


class WebHookCreate(_WithoutSecretsInRepr, frozen=True, kw_only=True):
    """The body of WebHooks_Create. `events`: names in EVENTS. With None for `secret` calls are not signed."""

    display_name: str
    web_url: str
    events: frozenset[str]
    secret: str | None
    description: str = ""
    custom_properties: dict[str, str] = field(default_factory=dict)


class WebHookUpdate(_WithoutSecretsInRepr, frozen=True, kw_only=True):
    """The body of WebHooks_Update: only what is set is sent.

    `secret` is always required, because an update without it ends the signing; None does so.
    """

    secret: str | None
    display_name: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    web_url: str | UnsetType = UNSET
    events: frozenset[str] | UnsetType = UNSET
    custom_properties: dict[str, str] | UnsetType = UNSET
