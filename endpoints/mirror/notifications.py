"""Calls of the service's web hooks: each is only a hint to refresh sooner.

What happened is read from the service itself, so that repeated, late, reordered and lost calls do no harm.
"""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now

from endpoints.access.signature import signed
from endpoints.models import Change, Endpoint, HookCall, Resource

COALESCE = timedelta(seconds=1)
LONGEST_TOKEN = 1_000  # characters


class BadCall(Exception):
    """The signature is wrong, or the body is not one that the service sends."""


def answer_challenge(resource: Resource, token: str, signature: str | None) -> str:
    """The response to a challenge, which is its token (WebHooks_Create). Raises BadCall for an invalid challenge."""
    if not token or len(token) > LONGEST_TOKEN or not token.isprintable():
        raise BadCall("The validation token is none.")
    # The contract does not say whether a challenge is signed, and over what; a wrong signature is refused.
    if signature is not None and not (
        _signed(resource, token.encode(), signature) or _signed(resource, b"", signature)
    ):
        raise BadCall("The signature is wrong.")
    return token


def receive(resource: Resource, body: bytes, signature: str | None) -> tuple[str, str] | None:
    """Make a row due for a call; returns ("change" or "resource", id), or None for a repeated call or a ping.

    A ping has the web hook as its body, and no invocationId (WebHooks_Ping).

    Raises BadCall unless the signature of the raw body is right.
    """
    if not _signed(resource, body, signature):
        raise BadCall("The signature is wrong.")
    try:
        call = json.loads(body)
        invocation, entity = call.get("invocationId"), str(call.get("self", ""))
    except (ValueError, AttributeError, RecursionError):
        raise BadCall("The body is not one of the service's.") from None
    if invocation is None:
        if not entity:
            raise BadCall("The body is not one of the service's.")
        endpoint = _id_in(entity)
        _heard(resource, entity, event=endpoint is not None)
        return _make_due(resource, endpoint) if endpoint else None
    if not str(invocation).isprintable():  # the database cannot store a NUL or half of a surrogate pair
        raise BadCall("The body is not one of the service's.")
    if not _first_time(f"{resource.pk}:{invocation}"[:100]):
        return None
    _heard(resource, entity, event=True)
    return _make_due(resource, _id_in(entity))


def _heard(resource: Resource, entity: str, *, event: bool) -> None:
    """A signed call has arrived. Only an event shows that events arrive: a ping may do so while they are lost."""
    facts: dict[str, Any] = {"hook_heard_at": Now()}
    if event:
        facts["hook_missed_at"] = None
    if event and "/models/" in entity:
        facts["cataloged_at"] = F("cataloged_at") - timedelta(days=1)  # so old that the next refresh lists models
    Resource.objects.filter(pk=resource.pk).update(**facts)


def _make_due(resource: Resource, remote_id: str | None) -> tuple[str, str] | None:
    """Make the open change of an endpoint due, or else the resource; at most once a second for each endpoint."""
    rows = Endpoint.objects.filter(resource=resource, remote_id__iexact=remote_id)
    not_recent = Q(hinted_at=None) | Q(hinted_at__lte=Now() - COALESCE)
    if remote_id and rows.exists() and rows.filter(not_recent).update(hinted_at=Now()) != 1:
        return None
    change = Change.objects.open().filter(endpoint__in=rows).first() if remote_id else None
    if change:
        Change.objects.filter(pk=change.pk).update(due_at=Now())
        return "change", str(change.pk)
    Resource.objects.filter(pk=resource.pk).update(due_at=Now())
    return "resource", str(resource.pk)


def _first_time(invocation: str) -> bool:
    _row, new = HookCall.objects.get_or_create(invocation_id=invocation)
    return new


def _signed(resource: Resource, body: bytes, header: str | None) -> bool:
    return resource.hook_secret is not None and signed(resource.hook_secret.open(), body, header)


def _id_in(entity: str) -> str | None:
    """The id of an endpoint in its `self` URL, which is never requested."""
    found = re.search(r"/endpoints/([0-9A-Fa-f-]{36})(?:[/?]|$)", entity)
    try:
        return str(UUID(found[1])) if found else None
    except ValueError:
        return None
