"""Pages of a list: skip and top, or an opaque token for logs (api-facts 3 and 8)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from .errors import invalid
from .filters import Fields, compiled

INT32 = 2**31 - 1
Thing = TypeVar("Thing")


def number(query: QueryParams, name: str, default: int, least: int, inner: str = "InvalidParameterValue") -> int:
    """An int32 of the query."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text[:11]) <= INT32:
        raise invalid(inner, f"The query parameter '{name}' has to be an integer of {least} or more.", name)
    return int(text)


def page(
    things: Iterable[Thing],
    query: QueryParams,
    *,
    address: str,
    fields: Fields,
    size: int,
    keep: Callable[[Thing], bool] | None = None,
    carried: tuple[str, ...] = (),
) -> tuple[list[Thing], str | None]:
    """One page, and the address of the next; `size` is both the default and the largest page.

    `carried` are parameters of the query that the next address has as well.
    """
    skip = number(query, "skip", 0, 0)
    top = min(number(query, "top", size, 1), size)
    text = query.get("filter")
    found: Iterable[Thing] = filter(keep, things) if keep else things
    if text is not None:
        found = filter(compiled(text, fields), found)
    values = list(islice(found, skip, skip + top + 1))
    if len(values) <= top:
        return values, None
    following: dict[str, str | int] = {"skip": skip + top, "top": top}
    following |= {name: query[name] for name in ("filter", *carried) if name in query}
    return values[:top], joined(address, following)


def joined(address: str, query: dict[str, str | int]) -> str:
    """An address with more of a query; it may have an api-version already."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query, quote_via=quote)}"


def token(last: str) -> str:
    """A skipToken that stands behind one entry; to be treated as opaque."""
    coded = base64.urlsafe_b64encode(last.encode()).decode()
    return f"2!{len(coded)}!{coded}"


def behind(text: str) -> str:
    """The entry that a skipToken stands behind."""
    parts = text.split("!")
    try:
        if len(parts) == 3 and parts[0] == "2" and int(parts[1]) == len(parts[2]):
            return base64.b64decode(parts[2], altchars=b"-_", validate=True).decode()
    except ValueError:
        pass
    raise invalid("InvalidSkipTokenForLogs", "The skipToken is not valid.", "skipToken")
