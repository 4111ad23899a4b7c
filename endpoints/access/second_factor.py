"""Whether somebody must set up a second factor before anything else."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest

from endpoints.access.permissions import needs_second_factor
from endpoints.access.sessions import by_company, company_proof


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


def _needed(person: User) -> bool:
    return settings.EVERYONE_SECOND_FACTOR or (settings.ADMIN_SECOND_FACTOR and needs_second_factor(person))
