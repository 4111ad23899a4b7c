"""Copies of custom models: Models_AuthorizeCopy on the target, then Models_Copy on the source.

The simulated resource is both source and target; copies to another process are not possible.
"""

from __future__ import annotations

import re

import msgspec

from ..api.errors import ApiError, invalid_argument
from ..control import ledger
from ..world.entities import DAY, Authorization, Model, ModelCopy, Status, Work
from ..world.world import World, new_id
from .training import TRAINING_FACTOR

REGION = "eastus"
ACCOUNT = "/providers/Microsoft.CognitiveServices/accounts/"
RESOURCE = f"/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/simulator{ACCOUNT}simulator"
RESOURCE_ID = re.compile(rf"^/subscriptions/[^/\s]+/resourceGroups/[^/\s]+{ACCOUNT}[^/\s]+$", re.IGNORECASE)
AUTHORIZATION_LIFETIME = DAY  # the contract does not define it


def authorize(world: World, source: str) -> Authorization:
    """Models_AuthorizeCopy: the source must be the Azure resource id of a Speech resource."""
    if not RESOURCE_ID.match(source):
        raise invalid_argument("InvalidSourceAzureResourceId", "This is no Azure resource id.", "sourceResourceId")
    authorization = Authorization(id=new_id(), source=source, expires=world.now() + AUTHORIZATION_LIFETIME)
    world.authorizations[authorization.id] = authorization
    ledger.made(authorization.id)
    world.mark_changed()
    return authorization


def copy(world: World, model: Model, authorization_id: str, source: str) -> ModelCopy:
    """Models_Copy: the new model is in training for as long as the operation runs."""
    now = world.now()
    authorization = world.authorizations.get(authorization_id)
    if authorization is None:
        message = "The copy authorization was not given by this resource."
        raise ApiError(403, "Forbidden", message, inner="InvalidPermissions", target="id")
    if RESOURCE.lower() != source.lower() or authorization.source.lower() != source.lower():
        message = "The copy authorization was given to another resource."
        raise invalid_argument("InvalidSourceAzureResourceId", message, "sourceResourceId")
    if authorization.expires <= now:
        raise invalid_argument(
            "ModelCopyAuthorizationExpired", "The copy authorization is expired.", "expirationDateTime"
        )
    if model.work.at(now)[0] is not Status.SUCCEEDED:
        raise invalid_argument("InvalidModel", "Only a model with the status Succeeded can be copied.")
    work = Work(started=now, seconds=TRAINING_FACTOR * world.options.deploy_seconds)
    made = msgspec.structs.replace(model, id=new_id(), created=now, work=work, project=None, custom=dict(model.custom))
    world.custom_models[made.id] = made
    operation = ModelCopy(id=new_id(), model=made.id, work=work)
    world.copies[operation.id] = operation
    ledger.made(made.id)
    ledger.made(operation.id)
    world.mark_changed()
    return operation
