"""The form of a Speech resource."""

import re
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models import Resource
from endpoints.models.resource import CLOUDS, ApiVersion, Auth
from endpoints.models.secret import Secret

_API_PATH = re.compile(r"/(?:sts|speechtotext|speech|stt|tts|cognitiveservices|texttospeech)(?:/|$)", re.IGNORECASE)
_AZURE = tuple(host for cloud in CLOUDS for host in (cloud.management, cloud.recognition, cloud.custom_domain))
_BLOBS = tuple(f".{host}" for cloud in CLOUDS for host in cloud.blobs)


def origin(address: str) -> str:
    """Protocol and host of an address. The path of a company's own proxy in front of the service is kept."""
    parts = urlsplit(address)
    if not parts.hostname:
        return address
    path = "" if parts.hostname.endswith(_AZURE) else _API_PATH.split(parts.path, maxsplit=1)[0].rstrip("/")
    return f"{parts.scheme}://{parts.netloc}{path}"


def _refuse_private(address: str) -> None:
    """A worker refuses each connection to a private network; this tells it at once, as far as no name is involved."""
    host = urlsplit(address).hostname or ""
    try:
        found = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        return
    if not found.is_global and not any(found in ip_network(network) for network in settings.PRIVATE_NETWORKS):
        raise forms.ValidationError(
            _("The address is in a private network that the setting PRIVATE_NETWORKS does not name.")
        )


class ResourceForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's takes none at run time
    """A Speech resource; its key is written, never shown."""

    url = forms.URLField(
        label=gettext_lazy("Service address"),
        help_text=gettext_lazy("Only for a custom domain or private endpoint; otherwise it follows from the region."),
        assume_scheme="https",
        max_length=500,
        required=False,
    )
    api_version = forms.ChoiceField(
        label=gettext_lazy("API version"),
        choices=[("", gettext_lazy("Choose automatically")), *ApiVersion.choices],
        help_text=gettext_lazy("Automatically: v3.2 if the service answers in it, otherwise the newest that it has."),
        required=False,
    )
    new_key = forms.CharField(
        label=gettext_lazy("Key or client secret"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        required=False,
        max_length=200,
    )
    new_log_container = forms.URLField(
        label=gettext_lazy("Storage container of the content logs"),
        help_text=gettext_lazy(
            "Only for a resource with its own storage: the address of the container customspeech-audiologs "
            "with a SAS token that may list and read."
        ),
        assume_scheme="https",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        required=False,
        max_length=2000,
    )

    class Meta:
        model = Resource
        fields = ("name", "region", "url", "free_tier", "auth", "tenant_id", "client_id")

    field_order = ("name", "region", "url", "api_version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = not self.instance._state.adding
        self.initial["api_version"] = self.instance.api_version if known and not self.instance.automatic_version else ""
        self._stored_for = self.instance.sign_in if self.instance.key else None
        if self.instance.key:
            self.fields["new_key"].help_text = _("Leave it empty to keep what is stored.")
        if self.instance.log_container:
            self.fields["new_log_container"].help_text = _("One is stored; leave it empty to keep it.")

    def clean_url(self) -> str:
        """The address without what the portal shows behind it, such as /sts/v1.0/issuetoken or /speechtotext/v3.2."""
        if "@" in urlsplit(self.cleaned_data["url"]).netloc:
            raise forms.ValidationError(_("The address must not contain a user name or a password."))
        address = origin(self.cleaned_data["url"])
        _refuse_private(address)
        return address

    def clean_new_log_container(self) -> str:
        address: str = self.cleaned_data["new_log_container"]
        _refuse_private(address)
        return address

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self._check_container(values.get("new_log_container") or "", values.get("auth") or "")
        needs_key = values.get("auth") != Auth.MANAGED_IDENTITY and not values.get("new_key")
        if needs_key and not self.instance.key:
            self.add_error("new_key", _("A key or a client secret is needed to sign in with."))
        elif needs_key and self._signs_in_elsewhere(values):
            # Otherwise whoever may change the address could have the stored secret sent to a server of their own.
            self.add_error(
                "new_key",
                _("The address or the way of signing in has changed: enter the key or client secret again."),
            )
        return values

    def _check_container(self, address: str, auth: str) -> None:
        """Without a SAS token in its address a container is sent an Entra token, which opens other storage too."""
        parts = urlsplit(address)
        if not address or "sig" in parse_qs(parts.query):
            return
        if auth == Auth.KEY:
            error = _("The address needs a SAS token, because the resource has only a key.")
            self.add_error("new_log_container", error)
        elif parts.scheme != "https" or not (parts.hostname or "").endswith(_BLOBS):
            self.add_error(
                "new_log_container",
                _("Without a SAS token, the address must be one of Azure Blob Storage, and start with https://."),
            )

    def _signs_in_elsewhere(self, values: dict[str, Any]) -> bool:
        given = {name: values.get(name) or "" for name in ("region", "url", "auth", "tenant_id", "client_id")}
        return self._stored_for is not None and Resource(**given).sign_in != self._stored_for

    def save(self, commit: bool = True) -> Resource:
        if self.cleaned_data["new_key"]:
            self.instance.key = Secret.of(self.cleaned_data["new_key"])
        elif self._signs_in_elsewhere(self.cleaned_data):
            self.instance.key = None  # the machine's identity needs none
        if self.cleaned_data["new_log_container"]:
            self.instance.log_container = Secret.of(self.cleaned_data["new_log_container"])
        version = self.cleaned_data["api_version"]
        self.instance.automatic_version = not version
        self.instance.api_version = version or self.instance.api_version
        resource: Resource = super().save(commit=commit)
        return resource
