"""What is done to people's accounts by those who manage them: roles, sessions, second factors. Each act is recorded."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import Group, User
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.urls import reverse

from endpoints import audit
from endpoints.access import tokens
from endpoints.access.grants import group_names, holding_groups
from endpoints.access.sessions import end_one, end_others
from endpoints.models import ServiceAccount
from endpoints.models.verbs import Verb


def with_sign_in(rows: "QuerySet[User, User]") -> "QuerySet[User, User]":
    """With `by_company`, `by_app` and `by_passkey`: how each person signs in; and the groups of each.

    `is_service`: nobody signs in with it.
    """
    factors = Authenticator.objects.filter(user=OuterRef("pk"))
    return rows.annotate(
        by_company=Exists(SocialAccount.objects.filter(user=OuterRef("pk"))),
        by_app=Exists(factors.filter(type=Authenticator.Type.TOTP)),
        is_service=Exists(ServiceAccount.objects.filter(person=OuterRef("pk"))),
        by_passkey=Exists(factors.filter(type=Authenticator.Type.WEBAUTHN)),
    ).prefetch_related("groups")


def may_change(person: User, account: User) -> bool:
    """Whether somebody who manages people may change this account: a superuser's only when they are one, too."""
    return person.is_superuser or not account.is_superuser


@transaction.atomic
def set_roles(user: User, roles: set[str], *, actor: User | None = None) -> bool:
    """Put the person into exactly these of the groups that hold any role; other groups stay.

    `actor`: who decided it, None for the groups of the identity provider. Returns whether anything changed.
    """
    held = roles_held(user.pk)
    before = held & {*holding_groups().values_list("name", flat=True)}
    user.groups.remove(*Group.objects.filter(name__in=before - roles))
    user.groups.add(*Group.objects.filter(name__in=roles - before))
    return record_roles(user, held, actor=actor)


def roles_held(pk: int) -> set[str]:
    """The groups of a person, among them our roles, and "superuser"."""
    user = User.objects.filter(pk=pk).first()
    if user is None:
        return set()
    return {*user.groups.values_list("name", flat=True), *(["superuser"] if user.is_superuser else [])}


def record_roles(user: User, before: set[str], *, actor: User | None) -> bool:
    """Record a change of roles since `before`; returns whether there was one."""
    now = roles_held(user.pk)
    if before == now:
        return False
    change = audit.field_change("role", _listed(before), _listed(now))
    audit.record(Verb.ROLES_CHANGED, actor=actor, person=user.get_username(), fields=[change])
    return True


def _listed(roles: set[str]) -> str:
    order = group_names()
    return ", ".join([*(name for name in order if name in roles), *sorted(roles - {*order})])


@transaction.atomic
def set_active(user: User, *, active: bool, actor: User) -> bool:
    """Turn an account on, or off, which ends its sessions and tokens; returns whether anything changed."""
    if not User.objects.filter(pk=user.pk).exclude(is_active=active).update(is_active=active):
        return False
    if not active:
        end_others(user)
        tokens.end_all(user)
    audit.record(Verb.ACCOUNT_ON if active else Verb.ACCOUNT_OFF, actor=actor, person=user.get_username())
    return True


@transaction.atomic
def end_sessions(user: User, one: str, *, actor: User) -> int:
    """End one session of a person, or all with an empty `one`; returns how many were ended."""
    ended = end_one(user, one) if one else end_others(user)
    if ended:
        audit.record(Verb.SESSIONS_ENDED_BY, actor=actor, person=user.get_username())
    return ended


@transaction.atomic
def remove_second_factor(user: User, *, actor: User) -> bool:
    """Remove all second factors of a person, and end their sessions; returns whether there was one."""
    found, _by_model = Authenticator.objects.filter(user=user).delete()
    if not found:
        return False
    end_others(user)
    audit.record(Verb.SECOND_FACTOR_REMOVED, actor=actor, person=user.get_username())
    return True


class NameTaken(Exception):
    """Another account has this username, in whatever case of letters."""


def invite(name: str, email: str, roles: set[str], *, actor: User) -> User:
    """Create an account without a password, which the person sets by password_path; raises NameTaken."""
    try:
        with transaction.atomic():
            if User.objects.filter(username__iexact=name).exists():
                raise NameTaken
            user = User.objects.create_user(name, email)
            audit.record(Verb.INVITED, actor=actor, person=name)
            set_roles(user, roles, actor=actor)
    except IntegrityError:
        raise NameTaken from None
    return user


def add_service_account(name: str, roles: set[str], *, actor: User) -> User:
    """Create an account with which nobody can sign in; raises NameTaken."""
    try:
        with transaction.atomic():
            if User.objects.filter(username__iexact=name).exists():
                raise NameTaken
            user = User.objects.create_user(name)
            ServiceAccount.objects.create(person=user)
            audit.record(Verb.SERVICE_ACCOUNT_ADDED, actor=actor, person=name)
            set_roles(user, roles, actor=actor)
    except IntegrityError:
        raise NameTaken from None
    return user


def password_path(user: User, *, actor: User) -> str:
    """The path of a page where the person sets a new password, once, within PASSWORD_RESET_TIMEOUT (three days)."""
    from allauth.account.forms import default_token_generator  # workers, which come here by the door, never need it
    from allauth.account.utils import user_pk_to_url_str

    audit.record(Verb.PASSWORD_LINK, actor=actor, person=user.get_username())
    key = {"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=key)
