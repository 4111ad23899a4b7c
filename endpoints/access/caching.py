"""Results that this process made before."""

from collections.abc import Callable, Hashable
from typing import Any


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
