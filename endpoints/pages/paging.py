"""Keyset pagination: each page begins at the key where another one ended, at the same cost at any depth."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.signing import b64_decode, b64_encode
from django.db.models import BooleanField, F, Field, Func, GeneratedField, Model, OrderBy, QuerySet, Value
from django.db.models.functions import Coalesce

LAST = "last"


@dataclass(frozen=True)
class KeysetPage:
    """Versions of rows, and the `page` of the addresses before and after; empty where there is none."""

    rows: Sequence[Any]
    previous: str = ""
    next: str = ""

    @property
    def first(self) -> bool:
        return not self.previous

    def addresses(self, address: Callable[..., str]) -> dict[str, str]:
        """Of the pages around this one, empty where there is none; `address` gives that of a `page`, or the first."""
        return {
            "first": address() if self.previous else "",
            "previous": address(page=self.previous) if self.previous else "",
            "next": address(page=self.next) if self.next else "",
            "last": address(page=LAST) if self.next else "",
        }


@dataclass(frozen=True)
class Order:
    """By fields that together name one row, all in the same direction, so that one index serves both."""

    fields: tuple[str, ...]
    descending: bool

    def sort(self, rows: QuerySet[Any], *, backwards: bool = False) -> QuerySet[Any]:
        descending = self.descending != backwards
        return rows.order_by(*(OrderBy(value, descending=descending) for value in self._values(rows.model)))

    def after(self, rows: QuerySet[Any], key: list[Any], *, backwards: bool = False) -> QuerySet[Any]:
        """The rows after the one with this key."""
        values = (Value(part, field) for part, field in zip(key, self.kinds(rows.model), strict=True))
        sign, own = "<" if self.descending != backwards else ">", self._values(rows.model)
        return rows.filter(RowComparison(RowValue(*own), RowValue(*values), arg_joiner=f" {sign} "))

    def kinds(self, model: type[Model]) -> list[Field[Any, Any]]:
        fields = [_field(model, *name.split("__")) for name in self.fields]
        return [field.output_field if isinstance(field, GeneratedField) else field for field in fields]  # type: ignore[misc]  # a GeneratedField has a field without type arguments

    def key(self, row: Any) -> list[Any]:
        return ["" if (value := getattr(row, field)) is None else value for field in self.fields]

    def _values(self, model: type[Model]) -> list[F | Coalesce]:
        """A text of a row that a foreign key may not lead to counts as empty: NULL is neither before nor after."""
        return [Coalesce(name, Value("")) if _optional(model, name) else F(name) for name in self.fields]


def _field(model: Any, name: str, *rest: str) -> Any:
    """A field of `model`, or of what a foreign key of it leads to."""
    field = model._meta.get_field(name)
    return _field(field.related_model, *rest) if rest else field


def _optional(model: type[Model], name: str) -> bool:
    foreign_key, _sign, field = name.partition("__")
    return bool(field) and model._meta.get_field(foreign_key).null


class RowValue(Func):
    """(a, b, c): databases compare such rows from the left, and use an index for it."""

    function = ""
    output_field = BooleanField()


class RowComparison(Func):
    template = "%(expressions)s"
    output_field = BooleanField()


def page_of(rows: QuerySet[Any], order: Order, asked: str, size: int) -> KeysetPage:
    """The page of `rows` that `asked`, the `page` of an address, names; the first one when it names none."""
    if asked == LAST:
        return _page(_read(rows, order, size, backwards=True), order, size, backwards=True, end=True)
    way, _dash, text = asked.partition("-")
    key = _key(text, order.kinds(rows.model)) if way in ("after", "before") else None
    if key is None:
        skipped = (int(asked) - 1) * size if asked.isdecimal() and 1 < int(asked) < 100_000 else 0
        found = _read(rows, order, size, skipped)
        if skipped and not found:
            return page_of(rows, order, LAST, size)
        return _page(found, order, size, begin=not skipped)
    back = way == "before"
    found = _read(order.after(rows, key, backwards=back), order, size, backwards=back)
    if not found:
        return page_of(rows, order, "" if back else LAST, size)
    return _page(found, order, size, backwards=back)


def key_of(asked: str, order: Order, model: type[Model]) -> list[Any] | None:
    """The key of the row after which the page begins that `asked` names; None when it names none."""
    way, _dash, text = asked.partition("-")
    return _key(text, order.kinds(model)) if way == "after" else None


def rows_after(
    rows: QuerySet[Any], order: Order, cursor: str, size: int, *, versions: bool = False
) -> tuple[list[Any], str]:
    """The rows after `cursor`, `size` of them in order, and the cursor of the next ones.

    Of each row only `pk` and the fields of the order; or its version, for rows that have one. Raises ValueError for a
    cursor of another order.
    """
    if cursor:
        key = _key(cursor, order.kinds(rows.model))
        if key is None:
            raise ValueError(cursor)
        rows = order.after(rows, key)
    if versions:
        found = _read(rows, order, size)
    else:
        found = list(order.sort(rows).values_list("pk", *order.fields, named=True)[: size + 1])
    more = len(found) > size
    return found[:size], _token(order.key(found[size - 1])) if more else ""


def _read(rows: QuerySet[Any], order: Order, size: int, skipped: int = 0, *, backwards: bool = False) -> list[Any]:
    """The rows of a page and one more, which tells whether a next page exists. Only these rows are read whole."""
    keys = order.sort(rows, backwards=backwards)[skipped : skipped + size + 1].values("pk")
    found: Any = rows.model._default_manager.filter(pk__in=keys)
    return list(order.sort(found.versions(*order.fields), backwards=backwards))


def _page(
    found: list[Any], order: Order, size: int, *, backwards: bool = False, begin: bool = False, end: bool = False
) -> KeysetPage:
    more = len(found) > size
    rows = found[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return KeysetPage(rows)
    before = f"before-{_token(order.key(rows[0]))}" if (more if backwards else not begin) else ""
    after = f"after-{_token(order.key(rows[-1]))}" if (not end if backwards else more) else ""
    return KeysetPage(rows, before, after)


def _token(key: list[Any]) -> str:
    return b64_encode(json.dumps([_text(part) for part in key], ensure_ascii=False).encode()).decode()


def _text(part: Any) -> Any:
    return part.isoformat() if isinstance(part, datetime) else str(part) if isinstance(part, UUID) else part


def _key(token: str, kinds: list[Field[Any, Any]]) -> list[Any] | None:
    """The key of an address, which anybody can have typed; None when it is no key of this order."""
    try:
        parts = json.loads(b64_decode(token.encode()))
        texts = [part if isinstance(part, bool) else str(part).replace("\0", "") for part in parts]
        key = [kind.to_python(text) for kind, text in zip(kinds, texts, strict=True)]
        for kind, text, part in zip(kinds, texts, key, strict=True):
            str(text).encode()  # half of a surrogate pair cannot be stored
            if isinstance(part, int):
                kind.run_validators(part)  # the database's range
        return key
    except (ValueError, TypeError, RecursionError, ValidationError):
        return None
