"""The items of a list of the service, of which some may be unreadable."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from .entities import UnreadableItem

T = TypeVar("T")


class Listing(Iterator[T], Generic[T]):
    """An iterator of the items. `unreadable`: those that could not be read, complete after the last item."""

    def __init__(self, items: Iterator[T], unreadable: list[UnreadableItem]) -> None:
        self._items = items
        self.unreadable = unreadable

    def __next__(self) -> T:
        return next(self._items)
