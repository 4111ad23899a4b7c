"""Saved views of the list. Those that others see are changed together with an Event, in one transaction."""

from django.contrib.auth.models import User
from django.db import transaction

from endpoints import audit
from endpoints.models import SavedView
from endpoints.models.event import Verb

MOST = 100  # of one person


class TooMany(Exception):
    """The person has MOST saved views."""


@transaction.atomic
def save(*, actor: User, name: str, query: str, shared: bool) -> SavedView:
    """Create the person's view of this name, or replace it. Raises TooMany."""
    User.objects.select_for_update().get(pk=actor.pk)  # so that two requests at once are counted
    before = SavedView.objects.select_for_update().filter(owner=actor, name=name).first()
    if before is None and SavedView.objects.filter(owner=actor).count() >= MOST:
        raise TooMany
    values = {"query": query, "shared": shared}
    view, _new = SavedView.objects.update_or_create(owner=actor, name=name, defaults=values)
    was_shared = before is not None and before.shared
    if shared != was_shared:
        audit.record(Verb.VIEW_SHARED if shared else Verb.VIEW_UNSHARED, actor=actor, view=name)
    elif shared and before and before.query != query:
        audit.record(Verb.VIEW_CHANGED, actor=actor, view=name)
    return view


@transaction.atomic
def share(view: SavedView, *, actor: User, shared: bool) -> None:
    """Show the view to everybody, or to its owner only."""
    if SavedView.objects.filter(pk=view.pk, shared=not shared).update(shared=shared):
        audit.record(Verb.VIEW_SHARED if shared else Verb.VIEW_UNSHARED, actor=actor, view=view.name)


@transaction.atomic
def delete(view: SavedView, *, actor: User) -> None:
    row = SavedView.objects.select_for_update().filter(pk=view.pk).first()
    if row is None:
        return
    row.delete()
    if row.shared:
        audit.record(Verb.VIEW_DELETED, actor=actor, view=row.name)
