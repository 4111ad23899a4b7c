"""The one writer of Events: who did what, in the transaction in which it is done."""

from typing import Any

from endpoints.models import Endpoint, Event
from endpoints.models.event import Verb


def record(
    verb: Verb,
    *,
    actor: Any = None,
    endpoint: Endpoint | None = None,
    change: Any = None,
    detail: str = "",
    **facts: str | int,
) -> Event:
    """Record that `actor` (a user, or None for the product itself) did something."""
    return Event.objects.create(
        verb=verb,
        actor=actor,
        actor_name=actor.get_username() if actor else "",
        endpoint=endpoint,
        change=change,
        detail=detail,
        facts=facts,
    )
