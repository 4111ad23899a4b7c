"""Changes of Speech resources by people, each stored with its Event in one transaction."""

import secrets

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from endpoints import audit
from endpoints.mirror.removals import remove_resource
from endpoints.models import Endpoint, Resource
from endpoints.models.connection import Auth
from endpoints.models.event import Verb
from endpoints.models.secret import Secret, refuse_while_locked

CONNECTION = ("region", "url", "auth", "tenant_id", "client_id", "key")  # they belong together
VERSION = ("api_version", "automatic_version")
SECRETS = ("key", "second_key", "log_container")
FIELDS = ("name", "free_tier", "log_container", *CONNECTION, *VERSION)


@transaction.atomic
def save_resource(resource: Resource, *, actor: User | None) -> Resource:
    """Store a new or changed resource, and make it due at once.

    The Event has the old and the new value of each field that differs; for secrets only "replaced" or "removed".
    ValueError: the address or the way of signing in differs, but the secret is still the stored one, which was given
    for the old address. SecretsLocked: a secret would be replaced or removed while its key is missing.
    """
    before = Resource.objects.select_for_update().filter(pk=resource.pk).first()
    if before and any(getattr(before, name) != getattr(resource, name) for name in SECRETS):
        refuse_while_locked()
    if before and before.automatic_version and resource.automatic_version:
        resource.api_version = before.api_version  # a worker may have chosen it meanwhile
    if before and before.sign_in != resource.sign_in and resource.key is not None and resource.key == before.key:
        raise ValueError("Another address or way of signing in needs its secret anew.")
    changed = _differing(before, resource) if before else []
    names = {entry["field"] for entry in changed} if before else set(FIELDS)
    resource.due_at = resource.edited_at = timezone.now()
    fields = [*FIELDS, "due_at", "registered_as", "edited", "edited_at"]
    if changed:
        resource.cataloged_at = None  # with another address or version, there may be other models
        # What has proven itself is the web hook of the resource as it was.
        resource.hook_heard_at = resource.hook_checked_at = None
        fields += ["cataloged_at", "hook_heard_at", "hook_checked_at"]
    if names & {"region", "url"} or ("automatic_version" in names and resource.automatic_version):
        resource.offered_version, resource.version_asked_at = "", None
        fields += ["offered_version", "version_asked_at"]
    if names & {*CONNECTION}:
        resource.tried_at = None  # what failed before says nothing about another key or address
        fields.append("tried_at")
    if before and before.sign_in != resource.sign_in:
        resource.second_key = None  # it was given for the old address
        fields.append("second_key")
    if before and before.endpoint_url != resource.endpoint_url:
        resource.paused_until = None
        fields.append("paused_until")
    if actor is not None:
        resource.edited = sorted({*resource.edited, *names})
    resource.save(update_fields=fields if before else None)
    if before is None:
        audit.record(Verb.RESOURCE_ADDED, actor=actor, resource=resource)
    elif changed:
        audit.record(Verb.RESOURCE_CHANGED, actor=actor, resource=resource, fields=changed)
    return resource


def register(*, region: str, url: str, key: str, api_version: str = "", name: str = "") -> Resource:
    """Add a resource, or update the one that was registered under this name.

    What people have edited stays: the version, and the address with its way of signing in. Without `api_version` a
    worker chooses it. Raises CannotDecrypt rather than replacing a key that can't be decrypted.
    """
    name = name or Resource.default_name(region, url)
    for leaving in Resource.objects.removing().filter(name=name):
        remove_resource(leaving, actor=None)  # its name is free only then
    known = Resource.objects.present()
    resource = known.filter(registered_as=name).first() or known.filter(name=name).first() or Resource(name=name)
    resource.registered_as = name
    if not {*CONNECTION} & {*resource.edited}:
        before = resource.sign_in
        resource.region, resource.url, resource.auth = region, url, Auth.KEY
        stored = resource.key.open() if resource.key else ""
        if resource.sign_in != before or stored != key:
            resource.key = Secret.of(key)
    if not {*VERSION} & {*resource.edited}:
        resource.automatic_version = not api_version
        resource.api_version = api_version or resource.api_version
    known.filter(pk=resource.pk).update(leased_until=None)
    return save_resource(resource, actor=None)


def kept_of(resource: Resource) -> list[str]:
    """What `register` does not set, because people have edited it, in words."""
    edited = {*resource.edited}
    groups = {"the address and the sign-in": CONNECTION, "the API version": VERSION}
    return [words for words, fields in groups.items() if edited & {*fields}]


@transaction.atomic
def use_offered_version(resource: Resource, version: str, *, actor: User) -> bool:
    """Use the API version that the page offers; returns False when `version` is no longer the one."""
    locked = Resource.objects.select_for_update().get(pk=resource.pk)
    if not version or version != locked.other_version:
        return False
    locked.api_version, locked.automatic_version = version, False
    save_resource(locked, actor=actor)
    return True


@transaction.atomic
def set_web_hook(resource: Resource, *, enabled: bool, actor: User | None = None) -> None:
    """Request that a worker registers our web hook, or deletes it. A new one gets a new address and secret.

    Raises SecretsLocked: without the key of the stored secrets, there is none to register or to delete it with.
    """
    if enabled == resource.hook_enabled:
        return
    refuse_while_locked()
    if enabled:
        resource.hook_token, resource.hook_secret = secrets.token_urlsafe(32), Secret.of(secrets.token_urlsafe(32))
    resource.hook_enabled, resource.due_at = enabled, timezone.now()
    # What has proven itself is another address.
    resource.hook_heard_at = resource.hook_missed_at = resource.hook_checked_at = None
    times = ["hook_heard_at", "hook_missed_at", "hook_checked_at"]
    resource.save(update_fields=["hook_enabled", "hook_token", "hook_secret", "due_at", *times])
    audit.record(
        Verb.RESOURCE_CHANGED,
        actor=actor,
        resource=resource,
        fields=[audit.field_change("web_hook", not enabled, enabled)],
    )


@transaction.atomic
def set_log_folder(endpoint: Endpoint, folder: str, *, actor: User) -> None:
    """Set the folder of the customer's own container that has the content logs of `endpoint`."""
    old = Endpoint.objects.select_for_update().values_list("log_folder", flat=True).get(pk=endpoint.pk)
    if old == folder:
        return
    Endpoint.objects.filter(pk=endpoint.pk).update(log_folder=folder)
    audit.record(
        Verb.LOG_FOLDER_CHANGED, actor=actor, endpoint=endpoint, fields=[audit.field_change("log_folder", old, folder)]
    )


def _differing(before: Resource, after: Resource) -> list[dict[str, str]]:
    pairs = ((field, getattr(before, field), getattr(after, field)) for field in FIELDS)
    return [audit.field_change(field, old, new) for field, old, new in pairs if old != new]
