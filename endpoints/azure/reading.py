"""Reads JSON of the service leniently: one property of an unexpected type must not hide the rest.

Entities of one list differ in age, and so in shape: customProperties could have numbers until January 2025. A value
that can be converted is; any other is read as missing, and its name is noted.
"""

import json
import math
import re
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from .addresses import id_behind, is_uuid, kind_behind
from .entities import EntityError
from .times import moment

T = TypeVar("T")

LONGEST_TEXT = 10_000
LARGEST = 2**63 - 1  # of a number: as large as a database's
# The fields of our entities that do not have the name of the property.
_FIELD_NAMES = {
    "createdDateTime": "created",
    "lastActionDateTime": "last_action",
    "model": "model_id",
    "project": "project_id",
    "baseModel": "base_model_id",
    "datasets": "dataset_ids",
    "contentLoggingEnabled": "logging_enabled",
    "transcriptionDateTime": "expires",
    "adaptationDateTime": "adaptation_expires",
}
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL refuses NUL, UTF-8 the halves of surrogate pairs


class Malformed(Exception):
    """The JSON cannot be used; the message says where, without quoting it."""


class Fields:
    """The properties of one JSON object. `unread`: the fields of our entity whose value could not be used.

    `given`: whether there is such an object.
    """

    def __init__(self, value: object, unread: set[str] | None = None) -> None:
        self.unread = set[str]() if unread is None else unread
        self._values: dict[str, Any] = value if isinstance(value, dict) else {}
        self.given = isinstance(value, dict)
        self._unusable = value is not None and not self.given

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str | None:
        """A text; numbers and booleans become one."""
        value = self._values.get(name)
        text = as_text(value)
        return self._noted(name, value, text if text is not None and len(text) <= longest else None)

    def flag(self, name: str) -> bool | None:
        """A boolean, also as a text or as 0 or 1."""
        value = self._values.get(name)
        text = (as_text(value) or "").strip().casefold()
        return self._noted(name, value, {"true": True, "1": True, "false": False, "0": False}.get(text))

    def whole(self, name: str) -> int | None:
        """A whole number that is not negative, also as a text or with decimals."""
        value = self._values.get(name)
        try:
            number = float(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else math.nan
        except (ValueError, OverflowError):
            number = math.nan
        usable = 0 <= number <= LARGEST  # NaN is not
        exact = value if isinstance(value, int) else int(number) if usable else 0
        return self._noted(name, value, min(exact, LARGEST) if usable else None)

    def time(self, name: str) -> datetime | None:
        """A date-time in UTC."""
        value = self._values.get(name)
        text = value if isinstance(value, str) else None
        never_set = value == "" or (text or "").startswith("0001")  # .NET's year 1
        return None if never_set else self._noted(name, value, moment(text))

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts; values that are neither texts, numbers nor booleans are left out."""
        value = self._values.get(name)
        if not isinstance(value, dict):
            self._noted(name, value, None)
            return {}
        found = {_storable(key): as_text(item) for key, item in value.items()}
        return {key: text for key, text in found.items() if text is not None}

    def nested(self, name: str) -> "Fields":
        """A nested object; when it is none, all its properties are unread."""
        value = self._values.get(name) if not self._unusable else False
        return Fields(value, self.unread)

    def id(self, name: str) -> str | None:
        """The id in a reference to an entity that has a UUID, or in the text that stands in its place."""
        value = self._values.get(name)
        link = self._noted(name, value, reference_link(value))
        return id_behind(link).lower() if link else None

    def kind(self, name: str) -> str | None:
        """ "base" or "custom", by the link in a reference to a model."""
        link = reference_link(self._values.get(name))
        return kind_behind(link) if link else None

    def ids(self, name: str) -> tuple[str, ...]:
        """The ids in a list of references, without those that cannot be read."""
        value = self._values.get(name)
        if not isinstance(value, list):
            self._noted(name, value, None)
            return ()
        return tuple(id_behind(link).lower() for link in map(reference_link, value) if link)

    def error(self, name: str) -> EntityError | None:
        """An EntityError, or a text in its place."""
        value = self._values.get(name)
        if isinstance(value, dict):
            failure = Fields(value)
            return EntityError(failure.text("code") or "", failure.text("message") or "")
        text = as_text(value)
        return self._noted(name, value, EntityError("", text) if text else None)

    def values(self, name: str) -> dict[str, Any]:
        """A nested object as it is, {} when it is none."""
        value = self._values.get(name)
        return value if isinstance(value, dict) else {}

    def require(self, **found: object) -> None:
        """Note the fields that every such entity has: an empty value says nothing about them."""
        self.unread |= {field for field, value in found.items() if not value}

    def _noted(self, name: str, value: object, found: T | None) -> T | None:
        """`found`; when it is None although there is a value, that is noted."""
        if found is None and (value is not None or self._unusable):
            self.unread.add(_FIELD_NAMES.get(name) or re.sub("([A-Z])", r"_\1", name).lower())
        return found


def as_text(value: object) -> str | None:
    """A text, or a number or boolean as one; None for anything else."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _storable(str(value)) if isinstance(value, (str, int, float)) else None


def reference_link(value: object) -> str | None:
    """The link of a reference (contract: EntityReference); None without a UUID in it."""
    link = value.get("self") if isinstance(value, dict) else value
    return link if isinstance(link, str) and is_uuid(id_behind(link)) else None


def own_link(value: object) -> str:
    """The `self` of an entity. Raises Malformed, because nothing can be done with an entity without an id."""
    if not isinstance(value, dict):
        raise Malformed("it isn't an object")
    link = value.get("self")
    if not isinstance(link, str):
        raise Malformed("`self` is missing" if link is None else "`self` isn't a text value")
    return link


def own_id(value: object) -> str:
    """The UUID in the `self` of an entity, in lower case. Raises Malformed."""
    identity = id_behind(own_link(value))
    if not is_uuid(identity):
        raise Malformed("`self` doesn't contain an ID")
    return identity.lower()


def decoded(data: bytes) -> Any:
    """Any JSON; raises Malformed."""
    data = data.removeprefix(b"\xef\xbb\xbf")  # some proxies add a BOM
    try:
        return msgspec.json.decode(data)
    except RecursionError:
        raise Malformed("it's nested too deeply") from None
    except (msgspec.MsgspecError, ValueError):
        return _decoded_slowly(data)


def _decoded_slowly(data: bytes) -> Any:
    """Also what JSON allows and msgspec does not: very large numbers and halves of surrogate pairs."""
    try:
        return json.loads(data.decode(), parse_constant=_refuse, parse_int=_number)
    except RecursionError:
        raise Malformed("it's nested too deeply") from None
    except ValueError:
        raise Malformed("it isn't JSON") from None


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < 300 else float(digits)


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _storable(text: str) -> str:
    return _NOT_STORABLE.sub("\ufffd", text)
