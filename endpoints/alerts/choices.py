"""What a person follows and mutes, and what they have read. Their own, so that no event records it."""

from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q

from endpoints.access import door
from endpoints.models import AlertChoice, Endpoint, Resource


def choose(person: User, about: Endpoint | Resource, *, follows: bool) -> None:
    """Follow or mute an endpoint or a Speech resource, whatever holds for the rest."""
    facts: dict[str, Any] = {"endpoint": about} if isinstance(about, Endpoint) else {"resource": about}
    AlertChoice.objects.update_or_create(person=person, **facts, defaults={"follows": follows})


def follows(person: User, about: Endpoint | Resource) -> bool:
    """Whether the person is alerted to it: by its own choice, that of its resource, or what holds for the rest."""
    of_resource = about.resource_id if isinstance(about, Endpoint) else about.pk
    chosen = {
        one.endpoint_id or one.resource_id: one.follows
        for one in door.alert_choices(person).filter(Q(endpoint=about.pk) | Q(resource=of_resource))
    }
    for pk in (about.pk, of_resource):
        if pk in chosen:
            return chosen[pk]
    return of_all(person)


def of_all(person: User) -> bool:
    """Whether the person is alerted to everything that they see."""
    found = door.preferences(person).values_list("alerts_of_all", flat=True).first()
    return True if found is None else found


def choose_for_rest(person: User, *, all_of_it: bool) -> None:
    door.preferences(person).update_or_create(user=person, defaults={"alerts_of_all": all_of_it})


def forget(person: User, pk: int) -> None:
    """Let what holds for the rest hold for it again."""
    AlertChoice.objects.filter(person=person, pk=pk).delete()


def mark_read(person: User, until: datetime) -> None:
    """All alerts up to a time: that of the newest one that the person has seen."""
    own, _new = door.preferences(person).get_or_create(user=person)
    if own.alerts_seen_at is None or own.alerts_seen_at < until:
        own.alerts_seen_at = until
        own.save(update_fields=["alerts_seen_at"])
