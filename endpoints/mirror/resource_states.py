"""Pausing and resuming a Speech resource, each stored with its Event in one transaction."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now

from endpoints import audit
from endpoints.models import Resource, Restoration
from endpoints.models.event import Verb
from endpoints.models.restoration import COMMAND


@transaction.atomic
def pause_resource(resource: Resource, *, actor: User | None, reason: str = "", command: str = "") -> bool:
    """Let no request go to the resource from now on; returns False when somebody has paused it already.

    `command`: the one that does it when no person does.

    What a worker does at this moment ends with its step: within seconds, for content logs within half a minute.
    """
    facts = {"paused_at": Now(), "paused_by": actor.get_username() if actor else command, "pause_reason": reason}
    if not Resource.objects.active().filter(pk=resource.pk).update(**facts):
        return False
    audit.record(Verb.RESOURCE_PAUSED, actor=actor, resource=resource, detail=reason)
    return True


@transaction.atomic
def resume_resource(resource: Resource, *, actor: User | None) -> bool:
    """Let requests go to the resource again, and refresh it at once; returns False when it was not paused.

    What has waited is due already, so the next sweep announces it. An outage from before says nothing any more.
    """
    facts = {"paused_at": None, "paused_by": "", "pause_reason": "", "tried_at": None, "due_at": Now()}
    facts |= {"failing_since": None, "failure": ""}
    if not Resource.objects.present().filter(pk=resource.pk, paused_at__isnull=False).update(**facts):
        return False
    audit.record(Verb.RESOURCE_RESUMED, actor=actor, resource=resource)
    if not Resource.objects.present().filter(paused_at__isnull=False, paused_by=COMMAND).exists():
        Restoration.objects.end()
    return True
