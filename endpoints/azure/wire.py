"""Turns the service's JSON into entities; writing.py does the opposite.

Only `self` is needed. Everything else may be missing, null or of another type: see reading.py. Unknown properties and
unknown values of open enumerations are accepted.
"""

import re
from typing import Any

from .addresses import id_behind, is_log_id
from .entities import Dataset, Endpoint, LogFile, Model, Project, UnreadableItem, WebHook
from .reading import LONGEST_TEXT, Fields, Malformed, as_text, own_id, own_link
from .times import milliseconds

LONGEST_LOCALE, LONGEST_STATUS = 35, 40
LONGEST_DURATION = 2**31 - 1  # milliseconds
_IDS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def named(fields: Fields, identity: str) -> tuple[str, str]:
    """displayName and locale, which the contract requires; without a name the id stands in its place."""
    name, locale = fields.text("displayName"), fields.text("locale", LONGEST_LOCALE)
    fields.require(display_name=name, locale=locale)
    return name or identity, locale or ""


def endpoint(value: Any, retry_after: float | None = None) -> Endpoint:
    """Endpoints_Get, _Create, _Update, an item of Endpoints_List."""
    identity, fields = own_id(value), Fields(value)
    properties = fields.nested("properties")
    display_name, locale = named(fields, identity)
    # The second name is that in a PATCH; both are accepted.
    logging = properties.flag("loggingEnabled") or properties.flag("contentLoggingEnabled")
    status, model_id = fields.text("status", LONGEST_STATUS) or "", fields.id("model")
    # In `properties` a flag may be missing, which means False.
    fields.require(status=status, model_id=model_id, logging_enabled=properties.given)
    return Endpoint(
        id=identity,
        display_name=display_name,
        locale=locale,
        description=fields.text("description") or "",
        status=status,
        model_id=model_id,
        model_kind=fields.kind("model"),
        project_id=fields.id("project"),
        logging_enabled=bool(logging),
        custom_properties=fields.texts("customProperties"),
        created=fields.time("createdDateTime"),
        last_action=fields.time("lastActionDateTime"),
        links={name: link for name, link in fields.texts("links").items() if link},
        error=properties.error("error"),
        time_to_live=properties.text("timeToLive"),
        retry_after=retry_after,
        unread=frozenset(fields.unread),  # the last argument, after all have been read
    )


def model(value: Any, kind: str) -> Model:
    """Models_GetBaseModel, Models_GetCustomModel, an item of their lists."""
    identity, fields = own_id(value), Fields(value)
    properties = fields.nested("properties")
    dates, features = properties.nested("deprecationDates"), properties.nested("features")
    display_name, locale = named(fields, identity)
    status = fields.text("status", LONGEST_STATUS) or ""
    fields.require(status=status)
    return Model(
        id=identity,
        kind=kind,
        display_name=display_name,
        locale=locale,
        description=fields.text("description") or "",
        status=status,
        supports_endpoints=bool(features.flag("supportsEndpoints")),
        expires=dates.time("transcriptionDateTime"),
        adaptation_expires=dates.time("adaptationDateTime"),
        base_model_id=fields.id("baseModel"),
        dataset_ids=fields.ids("datasets"),
        project_id=fields.id("project"),
        created=fields.time("createdDateTime"),
        last_action=fields.time("lastActionDateTime"),
        error=properties.error("error"),
        custom_properties=fields.texts("customProperties"),
        unread=frozenset(fields.unread),  # the last argument, after all have been read
    )


def project(value: Any) -> Project:
    """Projects_Get, an item of Projects_List."""
    identity, fields = own_id(value), Fields(value)
    counts = fields.nested("properties")  # v3.2
    display_name, locale = named(fields, identity)
    return Project(
        id=identity,
        display_name=display_name,
        locale=locale,
        description=fields.text("description") or "",
        created=fields.time("createdDateTime"),
        dataset_count=counts.whole("datasetCount"),
        evaluation_count=counts.whole("evaluationCount"),
        model_count=counts.whole("modelCount"),
        transcription_count=counts.whole("transcriptionCount"),
        endpoint_count=counts.whole("endpointCount"),
        foundry_project=fields.text("foundryProjectName") or "",  # 2025-10-15
        unread=frozenset(fields.unread),
    )


def dataset(value: Any) -> Dataset:
    """An item of Projects_ListDatasets."""
    identity, fields = own_id(value), Fields(value)
    display_name, locale = named(fields, identity)
    return Dataset(
        id=identity,
        display_name=display_name,
        locale=locale,
        kind=fields.text("kind", LONGEST_STATUS) or "",
        description=fields.text("description") or "",
        status=fields.text("status", LONGEST_STATUS) or "",
        project_id=fields.id("project"),
        created=fields.time("createdDateTime"),
    )


def log_file(value: Any) -> LogFile:
    """Endpoints_GetLog, an item of Endpoints_ListLogs."""
    identity, fields = id_behind(own_link(value)), Fields(value)
    if not is_log_id(identity):
        raise Malformed("`self` doesn't contain an ID")
    properties, links = fields.nested("properties"), fields.nested("links")
    duration = properties.text("duration")
    length = properties.whole("durationMilliseconds") or milliseconds(duration)  # the former after v3.2; 0 means none
    return LogFile(
        id=identity,
        name=fields.text("name", 1000) or identity,
        kind=fields.text("kind", LONGEST_STATUS) or "",
        size=properties.whole("size"),
        duration=duration,
        milliseconds=length if length is None or length <= LONGEST_DURATION else None,
        created=fields.time("createdDateTime"),
        content_url=links.text("contentUrl"),
    )


def page(value: Any) -> tuple[list[Any], str | None, list[UnreadableItem]]:
    """The items of one page, the link to the next page (None if there is none), and what makes it incomplete."""
    if not isinstance(value, dict) or "values" not in value:
        raise Malformed("it isn't a page of a list")
    items, link = value["values"], value.get("@nextLink")
    incomplete = []
    if items is None:
        incomplete.append(UnreadableItem(reason="the list is null"))
    elif not isinstance(items, list):
        raise Malformed("`values` isn't a list")
    if link is not None and not isinstance(link, str):
        incomplete.append(UnreadableItem(reason="the link to the next page isn't a text value"))
    return items or [], (link or None) if isinstance(link, str) else None, incomplete


def unreadable_item(value: Any, reason: str) -> UnreadableItem:
    """What can be said of an item whose entity cannot be read."""
    fields = Fields(value)
    properties = fields.values("customProperties")
    return UnreadableItem(
        reason=reason,
        display_name=(fields.text("displayName") or "")[:200],
        ids=frozenset(_IDS.findall(str(value).lower())),
        custom_properties={key: as_text(item) or "" for key, item in properties.items()},
    )


def web_hook(value: Any, retry_after: float | None = None) -> WebHook:
    """WebHooks_Get, _Create, _Update, an item of WebHooks_List. The secret is ignored."""
    identity, fields = own_id(value), Fields(value)
    properties, events = fields.nested("properties"), fields.nested("events")
    return WebHook(
        id=identity,
        display_name=fields.text("displayName") or identity,
        web_url=fields.text("webUrl") or "",
        events=frozenset(name for name in map(str, fields.values("events")) if events.flag(name)),
        description=fields.text("description") or "",
        status=fields.text("status", LONGEST_STATUS) or "",
        custom_properties=fields.texts("customProperties"),
        created=fields.time("createdDateTime"),
        last_action=fields.time("lastActionDateTime"),
        api_version=properties.text("apiVersion", LONGEST_TEXT) or "",
        error=properties.error("error"),
        retry_after=retry_after,
    )


def strings(value: Any) -> list[str]:
    """Endpoints_ListSupportedLocales: a list of texts; other items are left out."""
    if not isinstance(value, list):
        raise Malformed("it isn't a list")
    return [item for item in value if isinstance(item, str)]


def quote(value: str) -> str:
    """A string for a filter: in single quotes, with quotes inside doubled, as in OData."""
    return "'" + value.replace("'", "''") + "'"
