"""The service's JSON, to and from our nouns. Pure: nothing here sends.

Required is what the contract requires, plus `self`; everything else may be missing or null. Unknown fields
and unknown values of open enumerations pass. Wrong types are `Malformed`, never a crash.
"""

from typing import TypeVar

import msgspec
from msgspec import UNSET, Struct, field

from .addresses import id_behind, kind_behind, uuid_id
from .nouns import Endpoint, EndpointCreate, EndpointUpdate, EntityError, LogFile, Model, Project
from .times import moment
from .versions import Version

T = TypeVar("T")


class Malformed(Exception):
    """The text is not what the contract says; the message says where, without quoting the text."""


class _Camel(Struct, rename="camel"):
    """Properties in the contract's spelling."""


class _Reference(_Camel):
    self: str


class _Features(_Camel):
    supports_endpoints: bool | None = None


class _Dates(_Camel):
    adaptation_date_time: str | None = None
    transcription_date_time: str | None = None


class _Failure(_Camel):
    code: str | None = None
    message: str | None = None


class _EndpointProperties(_Camel):
    logging_enabled: bool | None = None
    content_logging_enabled: bool | None = None  # the name PATCH uses; read either
    time_to_live: str | None = None
    error: _Failure | None = None


class _Endpoint(_Camel):
    self: str
    display_name: str
    locale: str
    description: str | None = None
    status: str | None = None
    model: _Reference | None = None
    project: _Reference | None = None
    custom_properties: dict[str, str] | None = None
    created_date_time: str | None = None
    last_action_date_time: str | None = None
    links: dict[str, str | None] | None = None
    properties: _EndpointProperties | None = None

    def noun(self, retry_after: float | None) -> Endpoint:
        more = self.properties or _EndpointProperties()
        return Endpoint(
            id=_own_id(self.self),
            self_url=self.self,
            display_name=self.display_name,
            locale=self.locale,
            description=self.description or "",
            status=self.status or "",
            model_id=_id_of(self.model),
            model_kind=kind_behind(self.model.self) if self.model else None,
            project_id=_id_of(self.project),
            logging_enabled=bool(more.logging_enabled or more.content_logging_enabled),
            custom_properties=self.custom_properties or {},
            created=moment(self.created_date_time),
            last_action=moment(self.last_action_date_time),
            links={name: link for name, link in (self.links or {}).items() if link},
            error=_error_of(more.error),
            time_to_live=more.time_to_live,
            retry_after=retry_after,
        )


class _ModelProperties(_Camel):
    deprecation_dates: _Dates | None = None
    features: _Features | None = None
    error: _Failure | None = None


class _Model(_Camel):
    self: str
    display_name: str
    locale: str
    description: str | None = None
    status: str | None = None
    base_model: _Reference | None = None
    project: _Reference | None = None
    custom_properties: dict[str, str] | None = None
    created_date_time: str | None = None
    last_action_date_time: str | None = None
    properties: _ModelProperties | None = None

    def noun(self, kind: str) -> Model:
        more = self.properties or _ModelProperties()
        dates = more.deprecation_dates or _Dates()
        return Model(
            id=_own_id(self.self),
            kind=kind,
            display_name=self.display_name,
            locale=self.locale,
            description=self.description or "",
            status=self.status or "",
            supports_endpoints=bool(more.features and more.features.supports_endpoints),
            expires=moment(dates.transcription_date_time),
            adaptation_expires=moment(dates.adaptation_date_time),
            base_model_id=_id_of(self.base_model),
            project_id=_id_of(self.project),
            created=moment(self.created_date_time),
            last_action=moment(self.last_action_date_time),
            error=_error_of(more.error),
            custom_properties=self.custom_properties or {},
        )


class _Project(_Camel):
    self: str
    display_name: str
    locale: str
    description: str | None = None
    created_date_time: str | None = None


class _FileProperties(_Camel):
    size: int | None = None
    duration: str | None = None


class _FileLinks(_Camel):
    content_url: str | None = None


class _File(_Camel):
    self: str
    name: str | None = None
    kind: str | None = None
    created_date_time: str | None = None
    properties: _FileProperties | None = None
    links: _FileLinks | None = None


class _Page(Struct):
    values: list[msgspec.Raw]
    next_link: str | None = field(default=None, name="@nextLink")


def endpoint(data: bytes, retry_after: float | None = None) -> Endpoint:
    """Endpoints_Get, _Create, _Update, an item of Endpoints_List."""
    return decoded(data, _Endpoint).noun(retry_after)


def model(data: bytes, kind: str) -> Model:
    """Models_GetBaseModel, Models_GetCustomModel, an item of their lists."""
    return decoded(data, _Model).noun(kind)


def project(data: bytes) -> Project:
    """Projects_Get, an item of Projects_List."""
    it = decoded(data, _Project)
    created = moment(it.created_date_time)
    name, description = it.display_name, it.description or ""
    return Project(id=_own_id(it.self), display_name=name, locale=it.locale, description=description, created=created)


def log_file(data: bytes) -> LogFile:
    """Endpoints_GetLog, an item of Endpoints_ListLogs."""
    it = decoded(data, _File)
    more, links = it.properties or _FileProperties(), it.links or _FileLinks()
    identity = _own_id(it.self)
    return LogFile(
        id=identity,
        name=it.name or identity,
        kind=it.kind or "",
        size=more.size if more.size is None or more.size >= 0 else None,
        duration=more.duration,
        created=moment(it.created_date_time),
        content_url=links.content_url,
    )


def page(data: bytes) -> tuple[list[bytes], str | None]:
    """The items of one page, still encoded, and the link to the next ("" counts as none)."""
    it = decoded(data, _Page)
    return [bytes(item) for item in it.values], it.next_link or None


def encode_create(asked: EndpointCreate, version: Version, endpoint_url: str) -> bytes:
    """The body of Endpoints_Create."""
    properties: dict[str, object] = {version.create_logging: asked.logging_enabled}
    if asked.time_to_live:
        properties["timeToLive"] = asked.time_to_live
    body: dict[str, object] = {
        "displayName": asked.display_name,
        "description": asked.description,
        "locale": asked.locale,
        "model": _model_reference(asked.model_id, asked.model_kind, version, endpoint_url),
        "properties": properties,
    }
    if asked.custom_properties:
        body["customProperties"] = asked.custom_properties
    if asked.project_id is not None:
        body["project"] = _project_reference(asked.project_id, version, endpoint_url)
    return msgspec.json.encode(body)


def encode_update(asked: EndpointUpdate, version: Version, endpoint_url: str) -> bytes:
    """The body of Endpoints_Update; msgspec leaves out what is UNSET."""
    body: dict[str, object] = {}
    if asked.display_name is not UNSET:
        body["displayName"] = asked.display_name
    if asked.description is not UNSET:
        body["description"] = asked.description
    if asked.model_id is not UNSET:
        kind = "custom" if asked.model_kind is UNSET else asked.model_kind
        body["model"] = _model_reference(asked.model_id, kind, version, endpoint_url)
    if asked.logging_enabled is not UNSET:
        body["properties"] = {version.update_logging: asked.logging_enabled}
    if asked.custom_properties is not UNSET:
        body["customProperties"] = asked.custom_properties
    if asked.project_id is not UNSET:
        body["project"] = _project_reference(asked.project_id, version, endpoint_url)
    return msgspec.json.encode(body)


def _model_reference(identity: str, kind: str, version: Version, endpoint_url: str) -> dict[str, str]:
    if kind not in ("base", "custom"):
        raise ValueError(f"A model is base or custom, not {kind!r}.")
    folder = "/models/base/" if kind == "base" else "/models/"
    return {"self": version.url(endpoint_url, folder + uuid_id(identity, "a model"))}


def _project_reference(identity: str, version: Version, endpoint_url: str) -> dict[str, str]:
    return {"self": version.url(endpoint_url, f"/projects/{uuid_id(identity, 'a project')}")}


def decoded(data: bytes, kind: type[T]) -> T:
    """JSON of the service as `kind`, or Malformed."""
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=kind)  # some proxies add a BOM
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from None  # names types and a path, not values
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except (msgspec.MsgspecError, ValueError):
        raise Malformed("not JSON") from None


def _own_id(link: str) -> str:
    identity = id_behind(link)
    if not identity:
        raise Malformed("`self` has no id")
    return identity


def _id_of(reference: _Reference | None) -> str | None:
    return (id_behind(reference.self) or None) if reference else None


def _error_of(failure: _Failure | None) -> EntityError | None:
    return EntityError(failure.code or "", failure.message or "") if failure else None


def quote(value: str) -> str:
    """A string for a filter, in single quotes; a quote inside is doubled, as OData does it."""
    return "'" + value.replace("'", "''") + "'"
