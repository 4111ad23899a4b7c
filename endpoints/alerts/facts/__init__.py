"""Facts that people are alerted to. Each has a key, by which it is recorded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from endpoints.models.alert import AlertRule


@dataclass(frozen=True)
class Fact:
    """`key` names it among all facts. `stays_true`: it counts only when it has been seen for so long."""

    rule: AlertRule
    key: str
    facts: dict[str, Any] = field(default_factory=dict)
    endpoint: UUID | None = None
    resource: UUID | None = None
    person: int | None = None
    channel: UUID | None = None
    stays_true: timedelta = timedelta()


@dataclass(frozen=True)
class Seen:
    """What a look needs: the time, since when events are new, which facts last already, and the disk's free bytes.

    disk: (free, total) bytes of where this app stores its files, None when that is not known.
    """

    now: datetime
    since: datetime
    lasting: frozenset[str] = frozenset()
    disk: tuple[int, int] | None = None


Look = Callable[[Seen], Iterator[Fact]]
