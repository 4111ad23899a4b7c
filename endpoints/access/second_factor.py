"""Second factors: whether somebody must set one up before anything else, and events of what people do to their own."""

from collections.abc import Callable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from endpoints import audit
from endpoints.access.permissions import needs_second_factor
from endpoints.access.sessions import by_company, company_proof
from endpoints.models.verbs import Verb


def missing_second_factor(request: HttpRequest) -> bool:
    """With ADMIN_SECOND_FACTOR, for an admin without one; with EVERYONE_SECOND_FACTOR, for anybody without one.

    Whoever came by the company has that of the company, unless OIDC_SECOND_FACTOR wants it in the token and it isn't.
    """
    person = request.user
    if not person.is_authenticated or not _needed(person):
        return False
    if by_company(request) and (not settings.OIDC_SECOND_FACTOR or company_proof(request).second_factor):
        return False
    own = Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return not own.exists()


@transaction.atomic
def recorded(user: User, act: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Do what a person does to their own second factors, and record what it has changed."""
    before = _factors(user)
    answer = act()
    after = _factors(user)
    for verb, changed in ((Verb.FACTOR_ADDED, after.keys() - before), (Verb.FACTOR_REMOVED, before.keys() - after)):
        for pk in sorted(changed):
            if (kind := (before | after)[pk]) != Authenticator.Type.RECOVERY_CODES:
                audit.record(verb, actor=user, factor=kind)
            elif verb == Verb.FACTOR_ADDED:
                audit.record(Verb.CODES_GENERATED, actor=user)
    return answer


def record_codes_viewed(user: User) -> None:
    audit.record(Verb.CODES_VIEWED, actor=user)


def _factors(user: User) -> dict[int, str]:
    """The kinds of a person's second factors by their ids."""
    return dict(Authenticator.objects.filter(user=user).values_list("pk", "type"))


def _needed(person: User) -> bool:
    return settings.EVERYONE_SECOND_FACTOR or (settings.ADMIN_SECOND_FACTOR and needs_second_factor(person))
