"""The form of a channel of alerts."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.auth.models import User
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.access import door
from endpoints.access.permissions import may_manage_people
from endpoints.alerts.channels import MOST, SETTINGS, TooMany
from endpoints.messages.alerts.addresses import is_service
from endpoints.models import AlertChannel
from endpoints.models.alert import AlertRule
from endpoints.models.alert_channel import ChannelKind, Rhythm
from endpoints.models.service_errors import in_words
from endpoints.pages import time_zones
from endpoints.pages.forms.connection_rules import refuse_odd, refuse_private
from endpoints.pages.forms.error_texts import Form

ME, EVERYONE = "me", "everyone"


class ChannelForm(Form):
    """A new channel, or the settings of `channel`, whose kind and owner stay."""

    kind_of = forms.ChoiceField(label=gettext_lazy("Type"), choices=ChannelKind)
    owner_of = forms.ChoiceField(label=gettext_lazy("For"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=2000, required=False)
    rules = forms.MultipleChoiceField(
        label=gettext_lazy("Alerts"), required=False, choices=AlertRule, widget=forms.CheckboxSelectMultiple
    )
    resource = forms.ChoiceField(label=gettext_lazy("Speech resource"), required=False)
    rhythm = forms.ChoiceField(label=gettext_lazy("When"), required=False, choices=Rhythm)
    quiet_from = forms.TimeField(
        label=gettext_lazy("Quiet from"), required=False, widget=forms.TimeInput({"type": "time"})
    )
    quiet_until = forms.TimeField(
        label=gettext_lazy("Quiet until"), required=False, widget=forms.TimeInput({"type": "time"})
    )
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"))
    enabled = forms.BooleanField(label=gettext_lazy("On"), required=False)

    def __init__(self, data: Any = None, *, person: User, kind: str = "", channel: AlertChannel | None = None) -> None:
        self.person, self.channel = person, channel
        self._groups = {str(one.pk): one for one in door.groups(person)}
        self._resources = {str(one.pk): one for one in door.resources(person).present()}
        zone = channel.time_zone if channel else ""
        usual = {"rules": AlertRule.values, "enabled": True, "kind_of": kind, "owner_of": ME}
        usual["time_zone"] = zone or str(timezone.get_current_timezone())
        stored = {name: getattr(channel, name) for name in SETTINGS} if channel else {}
        stored = {**stored, "resource": channel.resource_id} if channel else {}
        super().__init__(data, initial={**usual, **{name: value for name, value in stored.items() if value != []}})
        self._offer()

    def _offer(self) -> None:
        """The choices that depend on the person; a stored channel keeps its kind and owner."""
        fields: dict[str, Any] = self.fields
        if self.channel:
            del fields["kind_of"], fields["owner_of"]
        else:
            shared = [(EVERYONE, _("Everyone")), *((pk, str(group)) for pk, group in self._groups.items())]
            fields["owner_of"].choices = [(ME, _("Me")), *(shared if may_manage_people(self.person) else [])]
        fields["resource"].choices = [("", _("All")), *((pk, str(one)) for pk, one in self._resources.items())]
        fields["time_zone"].choices = [("UTC", "UTC"), *time_zones.by_area()]
        fields["rules"].help_text = _("Without a selection, all of them.")
        fields["quiet_from"].help_text = _("In these hours nothing is sent. It's sent when they end.")
        kept = _("Leave it empty to keep the stored address.")
        asked = _(
            "An e-mail address, or empty for the one of your account; the URL of a chat or on-call service, as Apprise "
            "writes it or as Slack or Teams shows it; or the https:// address of your web hook."
        )
        fields["address"].help_text = kept if self.channel else asked
        fields["address"].widget.attrs |= {"autocomplete": "off", "spellcheck": "false"}

    @property
    def kind(self) -> str:
        return self.channel.kind if self.channel else str(self.cleaned_data.get("kind_of", ""))

    @property
    def owner(self) -> dict[str, Any]:
        """`person` and `group` of a new channel."""
        owner = self.cleaned_data["owner_of"]
        return {"person": self.person if owner == ME else None, "group": self._groups.get(owner)}

    @property
    def chosen(self) -> dict[str, Any]:
        values = {name: self.cleaned_data[name] for name in SETTINGS}
        everything = set(values["rules"]) == set(AlertRule.values)
        return {**values, "rules": [] if everything else values["rules"]}

    def clean_resource(self) -> Any:
        return self._resources.get(self.cleaned_data["resource"])

    def clean_time_zone(self) -> str:
        return str(ZoneInfo(self.cleaned_data["time_zone"]))

    def clean_address(self) -> str:
        address = str(self.cleaned_data["address"]).strip()
        if address:
            _CHECKS.get(self.kind, _check_mail)(address)
        elif not self.channel and self.kind:
            self._need_address()
        return address

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        hours = [name for name in ("quiet_from", "quiet_until") if found.get(name) is not None]
        if len(hours) == 1:
            self.add_error("quiet_until", _("Enter both times, or none."))
        return found

    def _need_address(self) -> None:
        own = self.kind == ChannelKind.MAIL and self.cleaned_data.get("owner_of") == ME
        if not own:
            raise forms.ValidationError(_("Enter the address."))
        if not self.person.email:
            raise forms.ValidationError(_("Your account doesn't have an e-mail address. Enter one."))

    def refuse(self, error: Exception) -> None:
        """What the verb has refused."""
        if isinstance(error, TooMany):
            self.add_error(None, _("There are already %(count)s channels. Delete one first.") % {"count": MOST})
        else:
            self.add_error(None, in_words(str(error)))


def _check_mail(address: str) -> None:
    try:
        validate_email(address)
    except forms.ValidationError:
        raise forms.ValidationError(_("Enter an e-mail address.")) from None


def _check_service(address: str) -> None:
    if not is_service(address):
        raise forms.ValidationError(
            _("Enter the URL of one of the supported services. It starts with slack://, workflows://, or another one.")
        )


def _check_hook(address: str) -> None:
    parts = urlsplit(address)
    refuse_odd(address)
    if parts.scheme != "https" or not parts.hostname:
        raise forms.ValidationError(_("The address must start with https://."))
    refuse_private(address)


_CHECKS: dict[str, Callable[[str], None]] = {
    ChannelKind.MAIL: _check_mail,
    ChannelKind.SERVICE: _check_service,
    ChannelKind.HOOK: _check_hook,
}
