"""What the service's web hooks tell: each call is a hint to refresh, and nothing more.

What happened is read from the service itself. So a call that is repeated, late, out of order or lost changes nothing
but how soon we refresh.
"""

import json
import re
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from endpoints.access.signature import signed
from endpoints.models import Change, Endpoint, HookCall, Resource

COALESCE = timedelta(seconds=1)
_VALIDATION_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,200}")


class BadCall(Exception):
    """A call that the service did not make: wrong signature, or a body that is none of its own."""


def challenged(resource: Resource, token: str, signature: str | None) -> str:
    """The answer to the service's challenge: its own token. Raises BadCall for one that it did not make."""
    if not _VALIDATION_TOKEN.fullmatch(token):
        raise BadCall("The validation token is none.")
    # Whether a challenge is signed, and over what, the contract leaves open; a wrong signature is never right.
    if signature is not None and not (
        _signed(resource, token.encode(), signature) or _signed(resource, b"", signature)
    ):
        raise BadCall("The signature is wrong.")
    return token


def called(resource: Resource, body: bytes, signature: str | None) -> tuple[str, str] | None:
    """Take a call: what should be looked at, as ("change" or "resource", id), or None when nothing is new.

    Raises BadCall unless the signature over the raw body is right.
    """
    if not _signed(resource, body, signature):
        raise BadCall("The signature is wrong.")
    try:
        said = json.loads(body)
        invocation, entity = str(said["invocationId"]), str(said.get("self", ""))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadCall("The body is not one of the service's.") from None
    if not _first_time(f"{resource.pk}:{invocation}"[:100]):
        return None
    return _hint(resource, _id_in(entity))


def _hint(resource: Resource, remote_id: str | None) -> tuple[str, str] | None:
    """Make one look due, at most one a second for an endpoint."""
    rows = Endpoint.objects.filter(resource=resource, remote_id=remote_id)
    rested = Q(hinted_at=None) | Q(hinted_at__lte=Now() - COALESCE)
    if remote_id and rows.exists() and rows.filter(rested).update(hinted_at=Now()) != 1:
        return None
    change = Change.objects.open().filter(endpoint__in=rows).first() if remote_id else None
    if change:
        Change.objects.filter(pk=change.pk).update(next_look_at=Now())
        return "change", str(change.pk)
    Resource.objects.filter(pk=resource.pk).update(next_look_at=Now())
    return "resource", str(resource.pk)


def _first_time(invocation: str) -> bool:
    _row, new = HookCall.objects.get_or_create(invocation_id=invocation)
    return new


def _signed(resource: Resource, body: bytes, header: str | None) -> bool:
    return resource.hook_secret is not None and signed(resource.hook_secret.open(), body, header)


def _id_in(entity: str) -> str | None:
    """The id of an endpoint in its `self`; the address itself is never followed."""
    found = re.search(r"/endpoints/([0-9A-Fa-f-]{36})(?:[/?]|$)", entity)
    try:
        return str(UUID(found[1])) if found else None
    except ValueError:
        return None
