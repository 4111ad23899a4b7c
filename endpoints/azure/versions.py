"""The differences between API versions. Everything else in this package is the same for all of them.

v3.2 is in the path. Later versions are in the query, have other names for some properties, and lack some operations.
A new version is a new entry in `VERSIONS`.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, urlencode

from msgspec import Struct


class Capabilities(Struct, frozen=True, kw_only=True):
    """What an API version supports. Sources: the published specifications of the three versions."""

    projects: bool = True  # Projects_*, and so the names of datasets; `project` of endpoints and models
    project_counts: bool = False  # Project.properties: how many endpoints, models ... it has
    foundry_projects: bool = False  # Project.foundryProjectName
    logs: bool = False  # Endpoints_ListLogs, _GetLog, _DeleteLog, _DeleteLogs
    base_model_logs: bool = False  # the same four operations for base models
    logging_needs_own_storage: bool = True  # migration guide from v3.2 to 2024-11-15
    time_to_live: bool = False  # EndpointProperties.timeToLive
    rest_links: bool = False  # EndpointLinks.restInteractive ... ; otherwise `webSocket` is the only link
    web_hooks: bool = True  # WebHooks_*


class Version(Struct, frozen=True):
    """One API version: its paths, and its names for what differs."""

    name: str
    base_path: str  # x-ms-parameterized-host: {endpoint}/speechtotext/v3.2, later {endpoint}/speechtotext
    capabilities: Capabilities
    query: Mapping[str, str] = MappingProxyType({})  # later versions: api-version on every request
    create_logging: str = "loggingEnabled"  # EndpointProperties
    update_logging: str = "contentLoggingEnabled"  # EndpointPropertiesUpdate
    sas_query: str = "sasLifetimeMinutes"  # v3.2: sasValidityInSeconds
    sas_unit: int = 60  # seconds for each unit of `sas_query`

    def url(self, endpoint: str, path: str, query: Mapping[str, str | None] = MappingProxyType({})) -> str:
        """The URL of `path`; entries of `query` that are None are omitted."""
        given = {name: value for name, value in query.items() if value is not None}
        # quote, not quote_plus: the service may not decode "+" as a space.
        text = urlencode({**self.query, **given}, quote_via=quote, safe="")
        return f"{endpoint}{self.base_path}{path}" + (f"?{text}" if text else "")

    def versioned(self, link: str) -> str:
        """A link of the service with this version's query parameters, whatever version the link names."""
        if not self.query:
            return link
        front, mark, fragment = link.partition("#")
        address, _, query = front.partition("?")
        kept = [part for part in re.split("[?&]", query) if part and part.partition("=")[0].lower() not in self.query]
        if set(self.query.items()) <= set(parse_qsl(query)):
            return link
        return f"{address}?{'&'.join([*kept, urlencode(self.query)])}{mark}{fragment}"

    def sas(self, seconds: int) -> dict[str, str]:
        """The query parameter for content URLs that are valid for `seconds`, rounded up to the version's unit."""
        if seconds < 0:
            raise ValueError("The validity of a content address cannot be negative.")
        return {self.sas_query: str(-(-seconds // self.sas_unit))}


def _later(name: str, capabilities: Capabilities) -> Version:
    return Version(name, "/speechtotext", capabilities, MappingProxyType({"api-version": name}))


VERSIONS = {
    version.name: version
    for version in (
        Version(
            "v3.2",
            "/speechtotext/v3.2",
            Capabilities(
                project_counts=True,
                logs=True,
                base_model_logs=True,
                logging_needs_own_storage=False,
                time_to_live=True,
                rest_links=True,
            ),
            sas_query="sasValidityInSeconds",
            sas_unit=1,
        ),
        _later("2024-11-15", Capabilities(projects=False)),
        _later("2025-10-15", Capabilities(foundry_projects=True)),
    )
}


# In the order in which a resource is asked for its version: the one with the operations on logs, then the newest.
PREFERRED = tuple(
    sorted(VERSIONS, key=lambda name: (VERSIONS[name].capabilities.logs, [*VERSIONS].index(name)), reverse=True)
)


def version_named(name: str) -> Version:
    """The API version of this name; ValueError lists the known ones."""
    try:
        return VERSIONS[name]
    except KeyError:
        raise ValueError(f"Unknown API version {name!r}; known: {', '.join(VERSIONS)}.") from None
