"""Bulk changes: what will happen to each of many endpoints, and a change request for each where it can."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import blake2s
from typing import Any
from uuid import UUID, uuid5

from django.contrib.auth.models import User
from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext_lazy

from endpoints import audit
from endpoints.changes import decisions, refusals, submit
from endpoints.changes.reached import why_not_deleted
from endpoints.models import Bulk, Change, Endpoint, SpeechModel
from endpoints.models.event import Verb
from endpoints.models.status import OPEN, UNSTARTED, ChangeKind, ChangeState, ShownStatus
from endpoints.models.translatable_text import TranslatableText as _

LIMIT = 500  # endpoints in one request


class Action(models.TextChoices):
    CHANGE_MODEL = "change-model", gettext_lazy("Change model")
    LOGGING_ON = "logging-on", gettext_lazy("Turn content logging on")
    LOGGING_OFF = "logging-off", gettext_lazy("Turn content logging off")
    DELETE = "delete", gettext_lazy("Delete endpoints")

    @classmethod
    def title_of(cls, bulk: Bulk) -> str:
        """The label of the requested action; the stored word if newer code requested it."""
        same = (action for action in cls if (action.kind, action.desired) == (bulk.kind, bulk.desired))
        return str(next((action.label for action in same), bulk.kind))

    @property
    def kind(self) -> ChangeKind:
        own = {Action.CHANGE_MODEL: ChangeKind.CHANGE_MODEL, Action.DELETE: ChangeKind.DELETE}
        return own.get(self, ChangeKind.EDIT)

    @property
    def desired(self) -> dict[str, Any]:
        """By the keys of Endpoint.facts."""
        on = {Action.LOGGING_ON: True, Action.LOGGING_OFF: False}
        return {"logging_enabled": on[self]} if self in on else {}


@dataclass(frozen=True)
class Item:
    """What will happen to an endpoint, or why nothing will."""

    endpoint: Endpoint
    why: str

    @property
    def stamp(self) -> str:
        """A digest of the values that the review shows; empty when nothing will happen."""
        if self.why:
            return ""
        return blake2s(json.dumps(self.endpoint.facts, sort_keys=True).encode(), digest_size=6).hexdigest()


def plan(action: Action, endpoints: Iterable[Endpoint], model: SpeechModel | None = None) -> list[Item]:
    """For each endpoint, read by Endpoint.objects.for_page(), whether `action` can be done and why not."""
    rows = list(endpoints)
    reached = why_not_deleted(rows) if action == Action.DELETE else {}
    why = (blocked(one) or reached.get(one.pk, "") or _misfit(action, one, model) for one in rows)
    return [Item(*item) for item in zip(rows, why, strict=True)]


def blocked(endpoint: Endpoint) -> str:
    """Why no change can be requested now; empty when one can."""
    if endpoint.gone_at:
        return _("Deleted in Azure")
    if change := endpoint.open_change:
        return refusals.Busy(change).why
    if not endpoint.remote_id:
        return _("Not in Azure yet.")
    return ""


def ask(
    *,
    key: UUID,
    actor: User | None,
    action: Action,
    seen: Mapping[UUID, str],
    model: SpeechModel | None = None,
    reason: str = "",
) -> Bulk:
    """Request `action` for each endpoint in `seen`, which has the Item.stamp that the review showed for each.

    What cannot be asked is kept in Bulk.skipped. `key` names the request: asked again with the same key, only
    what was not reached before is asked. Raises KeyTaken when it names another person's.
    """
    bulk = Bulk(pk=key, kind=action.kind, actor=actor, model=model, desired=action.desired, reason=reason)
    try:
        with transaction.atomic():
            bulk.save(force_insert=True)
            count = sum(map(bool, seen.values()))
            facts: dict[str, Any] = {"action": action.value, "count": count}
            facts |= {"model": model.display_name} if model else {}
            audit.record(Verb.REQUESTED_BULK, actor=actor, bulk=bulk, detail=reason, **facts)
    except IntegrityError:
        first = Bulk.objects.get(pk=key)
        if first.actor != actor:
            raise refusals.KeyTaken from None
        if (first.kind, first.model, first.desired) != (bulk.kind, bulk.model, bulk.desired):
            return first  # The key was spent on something else, which goes before.
        bulk = first
    endpoints = Endpoint.objects.for_page().filter(pk__in=seen).order_by("name_key", "pk")
    items = plan(action, endpoints, model)
    # Read after the endpoints: what a press at the same moment has asked is known here, or to the verb by its key.
    asked = {str(pk) for pk in bulk.changes.values_list("endpoint_id", flat=True)}
    known = asked | {one["endpoint"] for one in bulk.skipped}
    for item in items:
        endpoint = item.endpoint
        if str(endpoint.pk) not in known and (why := _ask_one(bulk, action, item, seen[endpoint.pk], model, actor)):
            bulk.skip(endpoint, why)
    bulk.save(update_fields=["skipped"])
    return bulk


def cancel(bulk: Bulk, *, actor: User | None) -> int:
    """Cancel all changes that have not started; returns how many there were."""
    return sum(decisions.cancel(change, actor=actor) for change in unstarted(bulk).select_related("endpoint"))


def unstarted(bulk: Bulk) -> models.QuerySet[Change]:
    return bulk.changes.filter(UNSTARTED)


def shown_state(change: Change) -> ShownStatus:
    """The state of a change for the progress page, without how long it has been deploying."""
    if change.state in OPEN and change.endpoint:
        shown = change.shown_status(change.endpoint.status, change.endpoint.resource)
        return (
            replace(shown, detail="")
            if shown.icon == "running"
            else replace(shown, detail=shown.detail or change.error)
        )
    icons: dict[str, str] = {ChangeState.DONE: "success", ChangeState.CANCELED: "ended"}
    return ShownStatus(change.state, change.state_label, icons.get(change.state, "failed"), change.error)


def _misfit(action: Action, endpoint: Endpoint, model: SpeechModel | None) -> str:
    if action == Action.CHANGE_MODEL and model is not None:
        return _model_misfit(endpoint, model)
    desired = action.desired.get("logging_enabled")
    if desired is None:
        return ""
    if desired == endpoint.logging_enabled:
        return _("Content logging is already on.") if desired else _("Content logging is already off.")
    if desired and not endpoint.resource.may_log:
        return _("API version %(version)s logs only to your own storage.", version=endpoint.resource.api_version)
    return ""


def _model_misfit(endpoint: Endpoint, model: SpeechModel) -> str:
    if endpoint.resource_id != model.resource_id:
        return _("The model belongs to another Speech resource: %(resource)s.", resource=model.resource)
    if endpoint.locale != model.locale:
        words = {"theirs": model.locale, "ours": endpoint.locale}
        return _("This model is for %(theirs)s, but the endpoint is for %(ours)s.", **words)
    if endpoint.model_id == model.pk:
        return _("Already uses this model.")
    if model.expiration and model.expiration.level == "expired":
        return _("This model has expired.")  # for how long is another thing to whoever reads it later
    if model.why_not:
        return _("This model can't be deployed: %(why)s.", why=model.why_not)
    return ""


def _ask_one(bulk: Bulk, action: Action, item: Item, seen: str, model: SpeechModel | None, actor: User | None) -> str:
    """Why the endpoint is skipped; empty when its change was requested."""
    if item.why:
        return item.why
    if not seen:
        return _("Was busy when you reviewed, now available.")
    if seen != item.stamp:
        return _("Changed after you reviewed.")
    # The same key for the same endpoint, so that what was asked already is not asked twice.
    common: dict[str, Any] = {"key": uuid5(bulk.pk, str(item.endpoint.pk)), "actor": actor, "endpoint": item.endpoint}
    common |= {"reason": bulk.reason, "bulk": bulk}
    try:
        if action == Action.DELETE:
            submit.delete(**common)
        elif action == Action.CHANGE_MODEL and model is not None:
            submit.change_model(model=model, **common)
        else:
            submit.edit(desired=action.desired, **common)
    except (refusals.Busy, refusals.NotPossible) as error:
        return error.why
    return ""
