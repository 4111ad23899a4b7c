"""Pages of a list: skip and top, or an opaque skipToken for logs (contract: Endpoints_List, Endpoints_ListLogs)."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from itertools import islice
from typing import TypeVar
from urllib.parse import quote, urlencode

from starlette.datastructures import QueryParams

from .errors import invalid_argument
from .filters import Fields, compile_filter

INT32 = 2**31 - 1
Item = TypeVar("Item")


def number(query: QueryParams, name: str, default: int, minimum: int, inner: str = "InvalidParameterValue") -> int:
    """An integer (int32) of the query."""
    text = query.get(name)
    if text is None:
        return default
    if not text.isascii() or not text.isdigit() or not minimum <= int(text[:11]) <= INT32:
        raise invalid_argument(inner, f"The query parameter '{name}' has to be an integer of {minimum} or more.", name)
    return int(text)


def page(
    items: Iterable[Item],
    query: QueryParams,
    *,
    address: str,
    fields: Fields,
    size: int,
    keep: Callable[[Item], bool] | None = None,
    carried: tuple[str, ...] = (),
) -> tuple[list[Item], str | None]:
    """One page, and the URL of the next; `size` is both the default and the maximum page size.

    `carried` are query parameters that the URL of the next page repeats.
    """
    skip = number(query, "skip", 0, 0)
    top = min(number(query, "top", size, 1), size)
    text = query.get("filter")
    found: Iterable[Item] = filter(keep, items) if keep else items
    if text is not None:
        found = filter(compile_filter(text, fields), found)
    values = list(islice(found, skip, skip + top + 1))
    if len(values) <= top:
        return values, None
    next_link: dict[str, str | int] = {"skip": skip + top, "top": top}
    next_link |= {name: query[name] for name in ("filter", *carried) if name in query}
    return values[:top], with_query(address, next_link)


def with_query(address: str, query: dict[str, str | int]) -> str:
    """A URL with more query parameters; it may have an api-version already."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query, quote_via=quote)}"


def skip_token(last: str) -> str:
    """The skipToken of the page that begins after the item `last`; opaque to clients."""
    encoded = base64.urlsafe_b64encode(last.encode()).decode()
    return f"2!{len(encoded)}!{encoded}"


def decode_skip_token(text: str) -> str:
    """The item that the page of a skipToken begins after."""
    parts = text.split("!")
    try:
        if len(parts) == 3 and parts[0] == "2" and int(parts[1]) == len(parts[2]):
            return base64.b64decode(parts[2], altchars=b"-_", validate=True).decode()
    except ValueError:
        pass
    raise invalid_argument("InvalidSkipTokenForLogs", "The skipToken is not valid.", "skipToken")
