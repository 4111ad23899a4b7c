"""Results that this process made before."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any
from uuid import UUID


class BoundedCache(dict[Hashable, Any]):
    """When it holds `size` results, some of the oldest are dropped."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def __setitem__(self, key: Hashable, value: Any) -> None:
        if len(self) >= self.size:
            for oldest in list(self)[: self.size // 8 + 1]:
                self.pop(oldest, None)
        super().__setitem__(key, value)

    def get_or_make(self, key: Hashable, make: Callable[[], Any]) -> Any:
        value = self.get(key)
        if value is None:
            value = self[key] = make()
        return value


class VersionedRows:
    """What was made of each row, valid as long as the version of the row stays."""

    def __init__(self, size: int) -> None:
        self._made = BoundedCache(size)

    def current(
        self,
        versions: Mapping[UUID, Hashable],
        keys: Mapping[UUID, Hashable],
        make: Callable[[list[UUID]], Iterable[tuple[UUID, Any, bool]]],
    ) -> list[Any]:
        """Of each row that is still there, in the order of `versions`. `keys`: the row, and how it is seen.

        `make` gets the ids of rows that have changed, or whose version is None, and yields of each what it made and
        whether that may be kept. A row can change after its version was read: what it shows then must not be kept if
        the row can come back to that version.
        """
        found = {pk: made for pk, version in versions.items() if (made := self._kept(keys[pk], version)) is not None}
        for pk, made, keep in make([pk for pk in versions if pk not in found]):
            found[pk] = made
            if keep:
                self._made[keys[pk]] = (versions[pk], made)
        return [found[pk] for pk in versions if pk in found]

    def _kept(self, key: Hashable, version: Hashable) -> Any:
        of, made = self._made.get(key, (None, None))
        return made if version is not None and of == version else None
