"""A Speech resource: where the service answers, the key to it, and how it fares."""

import uuid
from typing import Self
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models.claim import Claimable, ClaimQuerySet
from endpoints.models.secret import Secret, SecretField

# Sovereign clouds by the regions they have (sovereign-clouds documentation; service-facts 6).
_DOMAINS = {
    "usgov": ("api.cognitive.microsoft.us", "stt.speech.azure.us"),
    "china": ("api.cognitive.azure.cn", "stt.speech.azure.cn"),
    "": ("api.cognitive.microsoft.com", "stt.speech.microsoft.com"),
}


class ResourceQuerySet(ClaimQuerySet["Resource"]):
    def failing(self) -> Self:
        """Resources whose service has not answered since `failing_since`, or refuses us."""
        return self.filter(failing_since__isnull=False)

    def register(self, *, region: str, url: str, key: str, api_version: str, name: str = "") -> "Resource":
        """Add a resource, or bring the one of this name up to date; it is asked at once."""
        name = name or _name_of(region, url)
        resource = self.filter(name=name).first() or self.model(name=name)
        resource.region, resource.url, resource.api_version = region, url, api_version
        if resource._state.adding or resource.key.open() != key:
            resource.key = Secret.of(key)
        resource.next_look_at, resource.leased_until = timezone.now(), None
        resource.save()
        return resource


class Resource(Claimable):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(gettext_lazy("Name"), max_length=200, unique=True)
    region = models.CharField(
        gettext_lazy("Service region"), max_length=50, blank=True, help_text=gettext_lazy("For example eastus.")
    )
    url = models.URLField(max_length=500, blank=True)
    api_version = models.CharField(gettext_lazy("API version"), max_length=20, default="v3.2")
    key = SecretField(gettext_lazy("Key"))
    created_at = models.DateTimeField(auto_now_add=True)

    mirrored_at = models.DateTimeField(null=True, blank=True, editable=False)
    catalogued_at = models.DateTimeField(null=True, blank=True, editable=False)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    failure = models.CharField(max_length=500, blank=True, editable=False)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        permissions = [("manage_resources", "Can manage Speech resources and their keys")]
        default_permissions = ()

    def __str__(self) -> str:
        return self.name

    @property
    def endpoint_url(self) -> str:
        """Protocol and host of the REST API, without a slash at the end."""
        return self.url.rstrip("/") or f"https://{self.region}.{_cloud(self.region)[0]}"

    @property
    def recognition_host(self) -> str:
        """The host that recognizes speech, for sample code (service-facts 6)."""
        return f"{self.region}.{_cloud(self.region)[1]}"

    @property
    def health(self) -> dict[str, str]:
        """How it fares, as level (ok, warning or waiting) and words."""
        if self.failing_since:
            return {"level": "warning", "words": _("Does not answer")}
        if self.mirrored_at is None:
            return {"level": "waiting", "words": _("Not asked yet")}
        return {"level": "ok", "words": _("Answers")}

    def clean(self) -> None:
        if not (self.region or self.url):
            raise ValidationError({"region": _("Give the region, or the address of a custom domain.")})
        if self.region and not self.region.isalnum():
            raise ValidationError({"region": _("A region is written as one word, for example westeurope.")})
        if self.url and not (self.url.startswith("https://") or settings.DEMO):
            raise ValidationError({"url": _("The address must start with https://.")})

    def answered(self) -> None:
        """The service has answered: whatever was wrong is over."""
        if self.failing_since:
            Resource.objects.filter(pk=self.pk).update(failing_since=None, failure="")
            self.failing_since, self.failure = None, ""

    def failed(self, why: str) -> None:
        """The service did not answer, or refused us, in words for people."""
        first = self.failing_since or timezone.now()
        Resource.objects.filter(pk=self.pk).update(failing_since=first, failure=why[:500])
        self.failing_since, self.failure = first, why


def _cloud(region: str) -> tuple[str, str]:
    return next(hosts for prefix, hosts in _DOMAINS.items() if region.startswith(prefix))


def _name_of(region: str, url: str) -> str:
    """The custom domain's own name, or one made of the region."""
    host = urlsplit(url).hostname or ""
    own = host.partition(".")[0]
    return own if own and own != region else f"Speech {region}"
