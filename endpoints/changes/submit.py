"""Change requests for endpoints: each stores a Change and its Event in one transaction; a worker carries it out."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from endpoints import audit
from endpoints.changes import decisions
from endpoints.changes.reached import why_not_deleted
from endpoints.changes.refusals import Busy, ChangedMeanwhile, KeyTaken, NotPossible
from endpoints.models import Bulk, Change, Endpoint, Project, SpeechModel
from endpoints.models.event import Verb
from endpoints.models.status import ChangeKind, ChangeState, Status


def create(
    *,
    key: UUID,
    actor: User | None,
    model: SpeechModel,
    display_name: str,
    description: str = "",
    project: Project | None = None,
    logging_enabled: bool = False,
    instead_of: Endpoint | None = None,
    fingerprint: str = "",
) -> Change:
    """Request a new endpoint with `model`. With `instead_of`, an endpoint that is gone, its open change is decided too.

    `key` names the request: asked again with the same key, the first change is returned and nothing is written. Raises
    KeyTaken when it names another person's.
    """
    if asked := _asked(key, actor):
        return asked
    if model.why_not:
        raise NotPossible(model.why_not)
    try:
        with transaction.atomic():
            endpoint = Endpoint.objects.create(
                resource=model.resource,
                display_name=display_name,
                description=description,
                locale=model.locale,
                model=model,
                **model.for_endpoint,
                project=project,
                logging_enabled=logging_enabled,
                owner=actor.get_username() if actor else "",
                changed_by=actor.get_username() if actor else "",
            )
            change = Change.objects.create(
                pk=key,
                endpoint=endpoint,
                kind=ChangeKind.CREATE,
                model=model,
                actor=actor,
                desired={"model": model.remote_id},
                fingerprint=fingerprint,
                **_names(endpoint, model, actor),
            )
            audit.record(Verb.REQUESTED_CREATE, actor=actor, endpoint=endpoint, change=change, model=model.display_name)
            if instead_of and instead_of.gone_at and instead_of.open_change:
                why = gettext_noop("A new endpoint was requested instead.")
                decisions.decide(instead_of.open_change, actor=actor, again=False, why=why)
    except IntegrityError:
        # The same key at the same moment, from a second press: the first one counts.
        if asked := _asked(key, actor):
            return asked
        raise
    return change


def change_model(
    *,
    key: UUID,
    actor: User | None,
    endpoint: Endpoint,
    model: SpeechModel,
    reason: str = "",
    seen: dict[str, Any] | None = None,
    at: datetime | None = None,
    bulk: Bulk | None = None,
    replaces: UUID | None = None,
    fingerprint: str = "",
) -> Change:
    """Request another model for `endpoint`, now or at a time.

    `seen`: the values that the person's page showed, by the keys of Endpoint.facts. `replaces`: the open change of the
    model that the person's page showed, which this one ends, in whatever state it is. `fingerprint`: of the form, so
    that the same form is known when it is sent again. Raises Busy when another change of the endpoint is open,
    NotPossible when the model does not fit, ChangedMeanwhile when the page was older than the row, KeyTaken when
    another request has this key.
    """
    if model.why_not and not Change.objects.filter(pk=key).exists():
        raise NotPossible(model.why_not)
    if at and model.expired_by(at):
        raise NotPossible(gettext_noop("The new model will have expired when the change starts."))
    old = _serving(endpoint, replaces)
    words = {"model": model.display_name, "old": old.display_name if old else ""}
    return _ask(
        Change(
            pk=key,
            endpoint=endpoint,
            kind=ChangeKind.CHANGE_MODEL,
            actor=actor,
            reason=reason,
            model=model,
            from_model=old,
            desired={"model": model.remote_id},
            bulk=bulk,
            fingerprint=fingerprint,
        ),
        Verb.REQUESTED_CHANGE_MODEL,
        seen,
        at,
        replaces,
        **words,
    )


def edit(
    *,
    key: UUID,
    actor: User | None,
    endpoint: Endpoint,
    desired: dict[str, Any],
    reason: str = "",
    seen: dict[str, Any] | None = None,
    at: datetime | None = None,
    bulk: Bulk | None = None,
    fingerprint: str = "",
) -> Change:
    """Request another display_name, description or logging_enabled; values that are the same are left out."""
    now = endpoint.facts
    differing = {name: value for name, value in desired.items() if now[name] != value}
    if not differing and not Change.objects.filter(pk=key).exists():
        raise NotPossible(_("Nothing was changed."))
    facts: dict[str, Any] = {
        "actor": actor,
        "reason": reason,
        "desired": differing,
        "bulk": bulk,
        "fingerprint": fingerprint,
    }
    change = Change(pk=key, endpoint=endpoint, kind=ChangeKind.EDIT, **facts)
    fields = [audit.field_change(name, now[name], value) for name, value in differing.items()]
    return _ask(change, Verb.REQUESTED_EDIT, seen, at, fields=fields)


def delete(
    *,
    key: UUID,
    actor: User | None,
    endpoint: Endpoint,
    reason: str = "",
    bulk: Bulk | None = None,
    fingerprint: str = "",
) -> Change:
    """Request the deletion of an endpoint from the service; its row and history stay.

    Raises NotPossible while an address leads to it, because programs would have nowhere to go.
    """
    facts = {"actor": actor, "reason": reason, "bulk": bulk, "fingerprint": fingerprint}
    change = Change(pk=key, endpoint=endpoint, kind=ChangeKind.DELETE, **facts)
    with transaction.atomic():
        # Whoever lets an address lead to it waits for this lock, and then finds the open change.
        list(Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).values_list("pk"))
        if _asked(key, actor, endpoint) is None and (why := why_not_deleted([endpoint])):
            raise NotPossible(why[endpoint.pk])
        return _ask(change, Verb.REQUESTED_DELETE, None, None)


@transaction.atomic
def remove_duplicate(*, actor: User | None, endpoint: Endpoint) -> Change:
    """Request the deletion of one of several endpoints made by the same request. Raises NotPossible for the last one.

    Their rows are locked: two people who remove one each at the same moment must not leave none.
    """
    same = Endpoint.objects.filter(resource=endpoint.resource_id, mark=endpoint.mark).order_by("pk")
    list(same.select_for_update())
    deleting = Change.objects.open().filter(kind=ChangeKind.DELETE)
    staying = endpoint.duplicates().exclude(pk__in=deleting.values("endpoint_id")).first()
    if staying is None:
        raise NotPossible(_("Nothing was changed because the endpoint is no longer a duplicate."))
    reason = _("Duplicate of %(id)s") % {"id": staying.remote_id}
    return delete(key=uuid4(), actor=actor, endpoint=endpoint, reason=reason)


def go_back(*, endpoint: Endpoint, **facts: Any) -> Change:
    """Request the model that the endpoint had before, also while the change to the present one is open.

    Takes what change_model() takes. Raises NotPossible when there is no such model, or it has expired.
    """
    if requested := _asked(facts["key"], facts["actor"], endpoint):
        return requested
    previous = previous_model(endpoint)
    if previous is None:
        raise NotPossible(_("There's no previous model to go back to."))
    return change_model(endpoint=endpoint, model=previous, **facts)


def previous_model(endpoint: Endpoint) -> SpeechModel | None:
    """The model before the open change of model, or before the last one that was completed."""
    if (change := endpoint.open_change) and change.can_be_replaced:
        return change.from_model if change.sent_at or change.replaces_id else None
    kinds = (ChangeKind.CREATE, ChangeKind.CHANGE_MODEL)
    done = endpoint.changes.filter(kind__in=kinds, state=ChangeState.DONE).order_by("-closed_at")
    last, before = [*done.select_related("model", "from_model")[:2], None, None][:2]
    if last is None:
        return None
    # A model whose deployment had failed never served.
    worked = last.before.get("status") != Status.FAILED
    previous = last.from_model if worked else before.model if before else None
    return previous if previous != endpoint.model else None


def _ask(
    change: Change,
    verb: Verb,
    seen: dict[str, Any] | None,
    at: datetime | None,
    replaces: UUID | None = None,
    **words: Any,
) -> Change:
    endpoint = Endpoint.of(change)
    if asked := _asked(change.pk, change.actor, endpoint):
        return asked
    change.before = endpoint.facts | {"status": endpoint.status}
    for name, value in _names(endpoint, change.model, change.actor).items():
        setattr(change, name, value)
    differing = {name: change.before[name] for name, value in (seen or {}).items() if change.before.get(name) != value}
    if differing:
        raise ChangedMeanwhile(differing)
    if at is not None:
        change.scheduled_for = change.due_at = at
    try:
        with transaction.atomic():
            if replaces:
                _replace(replaces, change)
            change.save(force_insert=True)
            audit.record(verb, actor=change.actor, endpoint=endpoint, change=change, detail=change.reason, **words)
    except IntegrityError:
        if asked := _asked(change.pk, change.actor, endpoint):
            return asked
        raise Busy(endpoint.changes.open().get()) from None
    return change


def _asked(key: UUID, actor: User | None, endpoint: Endpoint | None = None) -> Change | None:
    """The change that this person has requested by this key already, for this endpoint if one is given."""
    asked = Change.objects.filter(pk=key).first()
    if asked and (asked.actor != actor or (endpoint and asked.endpoint_id not in (endpoint.pk, None))):
        raise KeyTaken
    return asked


def _serving(endpoint: Endpoint, replaces: UUID | None) -> SpeechModel | None:
    """The model that serves: while another is deployed, the service may show that one already."""
    sent = Change.objects.filter(pk=replaces, endpoint=endpoint).exclude(sent_at=None).first() if replaces else None
    return sent.from_model if sent else endpoint.model


def _replace(pk: UUID, change: Change) -> None:
    """Close the open change of the model that `change` replaces; a worker that is sending it notices by its state."""
    old = Change.objects.open().filter(pk=pk, endpoint=change.endpoint).first()
    if old and old.can_be_replaced and Change.objects.move(old, ChangeState.REPLACED):
        change.replaces = old if old.sent_at else old.replaces  # one that was never sent has no effect
        audit.record(Verb.REPLACED, actor=change.actor, endpoint=old.endpoint, change=old, model=old.model_name)


def _names(endpoint: Endpoint, model: SpeechModel | None, actor: User | None) -> dict[str, str]:
    """The names that a change keeps when the rows they are of are removed."""
    return {
        "endpoint_name": endpoint.display_name,
        "resource_name": endpoint.resource.name,
        "model_name": model.display_name if model else "",
        "actor_name": actor.get_username() if actor else "",
    }
