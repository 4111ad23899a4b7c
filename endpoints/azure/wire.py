"""Parses the service's JSON into entities; writing.py does the opposite, wire_projects.py parses projects.

What the contract requires, and `self`, is required; everything else may be missing or null. Unknown properties and
unknown values of open enumerations are accepted. Wrong types raise `Malformed`.
"""

from typing import TypeVar

import msgspec
from msgspec import Struct, field

from .addresses import id_behind, kind_behind
from .entities import Endpoint, EntityError, LogFile, Model, WebHook
from .times import milliseconds, moment

T = TypeVar("T")


class Malformed(Exception):
    """The JSON does not follow the contract; the message says where, without quoting it."""


class Camel(Struct, rename="camel"):
    """A struct whose properties are in camelCase, as in the contract."""


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
    content_logging_enabled: bool | None = None  # the name in a PATCH; both are accepted
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

    def entity(self, retry_after: float | None) -> Endpoint:
        properties = self.properties or _EndpointProperties()
        return Endpoint(
            id=own_id(self.self),
            display_name=self.display_name,
            locale=self.locale,
            description=self.description or "",
            status=self.status or "",
            model_id=id_of(self.model),
            model_kind=kind_behind(self.model.self) if self.model else None,
            project_id=id_of(self.project),
            logging_enabled=bool(properties.logging_enabled or properties.content_logging_enabled),
            custom_properties=self.custom_properties or {},
            created=moment(self.created_date_time),
            last_action=moment(self.last_action_date_time),
            links={name: link for name, link in (self.links or {}).items() if link},
            error=_error_of(properties.error),
            time_to_live=properties.time_to_live,
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

    def entity(self, kind: str) -> Model:
        properties = self.properties or _ModelProperties()
        dates = properties.deprecation_dates or _Dates()
        return Model(
            id=own_id(self.self),
            kind=kind,
            display_name=self.display_name,
            locale=self.locale,
            description=self.description or "",
            status=self.status or "",
            supports_endpoints=bool(properties.features and properties.features.supports_endpoints),
            expires=moment(dates.transcription_date_time),
            adaptation_expires=moment(dates.adaptation_date_time),
            base_model_id=id_of(self.base_model),
            dataset_ids=tuple(filter(None, map(id_of, self.datasets or []))),
            project_id=id_of(self.project),
            created=moment(self.created_date_time),
            last_action=moment(self.last_action_date_time),
            error=_error_of(properties.error),
            custom_properties=self.custom_properties or {},
        )


class _FileProperties(Camel):
    size: int | None = None
    duration: str | None = None
    duration_milliseconds: int | None = None  # after v3.2; 0 means none


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
    return decoded(data, _Endpoint).entity(retry_after)


def model(data: bytes, kind: str) -> Model:
    """Models_GetBaseModel, Models_GetCustomModel, an item of their lists."""
    return decoded(data, _Model).entity(kind)


def log_file(data: bytes) -> LogFile:
    """Endpoints_GetLog, an item of Endpoints_ListLogs."""
    parsed = decoded(data, _File)
    properties, links = parsed.properties or _FileProperties(), parsed.links or _FileLinks()
    identity = own_id(parsed.self)
    return LogFile(
        id=identity,
        name=parsed.name or identity,
        kind=parsed.kind or "",
        size=properties.size if properties.size is None or properties.size >= 0 else None,
        duration=properties.duration,
        milliseconds=properties.duration_milliseconds or milliseconds(properties.duration),
        created=moment(parsed.created_date_time),
        content_url=links.content_url,
    )


def page(data: bytes) -> tuple[list[bytes], str | None]:
    """The items of one page, as JSON, and the link to the next page, None if there is none or it is empty."""
    parsed = decoded(data, _Page)
    return [bytes(item) for item in parsed.values], parsed.next_link or None


def web_hook(data: bytes, retry_after: float | None = None) -> WebHook:
    """WebHooks_Get, _Create, _Update, an item of WebHooks_List. The secret is ignored."""
    parsed = decoded(data, _WebHook)
    properties = parsed.properties or _WebHookProperties()
    return WebHook(
        id=own_id(parsed.self),
        display_name=parsed.display_name,
        web_url=parsed.web_url,
        events=frozenset(name for name, wanted in parsed.events.items() if wanted),
        description=parsed.description or "",
        status=parsed.status or "",
        custom_properties=parsed.custom_properties or {},
        created=moment(parsed.created_date_time),
        last_action=moment(parsed.last_action_date_time),
        api_version=properties.api_version or "",
        error=_error_of(properties.error),
        retry_after=retry_after,
    )


def strings(data: bytes) -> list[str]:
    """Endpoints_ListSupportedLocales: a list of strings."""
    return decoded(data, list[str])


def decoded(data: bytes, kind: type[T]) -> T:
    """Decode JSON as `kind`; raises Malformed."""
    try:
        return msgspec.json.decode(data.removeprefix(b"\xef\xbb\xbf"), type=kind)  # some proxies add a BOM
    except msgspec.ValidationError as error:
        raise Malformed(str(error)) from None  # it contains types and a path, no values
    except RecursionError:
        raise Malformed("nested too deeply") from None
    except (msgspec.MsgspecError, ValueError):
        raise Malformed("not JSON") from None


def own_id(link: str) -> str:
    """The id in an entity's `self`."""
    identity = id_behind(link)
    if not identity:
        raise Malformed("`self` has no id")
    return identity


def id_of(reference: Reference | None) -> str | None:
    """The id in a reference, None if there is no reference."""
    return (id_behind(reference.self) or None) if reference else None


def _error_of(failure: _Failure | None) -> EntityError | None:
    return EntityError(failure.code or "", failure.message or "") if failure else None


def quote(value: str) -> str:
    """A string for a filter: in single quotes, with quotes inside doubled, as in OData."""
    return "'" + value.replace("'", "''") + "'"
