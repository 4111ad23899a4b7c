"""What differs from one API version to the next. Everything else in this package is the same for all of them.

v3.2 has its version in the path. Later versions have it in the query, other names for some properties, and
lack some operations: each becomes one more row of `VERSIONS`, and the seam is here and nowhere else.
"""

from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, urlencode

from msgspec import Struct


class Version(Struct, frozen=True):
    """One API version: where it lives and what it calls things."""

    name: str
    base_path: str  # x-ms-parameterized-host: {endpoint}/speechtotext/v3.2
    query: Mapping[str, str] = MappingProxyType({})  # later versions: api-version on every request
    create_logging: str = "loggingEnabled"  # EndpointProperties
    update_logging: str = "contentLoggingEnabled"  # EndpointPropertiesUpdate: really another name
    sas_query: str = "sasValidityInSeconds"  # Endpoints_ListLogs, Endpoints_GetLog
    sas_unit: int = 1  # seconds for each unit of `sas_query`

    def url(self, endpoint: str, path: str, query: Mapping[str, str | None] = MappingProxyType({})) -> str:
        """Build the address of `path`; entries of `query` that are None are left out."""
        asked = {name: value for name, value in query.items() if value is not None}
        # quote, not quote_plus: a plus sign in a filter must not depend on how the service reads "+".
        text = urlencode({**self.query, **asked}, quote_via=quote, safe="")
        return f"{endpoint}{self.base_path}{path}" + (f"?{text}" if text else "")

    def sas(self, seconds: int) -> dict[str, str]:
        """The query that asks for content addresses valid for `seconds`."""
        if seconds < 0:
            raise ValueError("The validity of a content address cannot be negative.")
        return {self.sas_query: str(-(-seconds // self.sas_unit))}


VERSIONS = {version.name: version for version in (Version("v3.2", "/speechtotext/v3.2"),)}


def version_named(name: str) -> Version:
    """Find an API version; ValueError names the ones there are."""
    try:
        return VERSIONS[name]
    except KeyError:
        raise ValueError(f"Unknown API version {name!r}; known: {', '.join(VERSIONS)}.") from None
