"""The two keys of a Speech resource: one is in use, the other takes over while the first is regenerated in Azure."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from endpoints import audit
from endpoints.models import Resource
from endpoints.models.event import Verb
from endpoints.models.secret import Secret, refuse_while_locked


@transaction.atomic
def store_second_key(resource: Resource, key: Secret, *, actor: User) -> None:
    """Hold `key` as the one that is not in use. Raises SecretsLocked."""
    refuse_while_locked()
    old = Resource.objects.select_for_update().get(pk=resource.pk).second_key
    Resource.objects.filter(pk=resource.pk).update(second_key=key)
    audit.record(
        Verb.RESOURCE_CHANGED, actor=actor, resource=resource, fields=[audit.field_change("second_key", old, key)]
    )


@transaction.atomic
def switch_keys(resource: Resource, *, actor: User) -> bool:
    """Use the second key from now on, and hold the other one as the second; False when there is no second key.

    Both work until one is regenerated, so that requests in flight go on. Raises SecretsLocked.
    """
    refuse_while_locked()
    locked = Resource.objects.select_for_update().get(pk=resource.pk)
    if locked.second_key is None:
        return False
    old, new = locked.key, locked.second_key
    Resource.objects.filter(pk=resource.pk).update(
        key=new,
        second_key=old,
        switched_at=timezone.now(),
        edited=sorted({*locked.edited, "key"}),  # the environment does not set it any more
        due_at=timezone.now(),
        tried_at=None,
    )
    fields = [audit.field_change("key", old, new), audit.field_change("second_key", new, old)]
    audit.record(Verb.RESOURCE_CHANGED, actor=actor, resource=resource, fields=fields)
    return True
