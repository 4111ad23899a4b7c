"""Events of what superusers do in Django's administration: accounts, groups and permissions."""

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission, User
from django.db.models import QuerySet

from endpoints import audit
from endpoints.access.people import record_roles, roles_held
from endpoints.access.sessions import end_others
from endpoints.models.verbs import Verb


@dataclass(frozen=True)
class Account:
    """What an account may do. One that doesn't exist yet is active, like a new one."""

    roles: frozenset[str] = frozenset()
    active: bool = True
    staff: bool = False
    permissions: str = ""

    @classmethod
    def now(cls, pk: int) -> "Account":
        user = User.objects.get(pk=pk)
        roles = frozenset(roles_held(pk))
        return cls(roles, user.is_active, user.is_staff, _listed(user.user_permissions.all()))


def record_account(user: User, before: Account | None, *, actor: User) -> None:
    """Record what has changed since `before`, which is None for a new account; one that is off has no session."""
    name = user.get_username()
    if before is None:
        audit.record(Verb.ACCOUNT_ADDED, actor=actor, person=name)
    then, now = before or Account(), Account.now(user.pk)
    record_roles(user, {*then.roles}, actor=actor)
    if then.active != now.active:
        audit.record(Verb.ACCOUNT_ON if now.active else Verb.ACCOUNT_OFF, actor=actor, person=name)
        if not now.active:
            end_others(user)
    fields = [
        audit.field_change(field, getattr(then, field), getattr(now, field))
        for field in ("staff", "permissions")
        if getattr(then, field) != getattr(now, field)
    ]
    if fields:
        audit.record(Verb.ACCOUNT_CHANGED, actor=actor, person=name, fields=fields)


def password_now(pk: str) -> str | None:
    """The hash of the password; None when the address names no account."""
    return User.objects.filter(pk=pk).values_list("password", flat=True).first() if pk.isdecimal() else None


def record_password(pk: str, before: str | None, *, actor: User) -> None:
    """Record that the password isn't `before` any longer."""
    if before is not None and (user := User.objects.exclude(password=before).filter(pk=pk).first()):
        audit.record(Verb.PASSWORD_SET_BY, actor=actor, person=user.get_username())


def record_deleted(row: User | Group, *, actor: User) -> None:
    if isinstance(row, Group):
        audit.record(Verb.GROUP_DELETED, actor=actor, group=row.name)
    else:
        audit.record(Verb.ACCOUNT_DELETED, actor=actor, person=row.get_username())


def group_now(pk: int) -> dict[str, str]:
    group = Group.objects.get(pk=pk)
    return {"name": group.name, "permissions": _listed(group.permissions.all())}


def record_group(group: Group, before: dict[str, str] | None, *, actor: User) -> None:
    """Record what has changed since `before`, which is None for a new group."""
    now = group_now(group.pk)
    if before is None:
        audit.record(Verb.GROUP_ADDED, actor=actor, group=group.name)
        before = {"name": group.name, "permissions": ""}
    fields = [audit.field_change(field, before[field], now[field]) for field in now if before[field] != now[field]]
    if fields:
        audit.record(Verb.GROUP_CHANGED, actor=actor, group=before["name"], fields=fields)


def _listed(permissions: "QuerySet[Permission, Permission]") -> str:
    """Like "auth.view_user"."""
    return ", ".join(sorted(f"{one.content_type.app_label}.{one.codename}" for one in permissions.select_related()))
