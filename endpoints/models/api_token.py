"""Tokens of the API: a program acts as a person, with at most the person's rights. Only their hashes are stored."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def alive(self) -> Self:
        """Tokens that open the API now: not expired, and of somebody whose account is turned on."""
        return self.filter(expires_at__gt=timezone.now(), person__is_active=True)


class ApiToken(models.Model):
    """A token that is revoked is deleted; Activity keeps who did so."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token, which has 256 random bits
    ending = models.CharField(max_length=4)
    rights = models.JSONField(null=True)  # the names of the only rights that it has; None: all of the person's
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "name"], name="token_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def only_reads(self) -> bool:
        """Sees endpoints, and nothing more."""
        return self.rights is not None and not {*self.rights} - {"view_endpoint", "view_health"}

    @property
    def expired(self) -> bool:
        return self.expires_at <= timezone.now()


class ServiceAccount(models.Model):
    """Marks an account of a program: nobody signs in with it, and owners make its tokens."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="service_account"
    )
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.person)


class ApiRequest(models.Model):
    """A request of a program that was carried out, by its Idempotency-Key, so that the same one is not done twice.

    What was requested is shown as it is now, not as it was answered.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # of the address and the body
    target = models.UUIDField(null=True)  # what it was about: a change, a download, an endpoint, a Speech resource
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="request_once")]

    def __str__(self) -> str:
        return self.key
