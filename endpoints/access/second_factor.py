"""Whether somebody must set up a second factor before anything else."""

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from endpoints.access.permissions import needs_second_factor
from endpoints.access.sessions import by_company


def missing_second_factor(request: HttpRequest) -> bool:
    """With ADMIN_SECOND_FACTOR, for an admin without one. Whoever came by the company has that of the company."""
    person = request.user
    if not settings.ADMIN_SECOND_FACTOR or not person.is_authenticated or not needs_second_factor(person):
        return False
    if by_company(request):
        return False
    own = Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES)
    return not own.exists()
