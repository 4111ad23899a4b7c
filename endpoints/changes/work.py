"""How every worker works: claim a row, hold its lease, class what fails, release the row.

What fails is one of four. The service did not answer, or refused our key: the resource shows it, and the work is put
off. It answered 429: the work is put off as long as Retry-After requires. It refused this one request: the kind of
work decides whether that is final. Something on our own side refused, such as a full disk: the work is put off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event, Thread
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import DatabaseError, connection

from endpoints import azure
from endpoints.changes.backoff import before_calling, pause_of_failing, resource_of
from endpoints.changes.failpoints import failpoint
from endpoints.changes.turns import after_slice
from endpoints.models import Resource, service_errors
from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.secret import CannotDecrypt

LEASE_SECONDS = 20
AFTER_CRASH = 60.0  # seconds until a row whose work failed in a way that nobody foresaw is due again
SHORTEST, LONGEST = 1.0, 900.0  # seconds of a Retry-After that are followed
WITHOUT_RETRY_AFTER = 5.0  # seconds after a 429 that does not say

Row = TypeVar("Row", bound=Claimable)


class Blocked(Exception):
    """The work cannot go on, and the resource is not at fault; the message is for people.

    Something on our side refuses, such as a full disk, or the one entity that it needs cannot be read.
    """


class ErrorPolicy(Protocol):
    """What a kind of work does with an error: in how many seconds its row is due again, or None for never."""

    def put_off(self, why: str, retry_after: float | None) -> float | None:
        """It is tried again: after `retry_after` seconds if the service said so, otherwise later each time."""

    def refused(self, error: azure.SpeechError) -> float | None:
        """The service refused this request, and answers others."""


def take(
    rows: ClaimQuerySet[Row],
    pk: str,
    connect: Callable[[Row], AbstractContextManager[Any]],
    do: Callable[[Row, Any], float | None],
    *,
    longest: float,
) -> float | None:
    """Claim the row `pk` of `rows` if it is due, `do` its work with the client that `connect` opens, and release it.

    Returns in how many seconds it is due again; None when it is not, or when another worker has it. A resource that
    cannot be connected to is tried again after `longest` seconds at most.
    """
    failpoint("before-claim")
    row = rows.claim(pk, seconds=LEASE_SECONDS)
    if row is None or row.lease is None:
        return None
    failpoint("after-claim")
    due: float | None = AFTER_CRASH
    try:
        with held(row, row.lease):
            due = _work(row, connect, do, longest)
    except SystemExit:
        due = 0  # this worker is being ended in the middle: the next one goes on
        raise
    finally:
        _all(row).release(row.lease, seconds=due)
        failpoint("after-release")
    return due


def _work(
    row: Row,
    connect: Callable[[Row], AbstractContextManager[Any]],
    do: Callable[[Row, Any], float | None],
    longest: float,
) -> float | None:
    if wait := before_calling(row, longest):
        return wait
    try:
        with connect(row) as client:
            return after_slice(row, do(row, client))
    except azure.TooManyRequests as error:
        return told_to_wait(resource_of(row), error)
    except (azure.SpeechError, CannotDecrypt, ValueError) as error:
        resource = resource_of(row)
        resource.record_failure(service_errors.text_of(error) if isinstance(error, ValueError) else str(error))
        return pause_of_failing(resource, longest)


def told_to_wait(resource: Resource, error: azure.TooManyRequests) -> float:
    """Note how long the service told us to wait, for all work of the resource; returns it in seconds."""
    asked = WITHOUT_RETRY_AFTER if error.retry_after is None else error.retry_after
    seconds = min(max(asked, SHORTEST), LONGEST)
    resource.pause(seconds)
    return seconds


def attempt(resource: Resource, stage: Callable[[], float | None], policy: ErrorPolicy) -> float | None:
    """Do one stage of some work with the service of `resource`, and class what fails."""
    try:
        due = stage()
    except azure.TooManyRequests as error:
        return policy.put_off(str(error), told_to_wait(resource, error))
    except azure.SpeechError as error:
        if is_refusal(error):
            resource.record_success()
            return policy.refused(error)
        resource.record_failure(str(error))
        return policy.put_off(str(error), None)
    except Blocked as error:
        return policy.put_off(str(error), None)
    resource.record_success()
    return due


def is_refusal(error: azure.SpeechError) -> bool:
    """Whether the service answered and refused this one request; a wrong key or version concerns all of them."""
    return isinstance(error, azure.Refused | azure.NotSupported) and not isinstance(error, azure.Unauthorized)


def _all(row: Claimable) -> Any:
    """All rows of its kind, in whatever state they are."""
    return type(row)._default_manager


@contextmanager
def held(row: Claimable, lease: UUID) -> Iterator[None]:
    """Prolong our lease while we work, so that it can be short: a killed worker's work goes on when it ends."""
    over = Event()

    def prolong() -> None:
        while not over.wait(LEASE_SECONDS / 3):
            with suppress(DatabaseError):  # away or locked for a moment; the lease holds until the next time
                _all(row).extend_lease(lease, seconds=LEASE_SECONDS)
        connection.close()

    thread = Thread(target=prolong, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
