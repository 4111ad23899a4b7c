"""The one table of who may do what: pages, feeds, caches and docs/permissions.md take their rules from it.

A right is what a page or a button needs. A role is a set of rights. A person or a group holds a role everywhere, for a
Speech resource, or for a project (models.Grant); a right that is about more than the grant covers isn't given by it.
"""

from dataclasses import dataclass
from enum import IntEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from endpoints.models.grant import RoleName


class Extent(IntEnum):
    """How much a grant covers, from the least to the most."""

    PROJECT = 1
    RESOURCE = 2
    EVERYWHERE = 3


VIEW, HEALTH, READ_LOGS, GO_BACK = "view_endpoint", "view_health", "read_logs", "go_back"
DEPLOY, SHOW_KEY, MANAGE_LOGS = "deploy_model", "show_key", "manage_logs"
MANAGE, ADD_RESOURCE, MANAGE_PEOPLE = "manage_resources", "add_resource", "manage_people"
TRY = "try_endpoint"


@dataclass(frozen=True)
class Right:
    """`says`: for docs/permissions.md. `least`: the smallest extent of a grant that gives it."""

    says: str
    least: Extent = Extent.PROJECT


@dataclass(frozen=True)
class Role:
    """`least`: the smallest extent for which it can be held."""

    says: str | Promise
    rights: frozenset[str]
    least: Extent = Extent.PROJECT


RIGHTS = {
    VIEW: Right("See endpoints, their changes, models, and activity"),
    HEALTH: Right("See whether a Speech resource can be reached", Extent.RESOURCE),
    READ_LOGS: Right("Read, play, and download content logs"),
    TRY: Right("Try an endpoint with a recording"),
    GO_BACK: Right("Go back to the previous model of an endpoint; move an address back, or to its proposed standby"),
    DEPLOY: Right("Deploy, change, and delete endpoints"),
    SHOW_KEY: Right("Show the key of a Speech resource", Extent.RESOURCE),
    MANAGE_LOGS: Right("Save and delete content logs"),
    MANAGE: Right("Manage a Speech resource", Extent.RESOURCE),
    ADD_RESOURCE: Right("Add Speech resources", Extent.EVERYWHERE),
    MANAGE_PEOPLE: Right("Manage people and what they can do", Extent.EVERYWHERE),
}

_SEES = {VIEW, HEALTH}
ROLES = {
    RoleName.VIEWER: Role(_("Sees endpoints, models, and activity."), frozenset(_SEES)),
    RoleName.LISTENER: Role(_("Can also read, play, and download content logs."), frozenset(_SEES | {READ_LOGS})),
    RoleName.ON_CALL: Role(
        _(
            "Can also try endpoints, go back to an endpoint's previous model, and move an address back or to its "
            "proposed standby."
        ),
        frozenset(_SEES | {TRY, GO_BACK}),
    ),
    RoleName.DEPLOYER: Role(
        _("Can also try, deploy, change, and delete endpoints."), frozenset(_SEES | {TRY, GO_BACK, DEPLOY, SHOW_KEY})
    ),
    RoleName.LOG_ADMIN: Role(
        _("Can also read, save, and delete content logs."), frozenset(_SEES | {READ_LOGS, MANAGE_LOGS})
    ),
    RoleName.RESOURCE_ADMIN: Role(
        _("Can also manage Speech resources and their keys."),
        frozenset(_SEES | {MANAGE, ADD_RESOURCE}),
        Extent.RESOURCE,
    ),
    RoleName.OWNER: Role(
        _("Can also manage people and what they can do."), frozenset(_SEES | {MANAGE_PEOPLE}), Extent.EVERYWHERE
    ),
}

ADMIN = (RoleName.DEPLOYER, RoleName.LOG_ADMIN, RoleName.RESOURCE_ADMIN, RoleName.OWNER)
# Each installation begins with these groups and what they hold everywhere; an identity provider's groups of the same
# name lead to them.
GROUPS: dict[str, tuple[RoleName, ...]] = {
    RoleName.VIEWER.value: (RoleName.VIEWER,),
    RoleName.LISTENER.value: (RoleName.LISTENER,),
    "admin": ADMIN,
    **{name.value: (name,) for name in ROLES if name not in (RoleName.VIEWER, RoleName.LISTENER)},
}


def rights_of(role: str, extent: Extent) -> frozenset[str]:
    """What a grant of this role and extent gives; nothing for a role of a newer version."""
    known = ROLES.get(role)  # type: ignore[call-overload]  # a RoleName equals its value
    return frozenset(right for right in known.rights if RIGHTS[right].least <= extent) if known else frozenset()
