"""Purges as people request them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from endpoints import audit
from endpoints.changes.refusals import KeyTaken
from endpoints.models import Endpoint, Purge
from endpoints.models.event import Verb

MOST_KEYS = 900  # a form has at most 1000 fields, and each is one


def request_purge(
    *, key: UUID, actor: User, endpoint: Endpoint, reason: str, until: date | None = None, keys: Sequence[str] = ()
) -> Purge:
    """Delete everything up to a day, or entries by their keys; requested twice with one `key`, it is one purge.

    Raises KeyTaken when the key names another person's, or one of another endpoint.
    """
    defaults = {
        "endpoint": endpoint,
        "endpoint_remote_id": endpoint.remote_id or "",
        "endpoint_name": endpoint.display_name,
        "resource_name": endpoint.resource.name,
        "actor": actor,
        "actor_name": actor.get_username(),
        "reason": reason,
        "until": until,
        "keys": list(keys)[:MOST_KEYS],
    }
    with transaction.atomic():
        purge, new = Purge.objects.get_or_create(pk=key, defaults=defaults)
        if (purge.actor_id, purge.endpoint_id) != (actor.pk, endpoint.pk):
            raise KeyTaken
        if new:
            what = {"until": until.isoformat()} if until else {"entries": len(purge.keys)}
            facts: dict[str, Any] = {**what, "purge": str(purge.pk)}
            audit.record(Verb.PURGE_REQUESTED, actor=actor, endpoint=endpoint, detail=reason, **facts)
    return purge


def reaches_service(endpoint: Endpoint) -> bool:
    """Whether logs can be deleted there: a container is its owner's, and later API versions have no such operation."""
    resource = endpoint.resource
    in_azure = endpoint.remote_id is not None and endpoint.gone_at is None
    return in_azure and resource.log_container is None and resource.supports("logs")
