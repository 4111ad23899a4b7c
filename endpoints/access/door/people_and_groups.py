"""Accounts, groups and what they hold, for those who manage people."""

from django.contrib.auth.models import Group, User
from django.core.exceptions import PermissionDenied
from django.db.models import Count, QuerySet
from django.shortcuts import get_object_or_404

from endpoints.access.grants import Person
from endpoints.access.people import with_sign_in
from endpoints.access.permissions import may_manage_people
from endpoints.models import Grant
from endpoints.models.grant import GrantQuerySet


def accounts(person: Person) -> "QuerySet[User, User]":
    """With what the pages of people show of how each signs in."""
    rows = with_sign_in(User.objects.order_by("username"))
    return rows if may_manage_people(person) else rows.none()


def account(person: Person, name: str) -> User:
    """The account of this username."""
    if not may_manage_people(person):
        raise PermissionDenied
    return get_object_or_404(accounts(person), username=name)


def groups(person: Person) -> "QuerySet[Group, Group]":
    """With the number of their `members`."""
    rows = Group.objects.annotate(members=Count("user")).order_by("name")
    return rows if may_manage_people(person) else rows.none()


def group(person: Person, name: str) -> Group:
    if not may_manage_people(person):
        raise PermissionDenied
    return get_object_or_404(groups(person), name=name)


def grants(person: Person) -> GrantQuerySet:
    """All grants, with the names of what they are for."""
    rows = Grant.objects.select_related("resource", "project__resource", "group")
    return rows if may_manage_people(person) else rows.none()
