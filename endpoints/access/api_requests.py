"""Requests of programs by their Idempotency-Key; whoever claims one carries it out in the same transaction."""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import User
from django.utils import timezone

from endpoints.models import ApiRequest

KEPT = timedelta(days=30)


def claim(person: User, key: str, fingerprint: str) -> tuple[ApiRequest, bool]:
    """The request of this key, and whether it is a new one. Waits for another transaction that claims it."""
    return ApiRequest.objects.get_or_create(person=person, key=key, defaults={"fingerprint": fingerprint})


def complete(request: ApiRequest, target: UUID) -> None:
    ApiRequest.objects.filter(pk=request.pk).update(target=target)


def remove_old() -> int:
    """Forget those that are older than KEPT; the key of a change still names it after that."""
    removed, _by_model = ApiRequest.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    return removed
