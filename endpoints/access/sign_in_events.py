"""Events of sign-in: who signed in and how, and which attempts were refused and why."""

import hashlib

from allauth.account.authentication import get_authentication_records
from django.contrib.auth.models import User
from django.core.cache import cache
from django.http import HttpRequest

from endpoints import audit
from endpoints.models.verbs import Verb

# Attempts beyond the limits are recorded once in this time for a name and an address, or they would fill Activity.
ONCE_IN = 60  # seconds


def signed_in(request: HttpRequest, user: User, address: str, *, break_glass: bool) -> None:
    audit.record(
        Verb.SIGNED_IN, actor=user, address=address, how="break-glass" if break_glass else _method(request, user)
    )


def _method(request: HttpRequest, user: User) -> str:
    records = get_authentication_records(request, user)
    if any(record["method"] == "socialaccount" for record in records):
        return "company"
    return "passkey" if any(record.get("passwordless") for record in records) else ""


def refused(user: User | None, address: str, why: str) -> None:
    """`user`: None when no account has the name, which may be a password in the wrong field.

    `why`: "password", "second-factor", "passkey", "off" (the account) or "company-only".
    """
    audit.record(Verb.SIGN_IN_REFUSED, actor=user, address=address, why=why)


def throttled(name: str, address: str) -> None:
    """`name`: as it was entered; empty when too many attempts came from an address, whatever the names."""
    who = hashlib.sha256(f"{address} {name}".encode()).hexdigest()
    if cache.add(f"throttled-{who}", True, ONCE_IN):
        refused(User.objects.filter(username=name).first() if name else None, address, "throttled")
