"""Asks the service which API versions it answers in: chooses one for a resource without, and finds better ones."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from endpoints import audit, azure
from endpoints.mirror import columns
from endpoints.models import Resource
from endpoints.models.event import Verb


def choose(resource: Resource, service: azure.SpeechClient) -> bool:
    """Choose the API version of a resource that has none yet; returns whether it differs from that of `service`.

    Raises azure.SpeechError when the service cannot be asked now. Nothing is chosen when no version answers.
    """
    version = service.first_answering()
    return version is not None and _record_choice(resource, version)


def ask_again(resource: Resource, service: azure.SpeechClient) -> None:
    """Record which version would be chosen today. Without a clear answer, it is asked again a day later.

    Raises azure.TooManyRequests, which concerns all requests of the resource.
    """
    try:
        version = service.first_answering()
    except azure.TooManyRequests:
        raise
    except azure.SpeechError:
        version = None
    offer(resource, version or resource.offered_version)


def offer(resource: Resource, version: str) -> None:
    """Record the version that would be chosen by what the service has answered now.

    Not if a person has changed the address or the version meanwhile: the answer is not about what is stored now.
    """
    facts = {"offered_version": version, "version_asked_at": timezone.now()}
    if Resource.objects.same_service(resource).update(**facts):
        columns.set_values(resource, facts)


@transaction.atomic
def _record_choice(resource: Resource, version: str) -> bool:
    old = resource.api_version
    facts = {"api_version": version, "offered_version": version, "version_asked_at": timezone.now()}
    if old != version:
        # Models, and the web hook that has proven itself, are those of the old version.
        facts |= {"cataloged_at": None, "hook_heard_at": None, "hook_checked_at": None}
    if not Resource.objects.same_service(resource).update(**facts):
        return True  # a person has changed the address or the version meanwhile: read it again
    columns.set_values(resource, facts)
    if old != version:
        fields = [audit.field_change("api_version", old, version)]
        audit.record(Verb.RESOURCE_CHANGED, resource=resource, fields=fields)
    return old != version
