"""The versions of the pages of addresses: whether they are out of date, for one small query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from endpoints.access.door.versions import DataVersion, Extra, digest

ADDRESSES, ADDRESS = "addresses", "address"  # what their versions begin with

_ALL = (
    "SELECT max(updated_at) FROM endpoints_address",
    "SELECT count(*) FROM endpoints_address",
    "SELECT max(requested_at) FROM endpoints_addresschange",
    "SELECT max(closed_at) FROM endpoints_addresschange",
)
_HOURS = "SELECT sum(requests) FROM endpoints_addresshour WHERE address_id = %s"


@dataclass(frozen=True)
class AddressesVersion:
    """`version` changes with whatever the list shows, or the page of one address with its requests."""

    version: str
    session_alive: bool
    mirrored_at: datetime | None

    @classmethod
    def of_all(cls, session_key: str = "") -> AddressesVersion:
        return cls._of(ADDRESSES, session_key, [])

    @classmethod
    def of_one(cls, pk: int, session_key: str = "") -> AddressesVersion:
        return cls._of(f"{ADDRESS}.{pk}", session_key, [(_HOURS, [pk])])

    @classmethod
    def _of(cls, name: str, session_key: str, more: list[Extra]) -> AddressesVersion:
        data = DataVersion.now(session_key, extra=[*((fact, ()) for fact in _ALL), *more])
        return cls(f"{name}.{digest(data.version, data.extra)}", data.session_alive, data.mirrored_at)

    @classmethod
    def successor(cls, version: str, session_key: str) -> AddressesVersion | None:
        """The version now of what `version` was of; None when it is no version of these pages."""
        prefix, pk, *_rest = [*version.split("."), "", ""]
        if prefix == ADDRESSES:
            return cls.of_all(session_key)
        return cls.of_one(int(pk), session_key) if prefix == ADDRESS and pk.isdecimal() and len(pk) < 19 else None
