"""The form of a Speech resource."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models import Resource
from endpoints.models.connection import ApiVersion, Auth
from endpoints.models.secret import LOCKED, CannotDecrypt, Secret, locked
from endpoints.models.service_errors import in_words
from endpoints.pages.forms import connection_rules as rules
from endpoints.pages.forms.error_texts import ModelBoundForm


class ResourceForm(ModelBoundForm):
    """A Speech resource; its key is written, never shown."""

    url = forms.URLField(
        label=gettext_lazy("Service address"),
        help_text=gettext_lazy(
            "Only for a custom domain or private endpoint. Otherwise, the region determines the address."
        ),
        assume_scheme="https",
        max_length=500,
        required=False,
    )
    own_gateway = forms.BooleanField(
        label=gettext_lazy("This is the address of your own gateway"),
        help_text=gettext_lazy("Select this if the address doesn't belong to Azure. The key is sent to that address."),
        required=False,
    )
    api_version = forms.ChoiceField(
        label=gettext_lazy("API version"),
        choices=[("", gettext_lazy("Choose automatically")), *ApiVersion.choices],
        help_text=gettext_lazy(
            "Automatic: v3.2 if the service supports it. Otherwise, the newest version that it supports."
        ),
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
            "Only for a resource with its own storage: the address of the container customspeech-audiologs, "
            "including a SAS token with list and read permissions."
        ),
        assume_scheme="https",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        required=False,
        max_length=2000,
    )

    class Meta:
        model = Resource
        fields = ("name", "region", "url", "free_tier", "auth", "tenant_id", "client_id")
        error_messages = {
            "name": {"unique": gettext_lazy("Another resource already has this name. Enter a different name.")}
        }

    field_order = ("name", "region", "url", "own_gateway", "api_version")

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["region"].widget.attrs["autocapitalize"] = "off"
        self.initial["own_gateway"] = rules.is_elsewhere(self.instance.url)
        known = (self.instance.region or self.instance.url) and not self.instance.automatic_version
        self.initial["api_version"] = self.instance.api_version if known else ""
        self._stored_for = self.instance.sign_in if self.instance.key else None
        if self.instance.key:
            self.fields["new_key"].help_text = _("Leave empty to keep the stored value.")
        if self.instance.log_container:
            self.fields["new_log_container"].help_text = _("A value is stored. Leave empty to keep it.")

    def clean_url(self) -> str:
        """The address without what the portal shows behind it, such as /sts/v1.0/issuetoken or /speechtotext/v3.2."""
        rules.refuse_odd(self.cleaned_data["url"])
        address = rules.origin(self.cleaned_data["url"])
        rules.refuse_private(address)
        return address

    def clean_region(self) -> str:
        """The region's name as the API has it, also from the one that the portal shows: East US 2 is eastus2."""
        return "".join(self.cleaned_data["region"].lower().split())

    def clean_new_log_container(self) -> str:
        address: str = self.cleaned_data["new_log_container"]
        rules.refuse_odd(address)
        rules.refuse_private(address)
        return address

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        self._check_container(values.get("new_log_container") or "", values.get("auth") or "")
        self._check_address(values)
        needs_key = values.get("auth") != Auth.MANAGED_IDENTITY and not values.get("new_key")
        if needs_key and not self.instance.key:
            self.add_error("new_key", _("Enter the key or the client secret."))
        elif needs_key and self._signs_in_elsewhere(values):
            # Otherwise whoever may change the address could have the stored secret sent to a server of their own.
            self.add_error(
                "new_key",
                _("The address or authentication changed. Enter the key or client secret again."),
            )
        replaces = values.get("new_key") or values.get("new_log_container") or self._signs_in_elsewhere(values)
        if replaces and locked():
            raise forms.ValidationError(in_words(LOCKED))
        if not self.errors and (same := self._same_resource(values)):
            name = {"name": same.name}
            if same.is_regional:
                self.add_error("new_key", _("%(name)s already uses this key in this region.") % name)
            else:
                self.add_error("url", _("%(name)s already uses this address.") % name)
        return values

    def _check_address(self, values: dict[str, Any]) -> None:
        """What can be known of the address and the key without asking the service."""
        url, region, key = (values.get(name) or "" for name in ("url", "region", "new_key"))
        if url and (why := rules.why_not_of_azure(url, region, own_gateway=values["own_gateway"])):
            self.add_error("url", why)
        if not key or values.get("auth") != Auth.KEY:
            return
        if rules.is_elsewhere(url):
            if not rules.WORD.fullmatch(key):
                self.add_error("new_key", _("A key can't contain spaces."))
        elif not rules.KEY.fullmatch(key):
            self.add_error(
                "new_key", _("Enter a key of 32 characters (0 to 9 and a to f) or of 84 letters and digits.")
            )

    def _same_resource(self, values: dict[str, Any]) -> Resource | None:
        """Another row of the same Speech resource: with the same address, in a region also with the same key."""
        wanted = Resource(**{name: values.get(name) or "" for name in ("region", "url", "auth")})
        others = door.resources(self.person, door.MANAGE).exclude(pk=self.instance.pk)
        alike = [other for other in others if other.endpoint_url.lower() == wanted.endpoint_url.lower()]
        if not wanted.is_regional:
            return alike[0] if alike else None
        typed = Secret.of(values["new_key"]) if values.get("new_key") else self.instance.key
        return next((one for one in alike if _same(one.key, typed) or _same(one.second_key, typed)), None)

    def _check_container(self, address: str, auth: str) -> None:
        """Without a SAS token in its address a container is sent an Entra token, which opens other storage too."""
        parts = urlsplit(address)
        if not address or "sig" in parse_qs(parts.query):
            return
        if auth == Auth.KEY:
            error = _("Include a SAS token in the address. The resource has only a key.")
            self.add_error("new_log_container", error)
        elif parts.scheme != "https" or not (parts.hostname or "").endswith(rules.BLOBS):
            self.add_error(
                "new_log_container",
                _("Without a SAS token, enter an Azure Blob Storage address that starts with https://."),
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


def _same(one: Secret | None, other: Secret | None) -> bool:
    """Whether two secrets are the same text; not if one of them cannot be decrypted."""
    try:
        return one is not None and other is not None and one.open() == other.open()
    except CannotDecrypt:
        return False
