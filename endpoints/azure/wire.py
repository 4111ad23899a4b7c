"""The service's JSON, read into our nouns. Pure: nothing here sends; writing.py is the other direction,
wire_projects.py reads projects and what lies in them.

Required is what the contract requires, plus `self`; everything else may be missing or null. Unknown fields
and unknown values of open enumerations pass. Wrong types are `Malformed`, never a crash.
"""

from typing import TypeVar

import msgspec
from msgspec import Struct, field

from .addresses import id_behind, kind_behind
from .nouns import Endpoint, EntityError, LogFile, Model, WebHook
from .times import milliseconds, moment

T = TypeVar("T")


class Malformed(Exception):
    """The text is not what the contract says; the message says where, without quoting the text."""


class Camel(Struct, rename="camel"):
    """Properties in the contract's spelling."""


class Reference(Camel):
    self: str


class _Features(Camel):
    supports_endpoints: bool | None = None


class _Dates(Camel):
    adaptation_date_time: str | None = None
    transcription_date_time: str | None = None


class _Failure(Camel):
    code: str | None = None
    message: str | None = None


class _EndpointProperties(Camel):
    logging_enabled: bool | None = None
    content_logging_enabled: bool | None = None  # the name PATCH uses; read either
    time_to_live: str | None = None
    error: _Failure | None = None


class _Endpoint(Camel):
    self: str
    display_name: str
    locale: str
    description: str | None = None
    status: str | None = None
    model: Reference | None = None
    project: Reference | None = None
    custom_properties: dict[str, str] | None = None
    created_date_time: str | None = None
    last_action_date_time: str | None = None
    links: dict[str, str | None] | None = None
    properties: _EndpointProperties | None = None

    def noun(self, retry_after: float | None) -> Endpoint:
        more = self.properties or _EndpointProperties()
        return Endpoint(
            id=own_id(self.self),
            self_url=self.self,
            display_name=self.display_name,
            locale=self.locale,
            description=self.description or "",
            status=self.status or "",
            model_id=id_of(self.model),
            model_kind=kind_behind(self.model.self) if self.model else None,
            project_id=id_of(self.project),
            logging_enabled=bool(more.logging_enabled or more.content_logging_enabled),
            custom_properties=self.custom_properties or {},
            created=moment(self.created_date_time),
            last_action=moment(self.last_action_date_time),
            links={name: link for name, link in (self.links or {}).items() if link},
            error=_error_of(more.error),
            time_to_live=more.time_to_live,
            retry_after=retry_after,
        )


class _ModelProperties(Camel):
    deprecation_dates: _Dates | None = None
    features: _Features | None = None
    error: _Failure | None = None


class _Model(Camel):
    self: str
    display_name: str
    locale: str
    description: str | None = None
    status: str | None = None
    base_model: Reference | None = None
    datasets: list[Reference] | None = None
    project: Reference | None = None
    custom_properties: dict[str, str] | None = None
    created_date_time: str | None = None
    last_action_date_time: str | None = None
    properties: _ModelProperties | None = None

    def noun(self, kind: str) -> Model:
        more = self.properties or _ModelProperties()
        dates = more.deprecation_dates or _Dates()
        return Model(
            id=own_id(self.self),
            kind=kind,
            display_name=self.display_name,
            locale=self.locale,
            description=self.description or "",
            status=self.status or "",
            supports_endpoints=bool(more.features and more.features.supports_endpoints),
            expires=moment(dates.transcription_date_time),
            adaptation_expires=moment(dates.adaptation_date_time),
            base_model_id=id_of(self.base_model),
            dataset_ids=tuple(filter(None, map(id_of, self.datasets or []))),
            project_id=id_of(self.project),
            created=moment(self.created_date_time),
            last_action=moment(self.last_action_date_time),
            error=_error_of(more.error),
            custom_properties=self.custom_properties or {},
        )


class _FileProperties(Camel):
    size: int | None = None
    duration: str | None = None
    duration_milliseconds: int | None = None  # after v3.2; 0 means that there is none


class _FileLinks(Camel):
    content_url: str | None = None


class _File(Camel):
    self: str
    name: str | None = None
    kind: str | None = None
    created_date_time: str | None = None
    properties: _FileProperties | None = None
    links: _FileLinks | None = None


class _WebHookProperties(Camel):
    api_version: str | None = None
    error: _Failure | None = None


class _WebHook(Camel):
    self: str
    display_name: str
    web_url: str
    events: dict[str, bool | None]
    description: str | None = None
    status: str | None = None
    custom_properties: dict[str, str] | None = None
    created_date_time: str | None = None
    last_action_date_time: str | None = None
    properties: _WebHookProperties | None = None


class _Page(Struct):
    values: list[msgspec.Raw]
    next_link: str | None = field(default=None, name="@nextLink")


def endpoint(data: bytes, retry_after: float | None = None) -> Endpoint:
    """Endpoints_Get, _Create, _Update, an item of Endpoints_List."""
    return decoded(data, _Endpoint).noun(retry_after)


def model(data: bytes, kind: str) -> Model:
    """Models_GetBaseModel, Models_GetCustomModel, an item of their lists."""
    return decoded(data, _Model).noun(kind)


def log_file(data: bytes) -> LogFile:
    """Endpoints_GetLog, an item of Endpoints_ListLogs."""
    it = decoded(data, _File)
    more, links = it.properties or _FileProperties(), it.links or _FileLinks()
    identity = own_id(it.self)
    return LogFile(
        id=identity,
        name=it.name or identity,
        kind=it.kind or "",
        size=more.size if more.size is None or more.size >= 0 else None,
        duration=more.duration,
        milliseconds=more.duration_milliseconds or milliseconds(more.duration),
        created=moment(it.created_date_time),
        content_url=links.content_url,
    )


def page(data: bytes) -> tuple[list[bytes], str | None]:
    """The items of one page, still encoded, and the link to the next ("" counts as none)."""
    it = decoded(data, _Page)
    return [bytes(item) for item in it.values], it.next_link or None


def web_hook(data: bytes, retry_after: float | None = None) -> WebHook:
    """WebHooks_Get, _Create, _Update, an item of WebHooks_List. The secret, should it be there, is not read."""
    it = decoded(data, _WebHook)
    more = it.properties or _WebHookProperties()
    return WebHook(
        id=own_id(it.self),
        self_url=it.self,
        display_name=it.display_name,
        web_url=it.web_url,
        events=frozenset(name for name, wanted in it.events.items() if wanted),
        description=it.description or "",
        status=it.status or "",
        custom_properties=it.custom_properties or {},
        created=moment(it.created_date_time),
        last_action=moment(it.last_action_date_time),
        api_version=more.api_version or "",
        error=_error_of(more.error),
        retry_after=retry_after,
    )


def words(data: bytes) -> list[str]:
    """Endpoints_ListSupportedLocales: a bare list of texts."""
    return decoded(data, list[str])


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


def own_id(link: str) -> str:
    """The id behind an entity's `self`."""
    identity = id_behind(link)
    if not identity:
        raise Malformed("`self` has no id")
    return identity


def id_of(reference: Reference | None) -> str | None:
    """The id behind a reference, if there is one."""
    return (id_behind(reference.self) or None) if reference else None


def _error_of(failure: _Failure | None) -> EntityError | None:
    return EntityError(failure.code or "", failure.message or "") if failure else None


def quote(value: str) -> str:
    """A string for a filter, in single quotes; a quote inside is doubled, as OData does it."""
    return "'" + value.replace("'", "''") + "'"
