"""How long a content URL may be read: sasValidityInSeconds, later sasLifetimeMinutes (api-facts 8, 13)."""

from __future__ import annotations

from starlette.datastructures import QueryParams

from ..options import Switches
from ..versions import Version
from . import authentication
from .errors import invalid
from .paging import number
from .serializer import Wire

DEFAULT = 12 * 3600  # seconds; documented for sasValidityInSeconds, taken for sasLifetimeMinutes too
WRONG = "InvalidSasValidityDuration"


def parameter(version: Version) -> str:
    return "sasLifetimeMinutes" if version.queried else "sasValidityInSeconds"


def lifetime(query: QueryParams, version: Version, switches: Switches, *, required: bool = False) -> int | None:
    """Seconds; none for a URL without a SAS token, which own storage (switch byos) gives.

    With own storage v3.2 asks for such a URL by 0; later versions give no other, and allow the parameter only where
    the contract requires it.
    """
    name = parameter(version)
    own = switches.byos == "on"
    if not version.queried:
        return number(query, name, DEFAULT, 0 if own else 1, WRONG) or None
    if own:
        if name in query and not required:
            raise invalid(WRONG, f"'{name}' is not allowed on a resource with its own storage.", name)
        return None
    if required and name not in query:
        raise invalid(WRONG, f"The query parameter '{name}' is required.", name)
    return 60 * number(query, name, DEFAULT // 60, 1, WRONG)


def content_url(wire: Wire, path: str, seconds: int | None) -> str:
    """Where a file may be read, from now on for so many seconds of the world's clock."""
    address = wire.origins.content + path
    return (
        address if seconds is None else f"{address}?{authentication.sas(wire.world.secret, path, wire.now + seconds)}"
    )
