"""What differs from one API version to the next. Everything else in this package is the same for all of them.

v3.2 has its version in the path. Later versions have it in the query, other names for some properties, and
lack some operations. The seam is here: a new version is one more row of `VERSIONS`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from msgspec import Struct

SETTING = "SPEECH_API_VERSION"  # what a person changes when a version is gone


class Capabilities(Struct, frozen=True, kw_only=True):
    """What an API version can do. Sources: the published specifications of the three versions."""

    projects: bool = True  # Projects_*, so the names of data sets too; `project` of endpoints and models
    project_counts: bool = False  # Project.properties: how many endpoints, models ... it has
    foundry_projects: bool = False  # Project.foundryProjectName
    logs: bool = False  # Endpoints_ListLogs, _GetLog, _DeleteLog, _DeleteLogs
    base_model_logs: bool = False  # Endpoints_ListBaseModelLogs and its kin
    logging_needs_own_storage: bool = True  # only resources with their own storage may log (migration guide)
    time_to_live: bool = False  # EndpointProperties.timeToLive
    rest_links: bool = False  # EndpointLinks.restInteractive ... ; otherwise `webSocket` is the only link
    web_hooks: bool = True  # WebHooks_*


class Version(Struct, frozen=True):
    """One API version: where it lives and what it calls things."""

    name: str
    base_path: str  # x-ms-parameterized-host: {endpoint}/speechtotext/v3.2, later {endpoint}/speechtotext
    capabilities: Capabilities
    query: Mapping[str, str] = MappingProxyType({})  # later versions: api-version on every request
    create_logging: str = "loggingEnabled"  # EndpointProperties
    update_logging: str = "contentLoggingEnabled"  # EndpointPropertiesUpdate: really another name
    sas_query: str = "sasLifetimeMinutes"  # v3.2: sasValidityInSeconds
    sas_unit: int = 60  # seconds for each unit of `sas_query`

    def url(self, endpoint: str, path: str, query: Mapping[str, str | None] = MappingProxyType({})) -> str:
        """Build the address of `path`; entries of `query` that are None are left out."""
        asked = {name: value for name, value in query.items() if value is not None}
        # quote, not quote_plus: a plus sign in a filter must not depend on how the service reads "+".
        text = urlencode({**self.query, **asked}, quote_via=quote, safe="")
        return f"{endpoint}{self.base_path}{path}" + (f"?{text}" if text else "")

    def versioned(self, link: str) -> str:
        """A link of the service with this version's query, should it lack it; the rest stays as it came."""
        if not self.query:
            return link
        try:
            asked = urlsplit(link).query
        except ValueError:
            return link  # whoever follows it will see that it is none
        known = {name for name, _ in parse_qsl(asked, keep_blank_values=True)}
        missing = urlencode({name: value for name, value in self.query.items() if name not in known})
        if not missing:
            return link
        front, mark, fragment = link.partition("#")
        return front + ("&" if asked else "?") + missing + mark + fragment

    def sas(self, seconds: int) -> dict[str, str]:
        """The query that asks for content addresses valid for `seconds`, rounded up to the version's unit."""
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


def version_named(name: str) -> Version:
    """Find an API version; ValueError names the ones there are."""
    try:
        return VERSIONS[name]
    except KeyError:
        raise ValueError(f"Unknown API version {name!r}; known: {', '.join(VERSIONS)}.") from None
