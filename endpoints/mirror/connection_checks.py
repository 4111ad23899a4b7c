"""What people request of connections: to test that of a resource, and to keep, use or discard a draft of one."""

import hashlib
from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from endpoints.mirror.resources import CONNECTION, FIELDS, VERSION, save_resource
from endpoints.mirror.second_keys import store_second_key
from endpoints.models import ConnectionCheck, Resource
from endpoints.models.secret import Secret

STARTED_ANEW: dict[str, Any] = {"steps": [], "started_at": None, "finished_at": None}


class CannotUse(Exception):
    """The draft cannot become a resource, or its new version; the message is one of REASONS."""


class Changed(CannotUse):
    """Somebody has changed or removed the resource since the draft was made."""


class NameTaken(CannotUse):
    """Another resource has the draft's name by now."""


def request_check(resource: Resource, *, actor: User) -> ConnectionCheck:
    """Request that a worker tests the connection of a resource; a test that is running goes on."""
    with transaction.atomic():
        Resource.objects.select_for_update().get(pk=resource.pk)
        checks = ConnectionCheck.objects.filter(resource=resource, draft=False)
        check = checks.first() or ConnectionCheck(resource=resource)
        if check._state.adding or not check.running:
            _start(check, actor)
    return check


def needs_test(wanted: Resource, *, of: Resource | None) -> bool:
    """Whether what a person wants of a resource is tested first: another connection is, as long as nobody pauses it."""
    if of is None:
        return True
    before = Resource.objects.get(pk=of.pk)
    tested = (*CONNECTION, *VERSION, "log_container")
    return not before.paused and any(getattr(before, name) != getattr(wanted, name) for name in tested)


def store_draft(draft: ConnectionCheck, wanted: Resource, *, of: Resource | None, actor: User) -> ConnectionCheck:
    """Store what `wanted` says as a draft that a worker tests at once; `of` is the resource that it would change."""
    for name in FIELDS:
        setattr(draft, name, getattr(wanted, name))
    if draft._state.adding:
        draft.draft, draft.resource = True, of
        draft.replaces = digest(Resource.objects.get(pk=of.pk)) if of else ""
    _start(draft, actor)
    return draft


def test_again(draft: ConnectionCheck, *, actor: User) -> None:
    """Have a draft tested once more."""
    _start(draft, actor)


def discard_draft(draft: ConnectionCheck) -> None:
    ConnectionCheck.objects.drafts().filter(pk=draft.pk).delete()


@transaction.atomic
def use_draft(draft: ConnectionCheck, *, actor: User) -> Resource:
    """Make the draft a resource, or change the resource that it is of. Raises CannotUse, and then changes nothing.

    What the check found stays as the latest test of the resource.
    """
    if draft.of_second_key:
        return _use_second_key(draft, actor)
    resource = Resource()
    if draft.resource_id:
        found = Resource.objects.select_for_update().filter(pk=draft.resource_id).first()
        if found is None or digest(found) != draft.replaces:
            raise Changed
        resource = found
    for name in FIELDS:
        setattr(resource, name, getattr(draft, name))
    try:
        with transaction.atomic():
            save_resource(resource, actor=actor)
    except IntegrityError:
        raise NameTaken from None
    ConnectionCheck.objects.filter(resource=resource, draft=False).delete()
    facts = {"draft": False, "resource": resource, "key": None, "log_container": None, "replaces": ""}
    ConnectionCheck.objects.filter(pk=draft.pk).update(**facts)
    return resource


def _use_second_key(draft: ConnectionCheck, actor: User) -> Resource:
    resource = Resource.objects.select_for_update().filter(pk=str(draft.resource_id)).first()
    if resource is None or draft.key is None or digest(resource) != draft.replaces:
        raise Changed
    store_second_key(resource, draft.key, actor=actor)
    discard_draft(draft)
    return resource


def digest(resource: Resource) -> str:
    """Changes with each value that a form sets; secrets are taken in as they are encrypted."""
    values = [getattr(resource, name) for name in FIELDS]
    text = repr([value.sealed if isinstance(value, Secret) else value for value in values])
    return hashlib.sha256(text.encode()).hexdigest()


def _start(check: ConnectionCheck, actor: User) -> None:
    """Store a check that is due at once; a worker that still works on it notices that its lease has ended."""
    for name, value in STARTED_ANEW.items():
        setattr(check, name, value)
    check.actor, check.actor_name = actor, actor.get_username()
    check.leased_until, check.lease, check.due_at = None, None, Now()
    check.save()
