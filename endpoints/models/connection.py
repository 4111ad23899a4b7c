"""How a Speech resource is reached: its address, its API version, and how the client authenticates."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models.secret import CannotDecrypt, Secret, SecretField

REGION = re.compile(r"[a-zA-Z]+([0-9]+[a-zA-Z]*)?")  # eastus, westus3, eastus2euap


class ApiVersion(models.TextChoices):
    """Versions of the Speech to text REST API that the client supports."""

    V3_2 = "v3.2", "v3.2"
    V2024_11_15 = "2024-11-15", "2024-11-15"
    V2025_10_15 = "2025-10-15", "2025-10-15"


class Auth(models.TextChoices):
    """How the client authenticates."""

    KEY = "key", gettext_lazy("Key of the resource")
    CLIENT_SECRET = "client-secret", gettext_lazy("Microsoft Entra application")
    MANAGED_IDENTITY = "managed-identity", gettext_lazy("Managed identity of this machine")


@dataclass(frozen=True)
class Cloud:
    """One of Azure's clouds: public, government or china ("Sovereign clouds for speech service")."""

    name: str
    regions: str
    management: str
    recognition: str
    custom_domain: str
    blobs: tuple[str, ...]


CLOUDS = (
    Cloud(
        name="government",
        regions="usgov",
        management="api.cognitive.microsoft.us",
        recognition="stt.speech.azure.us",
        custom_domain="cognitiveservices.azure.us",
        blobs=("blob.core.usgovcloudapi.net",),
    ),
    Cloud(
        name="china",
        regions="china",
        management="api.cognitive.azure.cn",
        recognition="stt.speech.azure.cn",
        custom_domain="cognitiveservices.azure.cn",
        blobs=("blob.core.chinacloudapi.cn",),
    ),
    Cloud(
        name="public",
        regions="",
        management="api.cognitive.microsoft.com",
        recognition="stt.speech.microsoft.com",
        custom_domain="cognitiveservices.azure.com",
        blobs=("blob.core.windows.net", "blob.storage.azure.net"),
    ),
)


def end_of(key: Secret | None) -> str:
    """The last 4 characters of a key. Of a short secret, 4 characters would be too much of it: ""."""
    try:
        text = key.open() if key else ""
    except CannotDecrypt:
        return ""
    return text[-4:] if len(text) >= 16 else ""


class Connection(models.Model):
    """The fields and rules that a Speech resource shares with a draft of one."""

    region = models.CharField(
        gettext_lazy("Service region"), max_length=50, blank=True, help_text=gettext_lazy("For example, eastus.")
    )
    url = models.URLField(max_length=500, blank=True)
    api_version = models.CharField(
        gettext_lazy("API version"), max_length=20, choices=ApiVersion, default=ApiVersion.V3_2
    )
    # Whether a worker chooses the version: once, when nobody has named one.
    automatic_version = models.BooleanField(default=False, db_default=False)
    auth = models.CharField(gettext_lazy("Authentication"), max_length=20, choices=Auth, default=Auth.KEY)
    tenant_id = models.CharField(gettext_lazy("Tenant ID"), max_length=100, blank=True)
    client_id = models.CharField(gettext_lazy("Client ID"), max_length=100, blank=True)
    key = SecretField(gettext_lazy("Key or client secret"), null=True)
    log_container = SecretField(null=True)
    free_tier = models.BooleanField(gettext_lazy("Free tier (F0)"), default=False)  # the API does not say

    class Meta:
        abstract = True

    @property
    def endpoint_url(self) -> str:
        """Protocol and host of the REST API, without a slash at the end."""
        return self.url.rstrip("/") or f"https://{self.region.lower()}.{self.cloud.management}"

    @property
    def cloud(self) -> Cloud:
        """Its cloud, by its region, or by its address when no region is given; letter case does not matter."""
        if self.region:
            return next(cloud for cloud in CLOUDS if self.region.lower().startswith(cloud.regions))
        host = urlsplit(self.url).hostname or ""
        hosts = {cloud: (f".{cloud.management}", f".{cloud.custom_domain}") for cloud in CLOUDS}
        return next((cloud for cloud in CLOUDS if host.endswith(hosts[cloud])), CLOUDS[-1])

    @property
    def sign_in(self) -> tuple[str, ...]:
        """Where its secret is sent, and as whose: with another value, the stored secret must not be used."""
        application = (self.cloud.name, self.tenant_id, self.client_id) if self.auth == Auth.CLIENT_SECRET else ()
        return (self.endpoint_url, self.auth, *application)

    @property
    def key_end(self) -> str:
        """The last 4 characters of its key, which tell two keys apart; empty when there are none to show."""
        return end_of(self.key) if self.auth == Auth.KEY else ""

    @property
    def is_regional(self) -> bool:
        """Whether its address is that of a region, which many Speech resources share, and tells none apart."""
        return (urlsplit(self.endpoint_url).hostname or "").endswith(f".{self.cloud.management}")

    @staticmethod
    def default_name(region: str, url: str) -> str:
        """A name for a resource without one: from its custom domain, or from its region."""
        host = urlsplit(url).hostname or ""
        subdomain = host.partition(".")[0]
        if not subdomain or subdomain == region or subdomain.isdigit():
            return f"Speech {region or host}"
        return subdomain

    def clean(self) -> None:
        if not (self.region or self.url):
            raise ValidationError({"region": _("Enter the region, or the address of a custom domain.")})
        if self.region and not REGION.fullmatch(self.region):
            raise ValidationError({"region": _("Enter the region as one word, for example westeurope.")})
        if self.auth != Auth.KEY and not self.url:
            raise ValidationError({"url": _("Microsoft Entra requires a custom domain.")})
        if self.auth == Auth.CLIENT_SECRET and not (self.tenant_id and self.client_id):
            raise ValidationError({"tenant_id": _("Enter the tenant ID and the client ID of the application.")})
        if self.url and not (self.url.startswith("https://") or settings.DEMO):
            raise ValidationError({"url": _("The address must start with https://.")})
