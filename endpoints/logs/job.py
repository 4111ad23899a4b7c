"""What the workers' jobs on content logs share: their time, the service's list, and what follows an error."""

from __future__ import annotations

import errno
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django.utils.translation import gettext as _

from endpoints import azure
from endpoints.changes.work import Blocked, attempt
from endpoints.logs.fetch.run import Fetched, fetch_missing
from endpoints.logs.fetch.source import SAS_SECONDS, LogSource
from endpoints.models import Download, Endpoint, LogArchive, Purge

if TYPE_CHECKING:
    from endpoints.azure.entities import LogFile, LogPage
    from endpoints.models.log import LogFileQuerySet

Row = TypeVar("Row", Download, LogArchive, Purge)

WORK_SECONDS = 25  # in one task; the next one continues
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StorageRefused(Blocked):
    """Our own storage refused; the message says why, for people."""

    def __init__(self, error: OSError) -> None:
        why = {"why": os.strerror(error.errno) if error.errno else str(error)}
        full = error.errno in NO_ROOM
        super().__init__(
            _("There is no room left on the disk for content logs.")
            if full
            else _("The disk for content logs refused: %(why)s.") % why
        )


class Job(ABC, Generic[Row]):
    """One step of the work on `row`, on which the caller holds the lease. It is its own ErrorPolicy.

    `longest`: at most so many seconds pass until the next attempt after an error.
    """

    longest: ClassVar[float]

    def __init__(self, row: Row, endpoint: Endpoint, service: LogSource) -> None:
        self.row: Row = row
        self.endpoint, self.service = endpoint, service
        self.until = time.monotonic() + WORK_SECONDS

    def step(self, stage: Callable[[], float | None]) -> float | None:
        """Do `stage`, and class what fails. Returns in how many seconds the row is due again, None for never."""

        def stored() -> float | None:
            try:
                return stage()
            except OSError as error:
                raise StorageRefused(error) from error

        return attempt(self.endpoint.resource, stored, self)

    def save(self, **facts: Any) -> bool:
        """Save the progress; False when somebody has ended or paused the work meanwhile."""
        row: Any = self.row
        return bool(type(row).objects.move(row, facts.pop("state", row.state), **facts))

    def put_off(self, why: str, retry_after: float | None) -> float | None:
        if retry_after is not None:
            return retry_after
        failures = self.row.failures + 1
        self.save(error=why, failures=failures)
        return min(float(2 ** min(failures, 10)), self.longest)

    @abstractmethod
    def refused(self, error: azure.SpeechError) -> float | None:
        """The service refused this request: in how many seconds the row is due again, None for never."""

    @property
    def late(self) -> bool:
        return time.monotonic() > self.until

    def pages(self, token: str) -> Iterator[LogPage]:
        """The service's list, from this position in it."""
        remote_id = self.endpoint.remote_id or ""
        return self.service.list_log_pages(remote_id, skip_token=token or None, sas_seconds=SAS_SECONDS)

    def fetch(self, missing: LogFileQuerySet, addresses: dict[str, str] | None = None) -> Fetched:
        return fetch_missing(missing, addresses or {}, self.service, until=self.until, go_on=self.go_on)

    def go_on(self) -> bool:
        return True


def addresses_of(files: Iterable[LogFile]) -> dict[str, str]:
    return {file.id: file.content_url for file in files if file.content_url}
