"""Copies of custom models: an authorization of the target, then an operation (Models_AuthorizeCopy, Models_Copy).

The one resource that is simulated is source and target at once: another process cannot be copied to.
"""

from __future__ import annotations

import re

import msgspec

from ..api.errors import Refusal, invalid
from ..control import ledger
from ..world.entities import DAY, Authorization, Copying, Model, Status, Work
from ..world.world import World, new_id
from .training import TRAINING

REGION = "eastus"
ACCOUNT = "/providers/Microsoft.CognitiveServices/accounts/"
RESOURCE = f"/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/simulator{ACCOUNT}simulator"
RESOURCE_ID = re.compile(rf"^/subscriptions/[^/\s]+/resourceGroups/[^/\s]+{ACCOUNT}[^/\s]+$", re.IGNORECASE)
VALID = DAY  # the contract names no length


def authorize(world: World, source: str) -> Authorization:
    """Models_AuthorizeCopy: the source has to be the Azure resource id of a Speech resource."""
    if not RESOURCE_ID.match(source):
        raise invalid("InvalidSourceAzureResourceId", "This is no Azure resource id.", "sourceResourceId")
    authorization = Authorization(id=new_id(), source=source, expires=world.now() + VALID)
    world.authorizations[authorization.id] = authorization
    ledger.made(authorization.id)
    world.touch()
    return authorization


def copy(world: World, model: Model, authorization_id: str, source: str) -> Copying:
    """Models_Copy: the copy is trained anew by the clock, as the operation goes."""
    now = world.now()
    authorization = world.authorizations.get(authorization_id)
    if authorization is None:
        words = "The copy authorization was not given by this resource."
        raise Refusal(403, "Forbidden", words, inner="InvalidPermissions", target="id")
    if RESOURCE.lower() != source.lower() or authorization.source.lower() != source.lower():
        words = "The copy authorization was given to another resource."
        raise invalid("InvalidSourceAzureResourceId", words, "sourceResourceId")
    if authorization.expires <= now:
        raise invalid("ModelCopyAuthorizationExpired", "The copy authorization is expired.", "expirationDateTime")
    if model.work.at(now)[0] is not Status.SUCCEEDED:
        raise invalid("InvalidModel", "Only a model with the status Succeeded can be copied.")
    work = Work(started=now, seconds=TRAINING * world.options.deploy_seconds)
    made = msgspec.structs.replace(model, id=new_id(), created=now, work=work, project=None, custom=dict(model.custom))
    world.custom_models[made.id] = made
    operation = Copying(id=new_id(), model=made.id, work=work)
    world.copies[operation.id] = operation
    ledger.made(made.id)
    ledger.made(operation.id)
    world.touch()
    return operation
