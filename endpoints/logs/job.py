"""What the workers' jobs on content logs share: stages, their time, the service's list, and what follows an error."""

from __future__ import annotations

import errno
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import azure
from endpoints.changes.work import Blocked, attempt
from endpoints.logs.fetch.run import Fetched, fetch_missing
from endpoints.logs.fetch.source import SAS_SECONDS, LogSource
from endpoints.models import Download, Endpoint, LogArchive, Purge

if TYPE_CHECKING:
    from endpoints.azure.entities import LogFile
    from endpoints.models.log import LogFileQuerySet

Row = TypeVar("Row", Download, LogArchive, Purge)

log = logging.getLogger(__name__)

WORK_SECONDS = 25  # in one task; the next one continues
PAGES = 8  # of the list, that are read together
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
NO_ACCESS = (errno.EACCES, errno.EPERM, errno.EROFS)
RECOVERED: Mapping[str, Any] = {"error": "", "failures": 0}


class StorageRefused(Blocked):
    """Our own storage refused; the message is for people, and the storage's own words are logged."""

    def __init__(self, error: OSError) -> None:
        log.warning("The storage for content logs: %s: %s", type(error).__name__, error)
        if error.errno in NO_ROOM:
            why = _(
                "The disk for content logs is full. Files that were already saved are kept. Free up space on the disk."
            )
        elif error.errno in NO_ACCESS:
            why = _(
                "Access to the storage for content logs was denied. Files that were already saved are kept. "
                "Check its permissions."
            )
        elif error.errno == errno.ENODEV:
            why = _(
                "The bucket or container for content logs wasn't found. Files that were already saved are kept. "
                "Check LOG_STORAGE_OPTIONS."
            )
        else:
            why = _(
                "The storage for content logs is unavailable. Files that were already saved are kept. "
                "Check the storage and its settings."
            )
        super().__init__(why)


class Job(ABC, Generic[Row]):
    """The work on `row`, on which the caller holds the lease. It is its own ErrorPolicy.

    `stages`: what is done in each state of the row. Each sets the state that follows, and returns in how many seconds
    the row is due again: 0 for at once, None for never. `longest`: the most seconds until the next attempt after an
    error.
    """

    stages: ClassVar[Mapping[str, Callable[[Any], float | None]]]
    longest: ClassVar[float]

    def __init__(self, row: Row, endpoint: Endpoint, service: LogSource) -> None:
        self.row: Row = row
        self.endpoint, self.service = endpoint, service
        self.until = time.monotonic() + WORK_SECONDS

    def run(self) -> float | None:
        """Do one stage after the other for about WORK_SECONDS. Returns in how many seconds the row is due again."""
        return attempt(self.endpoint.resource, self._run, self)

    def _run(self) -> float | None:
        try:
            while (due := self.stages[self.state](self)) == 0 and not self.late:
                pass
        except OSError as error:
            raise StorageRefused(error) from error
        return due

    @property
    def state(self) -> str:
        row: Any = self.row
        return str(row.state)

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

    def listed(self, position: str) -> Iterator[tuple[list[LogFile], str]]:
        """The service's list from `position` on: the files of some pages, and the position behind them, "" at the end.

        The next pages are read while the caller works on these.
        """
        remote_id = self.endpoint.remote_id or ""
        pages = self.service.list_log_pages(remote_id, skip_token=position or None, sas_seconds=SAS_SECONDS)
        with ThreadPoolExecutor(1, thread_name_prefix="list") as pool:
            coming = pool.submit(lambda: list(islice(pages, PAGES)))
            while some := coming.result():
                coming = pool.submit(lambda: list(islice(pages, PAGES)))
                if items := [item for page in some for item in page.unreadable]:
                    self.found_unreadable(items[0].reason)
                yield [file for page in some for file in page.files], some[-1].next_token or ""

    def found_unreadable(self, why: str) -> None:
        """An item of the list cannot be read: any of the files that we know may be the one, and none is gone.

        `why`: a reason of models.unreadable.
        """
        self.endpoint.log_files.in_azure().update(seen_at=timezone.now())

    def fetch(self, missing: LogFileQuerySet, addresses: Mapping[str, str] | None = None) -> Fetched:
        return fetch_missing(self.endpoint, missing, addresses or {}, self.service, until=self.until, go_on=self.go_on)

    def fetch_listed(self, files: Sequence[LogFile], following: str, wanted: LogFileQuerySet) -> bool:
        """Fetch those of `files` that are `wanted`, by the addresses that the list gives, and save the position.

        False when the time is over, or the work was ended. What another worker is fetching is left to it, and what
        could not be fetched to the next pass.
        """
        missing = wanted.filter(remote_id__in=[file.id for file in files])
        self.fetch(missing, addresses_of(files))
        late = self.late
        if late and missing.unleased().exists():
            return False
        return self.save(position=following) and not (late and following)

    def go_on(self) -> bool:
        return True


def addresses_of(files: Sequence[LogFile]) -> dict[str, str]:
    return {file.id: file.content_url for file in files if file.content_url}
