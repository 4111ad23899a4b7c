"""Tokens of the API: made, found by what a program sends, and revoked. Each act but the use is recorded."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from endpoints import audit
from endpoints.models import ApiToken
from endpoints.models.api_token import ApiTokenQuerySet
from endpoints.models.verbs import Verb

PREFIX = "speech_"  # by which scanners of repositories, and people, know a token of this product
MOST = 50  # of a person
KEPT = timedelta(days=30)
USED_EVERY = timedelta(minutes=1)


class NameTaken(Exception):
    """The person has a token of this name."""


class TooMany(Exception):
    """The person has MOST tokens."""


def create(person: User, name: str, *, days: int, rights: list[str] | None, actor: User) -> tuple[ApiToken, str]:
    """A token and its secret, which is known only now. `rights`: the only ones it has; None for all of the person's.

    Raises NameTaken and TooMany.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    if of_person(person).count() >= MOST:
        raise TooMany
    try:
        with transaction.atomic():
            token = ApiToken.objects.create(
                person=person,
                name=name,
                digest=digest_of(secret),
                ending=secret[-4:],
                rights=rights,
                expires_at=timezone.now() + timedelta(days=days),
            )
            _record(Verb.TOKEN_CREATED, Verb.TOKEN_CREATED_FOR, token, actor)
    except IntegrityError:
        raise NameTaken from None
    return token, secret


@transaction.atomic
def revoke(person: User, pk: UUID, *, actor: User) -> bool:
    """The token opens nothing from now on; False when the person has no such token."""
    token = of_person(person).filter(pk=pk).first()
    if token is None:
        return False
    token.delete()
    _record(Verb.TOKEN_REVOKED, Verb.TOKEN_REVOKED_OF, token, actor)
    return True


def end_all(person: User) -> int:
    """Of an account that is turned off: its tokens stay ended when it is turned on again."""
    ended, _by_model = of_person(person).delete()
    return ended


def remove_expired() -> int:
    """Those that expired longer than KEPT ago; until then, lists show them so that nobody has to wonder."""
    removed, _by_model = ApiToken.objects.filter(expires_at__lt=timezone.now() - KEPT).delete()
    return removed


def of_person(person: User) -> ApiTokenQuerySet:
    return ApiToken.objects.filter(person=person)


def found(secret: str) -> ApiToken | None:
    """The token that a program has sent, with its person, whose rights are narrowed to the token's."""
    token = ApiToken.objects.alive().select_related("person").filter(digest=digest_of(secret)).first()
    if token:
        person = token.person
        person.by_token = token.name  # type: ignore[attr-defined]  # each event of this request names it
        if token.rights is not None:
            person.only_rights = frozenset(token.rights)  # type: ignore[attr-defined]  # grants.scope reads it
    return token


def record_use(token: ApiToken) -> None:
    """To the minute, so that most requests write nothing."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > USED_EVERY:
        earlier = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiToken.objects.filter(earlier, pk=token.pk).update(last_used_at=now)


def digest_of(secret: str) -> str:
    """No slow hash is needed: nobody can try out 256 random bits."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def _record(own: Verb, of_other: Verb, token: ApiToken, actor: User) -> None:
    if token.person_id == actor.pk:
        audit.record(own, actor=actor, token=token.name)
    else:
        audit.record(of_other, actor=actor, token=token.name, person=token.person.get_username())
