"""Web hooks: keep ours alive at the service, and take its calls as hints to look.

A call is only a hint: what happened is read from the service itself. So a call that is repeated, late, out of order
or lost changes nothing but how soon we look.
"""

from __future__ import annotations

import json
import re
import secrets
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Now

from endpoints import azure
from endpoints.models import Change, Endpoint, HookCall, Resource
from endpoints.models.secret import Secret

EVENTS = frozenset(
    {"endpointCreation", "endpointProcessing", "endpointCompletion", "endpointDeletion", "modelCompletion"}
)
NAME = "Speech Studio, self-hosted"
AT_WORK = "Succeeded"
COALESCE = timedelta(seconds=1)
_VALIDATION_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,200}")


class BadCall(Exception):
    """A call that the service did not make: wrong signature, or a body that is none of its own."""


def want(resource: Resource, *, wanted: bool) -> None:
    """Ask for a web hook, or for its end; a worker registers it. A new one gets a new address and secret."""
    if wanted and not resource.hook_wanted:
        resource.hook_token, resource.hook_secret = secrets.token_urlsafe(32), Secret.of(secrets.token_urlsafe(32))
    resource.hook_wanted = wanted
    resource.save(update_fields=["hook_wanted", "hook_token", "hook_secret"])


def keep(resource: Resource, service: azure.SpeechClient, address: str) -> None:
    """Make the service's hook what it should be: there, at `address`, at work; or gone when nobody wants it.

    A hook that the service has put to Failed after too many lost calls is set again, which starts it anew.
    """
    if not resource.hook_wanted:
        if resource.hook_id:
            service.delete_web_hook(resource.hook_id)
            _note(resource, "", "")
        return
    hook = _ours(resource, service, address)
    secret = resource.hook_secret.open() if resource.hook_secret else None
    if hook is None:
        hook = service.create_web_hook(
            azure.WebHookCreate(display_name=NAME, web_url=address, events=EVENTS, secret=secret)
        )
    elif hook.web_url != address or hook.status == "Failed":
        hook = service.update_web_hook(hook.id, azure.WebHookUpdate(web_url=address, events=EVENTS, secret=secret))
    _note(resource, hook.id, hook.status)


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


def _ours(resource: Resource, service: azure.SpeechClient, address: str) -> azure.WebHook | None:
    """The hook by its id, or by its address when the answer that named the id was lost."""
    if resource.hook_id:
        try:
            return service.get_web_hook(resource.hook_id)
        except azure.NotFound:
            return None
    return next((hook for hook in service.list_web_hooks() if hook.web_url == address), None)


def _note(resource: Resource, hook_id: str, status: str) -> None:
    resource.hook_id, resource.hook_status = hook_id, status
    Resource.objects.filter(pk=resource.pk).update(hook_id=hook_id, hook_status=status)


def _first_time(invocation: str) -> bool:
    _row, new = HookCall.objects.get_or_create(invocation_id=invocation)
    return new


def _signed(resource: Resource, body: bytes, header: str | None) -> bool:
    return resource.hook_secret is not None and azure.signed(resource.hook_secret.open(), body, header)


def _id_in(entity: str) -> str | None:
    """The id of an endpoint in its `self`; the address itself is never followed."""
    found = re.search(r"/endpoints/([0-9A-Fa-f-]{36})(?:[/?]|$)", entity)
    try:
        return str(UUID(found[1])) if found else None
    except ValueError:
        return None
