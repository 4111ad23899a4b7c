"""What the grants of a person cover, for each right: read once for each request."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.contrib.auth.models import AnonymousUser, Group, User
from django.db.models import Exists, Model, OuterRef, QuerySet

from endpoints.access.roles import ADMIN, GROUPS, ROLES, Extent, rights_of
from endpoints.models import Grant, Project, Resource

Person = User | AnonymousUser


@dataclass(frozen=True)
class Scope:
    """Where a person has a right. Two people with equal scopes see the same rows, so caches have it in their keys."""

    everywhere: bool = False
    resources: frozenset[UUID] = field(default=frozenset())
    projects: frozenset[UUID] = field(default=frozenset())

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.resources or self.projects)

    def covers(self, row: Model) -> bool:
        """Whether a Speech resource, a project, or a row with a resource and perhaps a project is within it."""
        if self.everywhere:
            return True
        if isinstance(row, Resource):
            return row.pk in self.resources
        project = row.pk if isinstance(row, Project) else getattr(row, "project_id", None)
        return getattr(row, "resource_id", None) in self.resources or project in self.projects


EVERYWHERE, NOWHERE = Scope(everywhere=True), Scope()


class _Held(Protocol):
    role: str
    resource_id: UUID | None
    project_id: UUID | None


def scope(person: Person, right: str) -> Scope:
    """Nowhere for a right that the token, by which a program acts as the person, does not have."""
    if not person.is_active or right not in getattr(person, "only_rights", (right,)):
        return NOWHERE
    return EVERYWHERE if person.is_superuser else _scopes(person).get(right, NOWHERE)


def _scopes(person: Any) -> dict[str, Scope]:
    """Kept with the object of the person, as Django keeps permissions."""
    found: dict[str, Scope] | None = getattr(person, "scopes", None)
    if found is None:
        found = person.scopes = scopes_of(_held(person))
    return found


def _held(person: Any) -> list[_Held]:
    found: list[_Held] | None = getattr(person, "held_grants", None)
    if found is None:
        rows = Grant.objects.of_person(person.pk).order_by()
        found = person.held_grants = list(rows.values_list("role", "resource_id", "project_id", named=True))
    return found


def scopes_of(grants: Iterable[_Held]) -> dict[str, Scope]:
    """What these grants cover together, by right."""
    everywhere, resources, projects = set[str](), dict[str, set[UUID]](), dict[str, set[UUID]]()
    for grant in grants:
        if grant.resource_id:
            for right in rights_of(grant.role, Extent.RESOURCE):
                resources.setdefault(right, set()).add(grant.resource_id)
        elif grant.project_id:
            for right in rights_of(grant.role, Extent.PROJECT):
                projects.setdefault(right, set()).add(grant.project_id)
        else:
            everywhere |= rights_of(grant.role, Extent.EVERYWHERE)
    some = {
        right: Scope(False, frozenset(resources.get(right, ())), frozenset(projects.get(right, ())))
        for right in {*resources, *projects}
    }
    return some | dict.fromkeys(everywhere, EVERYWHERE)


def role_of(person: Person) -> str:
    """The roles of a person for the header of pages, without those that others contain; empty if there are none."""
    if not person.is_active:
        return ""
    held = {grant.role for grant in _held(person)} if not person.is_superuser else set(ADMIN)
    if held.issuperset(ADMIN):
        return "admin"
    names = [name for name in ROLES if name in held]
    contained = {one for one in names for other in names if ROLES[one].rights < ROLES[other].rights}
    return ", ".join(str(name) for name in names if name not in contained)


def holding_groups() -> "QuerySet[Group, Group]":
    """The groups that hold any role."""
    return Group.objects.filter(Exists(Grant.objects.filter(group=OuterRef("pk"))))


def group_names() -> list[str]:
    """Their names, those that each installation begins with first."""
    names = holding_groups().values_list("name", flat=True)
    return sorted(names, key=lambda name: ([*GROUPS, name].index(name), name))


def create_groups(using: str = "default", apps: Any = None, **_: Any) -> None:
    """Create the groups that are missing, with their grants; those that are there stay as a team has left them."""
    if apps and "grant" not in apps.all_models["endpoints"]:
        return  # the database of an earlier version
    for name, roles in GROUPS.items():
        group, new = Group.objects.using(using).get_or_create(name=name)
        if new:
            Grant.objects.using(using).bulk_create(Grant(role=role, group=group) for role in roles)
