"""What people fill in. Each form checks on the server what the page can only suggest."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models import Endpoint, Project, Resource, SpeechModel
from endpoints.models.resource import Auth
from endpoints.models.search import uuid_in
from endpoints.models.secret import Secret
from endpoints.pages import time_zones
from endpoints.pages.model_list.offer import Offer, offer

NAME_LENGTH = 256
DESCRIPTION_LENGTH = 2000


class PlaceForm(forms.Form):
    """Where the endpoint is to be: its project (or none, in a resource) and its locale."""

    project = forms.ChoiceField(
        label=gettext_lazy("Project"),
        error_messages={"invalid_choice": gettext_lazy("This project no longer exists; choose another one.")},
    )
    locale = forms.ChoiceField(
        label=gettext_lazy("Language (locale)"),
        required=False,
        error_messages={"invalid_choice": gettext_lazy("No model can be deployed for %(value)s; choose another one.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resources = {str(resource.pk): resource for resource in Resource.objects.all()}
        self.projects = {str(project.pk): project for project in Project.objects.present().select_related("resource")}
        several = len(self.resources) > 1
        choices = [
            (f"project:{pk}", f"{project} ({project.locale})" + (f", {project.resource}" if several else ""))
            for pk, project in self.projects.items()
        ]
        choices += [
            (f"resource:{pk}", _("No project") + (f", {resource}" if several else ""))
            for pk, resource in self.resources.items()
        ]
        locales = SpeechModel.objects.deployable().order_by("locale").values_list("locale", flat=True).distinct()
        self.fields["project"].choices = choices  # type: ignore[attr-defined]
        self.fields["locale"].choices = [("", _("As the project")), *((name, name) for name in locales)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Adds `place`: the project or None, the resource, and the locale that follows."""
        values = super().clean() or {}
        kind, _colon, pk = values.get("project", "").partition(":")
        project = self.projects.get(pk) if kind == "project" else None
        resource = project.resource if project else self.resources.get(pk)
        locale = values.get("locale") or (project.locale if project else "")
        if project and locale != project.locale:
            self.add_error("locale", _("The project is for %(locale)s.") % {"locale": project.locale})
        if resource and not locale:
            self.add_error("locale", _("Choose a language."))
        return {**values, "resource": resource, "chosen_project": project, "chosen_locale": locale}


class ModelForm(forms.Form):
    """Which model, of the `resource` and `locale` given."""

    model = forms.CharField(label=gettext_lazy("Model"), error_messages={"required": gettext_lazy("Choose a model.")})
    without: tuple[UUID, ...] = ()  # models that are not offered

    def __init__(self, *args: Any, resource: Resource, locale: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resource, self.locale = resource, locale

    @cached_property
    def offer(self) -> Offer:
        """The models of this locale, or those of them that the words in the search field find."""
        models = self.resource.models.present().filter(locale=self.locale).exclude(pk__in=self.without)
        typed = self.data if self.is_bound else self.initial
        return offer(models, str(typed.get("models", "")), str(self["model"].value() or ""))

    def clean_model(self) -> SpeechModel:
        model: SpeechModel | None = _by_id(self.resource.models.all(), self.cleaned_data["model"])
        if model is None:
            raise ValidationError(_("This model does not exist; choose one from the list."))
        if model.locale != self.locale:
            words = {"theirs": model.locale, "ours": self.locale}
            raise ValidationError(_("This model is for %(theirs)s, the endpoint is for %(ours)s.") % words)
        if model.why_not:
            raise ValidationError(_("This model cannot be deployed: %(why)s.") % {"why": model.why_not})
        return model


class DetailsForm(forms.Form):
    """What the endpoint is called, and whether its traffic is logged."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=NAME_LENGTH)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=DESCRIPTION_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    logging = forms.BooleanField(
        label=gettext_lazy("Log content from this endpoint"),
        required=False,
        help_text=gettext_lazy(
            "The service keeps recordings and transcripts of its traffic for 30 days. They are personal data."
        ),
    )

    def __init__(self, *args: Any, resource: Resource, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not resource.may_log:
            self.fields["logging"].disabled = True
            self.fields["logging"].help_text = _(
                "API version %(version)s logs into your own storage only; name its container on the resource's page."
            ) % {"version": resource.api_version}


class AskForm(forms.Form):
    """What every page that asks for a change carries: the request's own name, and what the page said when opened."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.JSONField(widget=forms.HiddenInput, required=False)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, endpoint: Endpoint, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.endpoint = endpoint
        self.initial.update(key=uuid4(), seen=endpoint.facts)

    def clean_seen(self) -> dict[str, Any]:
        seen = self.cleaned_data["seen"]
        known = self.endpoint.facts
        return {name: value for name, value in seen.items() if name in known} if isinstance(seen, dict) else {}


class ChangeModelForm(AskForm, ModelForm):
    """Another model for an endpoint, why, and when."""

    at = forms.DateTimeField(
        label=gettext_lazy("Start at"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, endpoint: Endpoint, **kwargs: Any) -> None:
        super().__init__(*args, endpoint=endpoint, resource=endpoint.resource, locale=endpoint.locale, **kwargs)
        self.without = (endpoint.model_id,) if endpoint.model_id else ()
        # A history without reasons explains nothing; who has none at hand keeps this one.
        self.fields["reason"].required = True
        self.initial.setdefault("reason", _("Planned change"))
        zone = timezone.get_current_timezone_name()
        self.fields["at"].help_text = _("Leave it empty to start now. Times are in %(zone)s.") % {"zone": zone}

    def clean_model(self) -> SpeechModel:
        model = super().clean_model()
        if model == self.endpoint.model:
            raise ValidationError(_("The endpoint already uses this model; choose another one."))
        return model

    def clean_at(self) -> datetime | None:
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and at <= timezone.now():
            raise ValidationError(_("This time is over."))
        return at


class EditForm(AskForm, DetailsForm):
    """Another name or description, logging on or off."""

    def __init__(self, *args: Any, endpoint: Endpoint, **kwargs: Any) -> None:
        super().__init__(*args, endpoint=endpoint, resource=endpoint.resource, **kwargs)
        self.initial.update(
            name=endpoint.display_name, description=endpoint.description, logging=endpoint.logging_enabled
        )

    def wanted(self) -> dict[str, Any]:
        """By the keys of Endpoint.facts."""
        fields = {"display_name": "name", "description": "description", "logging_enabled": "logging"}
        return {fact: self.cleaned_data[field] for fact, field in fields.items()}


class DeleteForm(AskForm):
    """The end of an endpoint: its name must be typed."""

    name = forms.CharField(label=gettext_lazy("Name of the endpoint"), max_length=2000)

    def clean_name(self) -> str:
        if self.cleaned_data["name"] != self.endpoint.display_name.strip():
            raise ValidationError(_("This is not the endpoint's name."))
        return str(self.cleaned_data["name"])


class GoBackForm(forms.Form):
    """Why somebody goes back to the previous model."""

    key = forms.UUIDField()
    reason = forms.CharField(max_length=500)


class ResourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A Speech resource; its key is written, never shown."""

    url = forms.URLField(
        label=gettext_lazy("Service address"),
        help_text=gettext_lazy("Only for a custom domain or private endpoint; otherwise it follows from the region."),
        assume_scheme="https",
        max_length=500,
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
        fields = ("name", "region", "url", "api_version", "free_tier", "auth", "tenant_id", "client_id")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.key:
            self.fields["new_key"].help_text = _("Leave it empty to keep what is stored.")
        if self.instance.log_container:
            self.fields["new_log_container"].help_text = _("One is stored; leave it empty to keep it.")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        needs_key = values.get("auth") != Auth.MANAGED_IDENTITY
        if needs_key and not values.get("new_key") and not self.instance.key:
            self.add_error("new_key", _("A key or a client secret is needed to sign in with."))
        return values

    def save(self, commit: bool = True) -> Resource:
        if self.cleaned_data["new_key"]:
            self.instance.key = Secret.of(self.cleaned_data["new_key"])
        if self.cleaned_data["new_log_container"]:
            self.instance.log_container = Secret.of(self.cleaned_data["new_log_container"])
        resource: Resource = super().save(commit=commit)
        return resource


class PreferencesForm(forms.Form):
    """A person's own time zone and language; an empty one is the browser's."""

    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)

    def __init__(self, *args: Any, browsers_zone: ZoneInfo | None, browsers_language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = dict(settings.LANGUAGES)
        zone = browsers_zone or timezone.get_default_timezone()
        as_the_browser = _("As the browser (%(value)s)")
        self.fields["time_zone"].choices = [  # type: ignore[attr-defined]
            ("", as_the_browser % {"value": zone}),
            ("UTC", "UTC"),
            *time_zones.by_area(),
        ]
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            ("", as_the_browser % {"value": languages[browsers_language]}),
            *languages.items(),
        ]
        if browsers_zone is None:
            told = _("Your browser has not told its time zone; %(zone)s is used instead.")
            self.fields["time_zone"].help_text = told % {"zone": zone}


def _by_id(rows: Any, text: str) -> Any:
    pk = uuid_in(text)
    return rows.filter(pk=pk).first() if pk else None
