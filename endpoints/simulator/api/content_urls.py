"""Content URLs and how long they are valid: sasValidityInSeconds in v3.2, sasLifetimeMinutes in later versions."""

from __future__ import annotations

from starlette.datastructures import QueryParams

from ..options import Switches
from ..versions import ServedVersion
from . import authentication
from .errors import invalid_argument
from .paging import number
from .serializer import Serializer

DEFAULT = 12 * 3600  # seconds; documented for sasValidityInSeconds (Endpoints_ListLogs), used for both
INVALID_VALIDITY = "InvalidSasValidityDuration"


def validity_parameter(version: ServedVersion) -> str:
    return "sasLifetimeMinutes" if version.in_query else "sasValidityInSeconds"


def content_url_validity(
    query: QueryParams, version: ServedVersion, switches: Switches, *, required: bool = False
) -> int | None:
    """The validity in seconds; None for a URL without SAS, which resources with own storage have (switch byos).

    On such a resource 0 requests it in v3.2; later versions return no other, and allow the parameter only where the
    contract requires it.
    """
    name = validity_parameter(version)
    own = switches.byos == "on"
    if not version.in_query:
        return number(query, name, DEFAULT, 0 if own else 1, INVALID_VALIDITY) or None
    if own:
        if name in query and not required:
            raise invalid_argument(
                INVALID_VALIDITY, f"'{name}' is not allowed on a resource with its own storage.", name
            )
        return None
    if required and name not in query:
        raise invalid_argument(INVALID_VALIDITY, f"The query parameter '{name}' is required.", name)
    return 60 * number(query, name, DEFAULT // 60, 1, INVALID_VALIDITY)


def content_url(serializer: Serializer, path: str, seconds: int | None) -> str:
    """The URL of a file, valid for so many seconds of the world's clock from now on."""
    address = serializer.origins.content + path
    return (
        address
        if seconds is None
        else f"{address}?{authentication.sas(serializer.world.secret, path, serializer.now + seconds)}"
    )
