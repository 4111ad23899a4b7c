"""The one writer of Events: who did what, in the transaction in which it is done."""

from __future__ import annotations

from django.contrib.auth.models import User

from endpoints.models import Bulk, Change, Endpoint, Event, Resource
from endpoints.models.event import Fact, Verb
from endpoints.models.secret import Secret
from endpoints.models.translatable_text import TranslatableText

REPLACED = "replaced"
REMOVED = "removed"


def record(
    verb: Verb,
    *,
    actor: User | None = None,
    endpoint: Endpoint | None = None,
    resource: Resource | None = None,
    change: Change | None = None,
    bulk: Bulk | None = None,
    detail: str = "",
    **facts: Fact,
) -> Event:
    """Record that `actor`, or the product itself without one, did something.

    An event about an endpoint names its resource too, and one about a change whose endpoint is gone names both. One
    about a change that is part of a bulk change leads to it. A TranslatableText is read in the language of the reader.
    What a program does by a token of the API names the token. Call this inside the transaction of the act itself.
    """
    if isinstance(detail, TranslatableText):
        facts["detail"] = detail.stored
    if token := getattr(actor, "by_token", ""):
        facts["by_token"] = token
    about = change or bulk
    resource = resource or (endpoint.resource if endpoint else None)
    return Event.objects.create(
        verb=verb,
        actor_id=actor.pk if actor else None,
        actor_name=actor.get_username() if actor else "",
        endpoint_id=endpoint.pk if endpoint else None,
        endpoint_name=endpoint.display_name if endpoint else change.endpoint_name if change else "",
        resource_id=resource.pk if resource else None,
        resource_name=resource.name if resource else change.resource_name if change else "",
        change_id=change.pk if change else None,
        change_kind=about.kind if about else "",
        bulk_id=bulk.pk if bulk else change.bulk_id if change else None,
        detail=detail,
        facts=facts,
    )


def field_change(field: str, old: object, new: object) -> dict[str, str]:
    """An entry of the fact `fields`; a secret is only said to be replaced or removed."""
    if isinstance(old, Secret) or isinstance(new, Secret):
        return {"field": field, "old": "", "new": REMOVED if new is None else REPLACED}
    return {"field": field, "old": _text(old), "new": _text(new)}


def _text(value: object) -> str:
    return ("on" if value else "off") if isinstance(value, bool) else str(value)
