"""Giving and taking roles, and adding groups: what owners do, each with its event in one transaction."""

from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction

from endpoints import audit
from endpoints.access.grants import scopes_of
from endpoints.access.roles import MANAGE_PEOPLE
from endpoints.models import Grant, Project, Resource
from endpoints.models.verbs import Verb


class OwnRole(Exception):
    """Whoever takes this grant couldn't manage people any longer."""


@transaction.atomic
def give(role: str, *, to: User | Group, place: Resource | Project | None, actor: User) -> bool:
    """Give a role to a person or a group, for a Speech resource or a project, or for everything without a `place`.

    Returns False when they held it already.
    """
    grant, new = Grant.objects.get_or_create(
        role=role,
        person=to if isinstance(to, User) else None,
        group=to if isinstance(to, Group) else None,
        resource=place if isinstance(place, Resource) else None,
        project=place if isinstance(place, Project) else None,
    )
    if new:
        _record(Verb.ROLE_GIVEN, grant, actor)
    return new


@transaction.atomic
def take(grant: Grant, *, actor: User) -> bool:
    """Take a grant; returns False when it was taken already. Raises OwnRole, and then changes nothing."""
    same = {name: getattr(grant, name) for name in ("role", "person", "group", "resource", "project")}
    if not Grant.objects.filter(**same).delete()[0]:
        return False
    held = scopes_of(Grant.objects.of_person(actor.pk))
    if not actor.is_superuser and MANAGE_PEOPLE not in held:
        raise OwnRole
    _record(Verb.ROLE_TAKEN, grant, actor)
    return True


@transaction.atomic
def add_group(name: str, *, actor: User) -> Group | None:
    """None when there is a group of this name, in whatever case."""
    if Group.objects.filter(name__iexact=name).exists():
        return None
    group, new = Group.objects.get_or_create(name=name)
    if new:
        audit.record(Verb.GROUP_ADDED, actor=actor, group=name)
    return group if new else None


def _record(verb: Verb, grant: Grant, actor: User) -> None:
    facts: dict[str, Any] = {"role": str(grant.role)}
    if grant.group:
        facts["group"] = grant.group.name
    elif grant.person:
        facts["person"] = grant.person.get_username()
    if grant.project:
        facts["project"] = grant.project.display_name
    audit.record(verb, actor=actor, resource=grant.resource, **facts)
