"""What people ask of an endpoint: a wish (Change) and its Event in one transaction, which a worker carries out."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from endpoints.models import Change, Endpoint, Event, Project, SpeechModel
from endpoints.models.change import ChangeKind
from endpoints.models.event import Verb


class Busy(Exception):
    """Another change of this endpoint is open; `change` is that one."""

    def __init__(self, change: Change) -> None:
        super().__init__(f"{change} is open")
        self.change = change


class NotPossible(Exception):
    """What was asked cannot be done; the message says why, for people."""


def create(
    *,
    key: UUID,
    actor: Any,
    model: SpeechModel,
    display_name: str,
    description: str = "",
    project: Project | None = None,
    logging_enabled: bool = False,
) -> Change:
    """Ask for a new endpoint with `model`.

    `key` names the request: asked again with the same key, the first change is returned and nothing is written.
    """
    if asked := Change.objects.filter(pk=key).first():
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
                project=project,
                logging_enabled=logging_enabled,
            )
            change = Change.objects.create(pk=key, endpoint=endpoint, kind=ChangeKind.CREATE, model=model, actor=actor)
            Event.record(Verb.ASKED_CREATE, actor=actor, endpoint=endpoint, change=change, model=model.display_name)
    except IntegrityError:
        # The same key at the same moment, from a second press: the first one counts.
        return Change.objects.get(pk=key)
    return change


def change_model(*, key: UUID, actor: Any, endpoint: Endpoint, model: SpeechModel, reason: str = "") -> Change:
    """Ask for another model behind `endpoint`.

    Raises Busy when another change of it is open, NotPossible when the model does not fit.
    """
    if asked := Change.objects.filter(pk=key).first():
        return asked
    if model.why_not:
        raise NotPossible(model.why_not)
    try:
        with transaction.atomic():
            change = Change.objects.create(
                pk=key,
                endpoint=endpoint,
                kind=ChangeKind.CHANGE_MODEL,
                model=model,
                from_model=endpoint.model,
                actor=actor,
                reason=reason,
            )
            Event.record(
                Verb.ASKED_CHANGE_MODEL,
                actor=actor,
                endpoint=endpoint,
                change=change,
                detail=reason,
                model=model.display_name,
                old=endpoint.model.display_name if endpoint.model else "",
            )
    except IntegrityError:
        if asked := Change.objects.filter(pk=key).first():
            return asked
        raise Busy(endpoint.changes.open().get()) from None
    return change
