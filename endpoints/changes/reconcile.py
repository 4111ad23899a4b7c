"""Brings the actual state of an endpoint to the state that an open change requests, one step at a time.

A step may run twice, late, or die anywhere. What makes that safe: SENDING is committed before the first byte leaves;
a request whose answer was lost is searched for on the service before it is sent again; and every write afterwards
happens only if the change is still as it was read.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from endpoints import audit, azure
from endpoints.changes import restored, sending
from endpoints.changes.backoff import SLOWLY, Patient, pause, pause_of_deployment
from endpoints.changes.failpoints import failpoint
from endpoints.changes.marks import made_by, marked, may_be_made
from endpoints.changes.replaced import being_sent, sent_before, shown
from endpoints.changes.sending import remote_id, shows
from endpoints.changes.verdict import verdict
from endpoints.changes.work import Blocked, attempt
from endpoints.mirror.endpoints import absent_for_long, mark_gone, store_endpoint
from endpoints.mirror.open_changes import needs_decision, took_effect
from endpoints.models import Change, Endpoint, Status
from endpoints.models.change import LONGEST
from endpoints.models.claim import database_now
from endpoints.models.event import Verb
from endpoints.models.status import ChangeKind, ChangeState

SETTLE = timedelta(minutes=10)  # how late the service may still carry out a POST whose answer was lost
ATTEMPTS = 3  # of those whose answer was lost


def step(change: Change, service: azure.SpeechClient) -> float | None:
    """Take `change`, on which the caller holds the lease, one step further.

    Returns in how many seconds it is due again, or None when it needs no further step.
    """
    stages: dict[str, Callable[[Change, azure.SpeechClient], float | None]] = {
        ChangeState.QUEUED: _send,
        ChangeState.SENDING: _recover,
        ChangeState.UNKNOWN: _settle,
        ChangeState.DEPLOYING: _look,
    }
    stage = stages.get(change.state)
    if change.endpoint is None:
        withdraw(change)
        return None
    if stage is None:
        return None
    if change.kind not in ChangeKind.values:
        return SLOWLY  # newer code asked for it, and newer code knows how
    return attempt(Endpoint.of(change).resource, lambda: stage(change, service), Patient(change))


def withdraw(change: Change) -> None:
    """Close an open change whose endpoint was removed together with its resource."""
    _close(change, ChangeState.CANCELED, _("The Speech resource was removed."))


def _send(change: Change, service: azure.SpeechClient) -> float | None:
    if "model" in change.desired and change.model is None:
        return _close(change, ChangeState.REFUSED, _("The model was deleted in Azure."))
    if change.kind in (ChangeKind.CHANGE_MODEL, ChangeKind.EDIT):
        due = _look_first(change, service)
        if due is not None or change.state != ChangeState.QUEUED:
            return due
    if change.kind == ChangeKind.CREATE and (made := made_by(change, service)):
        # A worker died before it could write the answer down, or the database was set back.
        return _accepted(change, made)
    failpoint("before-sending")
    if not Change.objects.move(
        change, ChangeState.SENDING, attempt=change.attempt + 1, sent_at=Now(), empty_listings=0, error=""
    ):
        return None
    # What was requested from the service before says nothing any more.
    Endpoint.objects.filter(pk=Endpoint.of(change).pk).update(confirmed_at=Now())
    failpoint("after-sending")
    try:
        remote = sending.send(change, service)
    except (azure.NotSent, azure.TooManyRequests, azure.Unauthorized, azure.VersionRetired) as error:
        # Nothing was executed: the change waits for the network, for quota, or for a key that is accepted.
        Change.objects.move(change, ChangeState.QUEUED, error=str(error))
        raise
    except (azure.Refused, azure.NotSupported, azure.ForeignAddress) as refusal:
        if isinstance(refusal, azure.NotFound) and change.kind != ChangeKind.CREATE:
            return _not_found(change, service, refusal)
        return _close(change, ChangeState.REFUSED, str(refusal))
    except azure.SpeechError as error:
        Change.objects.move(change, ChangeState.UNKNOWN, lost_answers=change.lost_answers + 1, error=str(error))
        raise
    return _deleted(change) if remote is None else _accepted(change, remote)


def _not_found(change: Change, service: azure.SpeechClient, refusal: azure.NotFound) -> float | None:
    """The answer to a PATCH or DELETE was 404. Nothing was executed, so it can be sent again."""
    try:
        remote = _remote(change, service)
    except (azure.SpeechError, Blocked):
        Change.objects.move(change, ChangeState.QUEUED, error=str(refusal))
        raise
    if remote is None:
        return _deleted(change) if change.kind == ChangeKind.DELETE else _gone(change)
    if refusal.says_gone:
        return _close(change, ChangeState.REFUSED, str(refusal))
    Change.objects.move(change, ChangeState.QUEUED, error=str(refusal))
    raise refusal


def _recover(change: Change, service: azure.SpeechClient) -> float | None:
    """The worker died while it was sending, so nobody knows whether the request arrived."""
    words = _("The worker stopped while it was sending the request.")
    if Change.objects.move(change, ChangeState.UNKNOWN, lost_answers=change.lost_answers + 1, error=words):
        return _settle(change, service)
    return None


def _settle(change: Change, service: azure.SpeechClient) -> float | None:
    if change.kind != ChangeKind.CREATE:
        return _settle_known(change, service)
    listing = service.list_endpoints()
    if made := marked(change, listing):
        return _accepted(change, made)
    unreadable = any(may_be_made(change, item) for item in listing.unreadable)
    Change.objects.move(change, ChangeState.UNKNOWN, empty_listings=change.empty_listings + (not unreadable))
    # By the database's clock: those of the workers may be wrong.
    settling = Change.objects.filter(pk=change.pk, sent_at__gt=Now() - SETTLE).exists()
    if unreadable and not settling:
        needs_decision(change, _("Azure lists an endpoint that can't be read. It might be this one."))
        return None
    if settling or change.empty_listings < 2:
        return pause(change)
    return _again_or_ask(change)


def _settle_known(change: Change, service: azure.SpeechClient) -> float | None:
    """Compare the endpoint with the requested state. Values are set, not added, so sending them again is safe."""
    remote = _remote(change, service)
    if remote is None:
        return _deleted(change) if change.kind == ChangeKind.DELETE else _gone(change)
    if change.desired and shows(remote, change.desired):
        return _accepted(change, remote)
    if restored.still_deploying(change, remote):
        return pause(change, remote.retry_after)
    return _again_or_ask(change)


def _again_or_ask(change: Change) -> float | None:
    if restored.may_be_sent_again(change, most=ATTEMPTS):
        Change.objects.move(change, ChangeState.QUEUED)
        return 0
    needs_decision(change, restored.question(change))
    return None


def _remote(change: Change, service: azure.SpeechClient) -> azure.Endpoint | None:
    """The change's endpoint as the service shows it; None when the service no longer has it."""
    endpoint = Endpoint.of(change)
    try:
        return service.get_endpoint(remote_id(endpoint))
    except (azure.NotFound, azure.Unreadable) as error:
        # Any other 404 may come from a wrong address, a retired version or a gateway.
        says_gone = isinstance(error, azure.NotFound) and error.says_gone
        if error.status == 404 and (says_gone or absent_for_long(endpoint)):
            return None
        if isinstance(error, azure.Unreadable) and error.status == 200:
            raise Blocked(str(error)) from None  # it concerns this endpoint; refreshes tell whether the service answers
        raise


def _gone(change: Change) -> float | None:
    """The endpoint is not created again automatically: a person decides whether to deploy again or give up."""
    mark_gone(Endpoint.of(change))
    needs_decision(change, _("The endpoint was deleted in Azure."))
    return None


def _look_first(change: Change, service: azure.SpeechClient) -> float | None:
    """Read the endpoint before sending: the change may be refused, already true, or have to wait."""
    replaced = sent_before(change)
    if being_sent(replaced):
        return 1
    began = database_now()
    remote = _remote(change, service)
    if remote is None:
        return _gone(change)
    store_endpoint(Endpoint.of(change).resource, remote, began=began)
    if shows(remote, change.desired) and not replaced:
        return _accepted(change, remote)
    if remote.status in (Status.NOT_STARTED, Status.RUNNING):
        return _wait_for_deployment(change, remote)
    expected = shows(remote, {name: change.before.get(name) for name in change.desired})
    if not (expected or shown(remote, replaced) or shows(remote, change.desired)):
        return _close(
            change,
            ChangeState.REFUSED,
            _("The endpoint was changed outside this app in the meantime. Nothing was overwritten."),
        )
    if change.before.get("status") != remote.status:  # an answer may show it again
        Change.objects.move(change, ChangeState.QUEUED, before=change.before | {"status": remote.status})
    return None


def _wait_for_deployment(change: Change, remote: azure.Endpoint) -> float | None:
    """The service takes no change of an endpoint while it deploys, which takes half an hour at most."""
    due = Q(scheduled_for=None) | Q(scheduled_for__lt=Now() - LONGEST)
    if Change.objects.filter(due, pk=change.pk, requested_at__lt=Now() - LONGEST).exists():
        needs_decision(change, _("Another deployment of the endpoint didn't finish within two hours."))
        return None
    words = _("The request will be sent when the current deployment finishes.")
    if change.error != words:
        Change.objects.move(change, ChangeState.QUEUED, error=words)
    return pause(change, remote.retry_after)


def _deleted(change: Change) -> float | None:
    mark_gone(Endpoint.of(change), requested_here=True)
    return _close(change, ChangeState.DONE, "")


def _accepted(change: Change, remote: azure.Endpoint) -> float | None:
    """Record that the service has accepted the request; the next poll shows whether it has taken effect."""
    with transaction.atomic():
        Endpoint.of(change).refresh_from_db(fields=["remote_id", "status"])
        if Endpoint.of(change).remote_id is None:
            Endpoint.objects.filter(pk=Endpoint.of(change).pk, remote_id=None).update(remote_id=remote.id)
        fresh: dict[str, Any] = {"error": "", "polls": 0, "progress_at": None, "unchanged_at": None}
        if not Change.objects.move(change, ChangeState.DEPLOYING, accepted_at=Now(), **fresh):
            return None
        store_endpoint(Endpoint.of(change).resource, remote)
    failpoint("after-acceptance")
    return _verify(change, remote)


def _look(change: Change, service: azure.SpeechClient) -> float | None:
    began = database_now()
    remote = _remote(change, service)
    if remote is None:
        return _gone(change)
    failpoint("before-mirror")
    store_endpoint(Endpoint.of(change).resource, remote, began=began)
    failpoint("after-mirror")
    if change.error:
        Change.objects.move(change, ChangeState.DEPLOYING, error="")
    return _verify(change, remote)


def _verify(change: Change, remote: azure.Endpoint) -> float | None:
    """A change is done when the service shows the requested state, not when it accepted the request."""
    state, why = verdict(change, remote)
    if state == ChangeState.DEPLOYING:
        return pause_of_deployment(change, remote.retry_after)
    if state == ChangeState.UNDECIDED:
        needs_decision(change, why)
        return None
    return _close(change, state, why)


def _close(change: Change, state: ChangeState, why: str) -> float | None:
    """Close the change; it is not polled again."""
    effects: dict[str, Verb] = {ChangeKind.EDIT: Verb.EDITED, ChangeKind.DELETE: Verb.DELETED}
    verbs = {
        ChangeState.DONE: effects.get(change.kind, Verb.DEPLOYED),
        ChangeState.REFUSED: Verb.REFUSED,
        ChangeState.FAILED: Verb.EDIT_FAILED if change.kind == ChangeKind.EDIT else Verb.FAILED,
        ChangeState.CANCELED: Verb.CANCELED,
    }
    failpoint("before-close")
    with transaction.atomic():
        done = state == ChangeState.DONE
        if not (took_effect(change) if done else Change.objects.move(change, state, error=why)):
            return None
        if state == ChangeState.REFUSED and change.kind == ChangeKind.CREATE:
            # The service never had it, so the mirror never writes this row.
            Endpoint.objects.filter(pk=Endpoint.of(change).pk, remote_id=None).update(
                status=Status.FAILED, error=why, updated_at=timezone.now()
            )
        audit.record(verbs[state], endpoint=change.endpoint, change=change, detail=why, model=change.model_name)
    failpoint("after-close")
    return None
