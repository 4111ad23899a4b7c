"""What people fill in. Each form checks on the server what the page can only suggest."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models import Project, Resource, SpeechModel
from endpoints.models.model import ModelKind
from endpoints.models.secret import Secret

NAME_LENGTH = 256
DESCRIPTION_LENGTH = 2000


class PlaceForm(forms.Form):
    """Where the endpoint is to be: its project (or none, in a resource) and its locale."""

    project = forms.ChoiceField(label=gettext_lazy("Project"))
    locale = forms.ChoiceField(label=gettext_lazy("Language (locale)"), required=False)

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
        locales = sorted(set(SpeechModel.objects.deployable().values_list("locale", flat=True)))
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

    def __init__(self, *args: Any, resource: Resource, locale: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resource, self.locale = resource, locale

    def choices(self) -> list[SpeechModel]:
        """The models of this locale: custom before base, newest first, those that cannot be chosen at the end."""
        models = self.resource.models.present().filter(locale=self.locale).select_related("base_model")
        return sorted(models, key=lambda model: (not model.usable, model.kind == ModelKind.BASE))

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


class ChangeModelForm(ModelForm):
    """Another model for an endpoint, and why."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, current: SpeechModel | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.current = current

    def clean_model(self) -> SpeechModel:
        model = super().clean_model()
        if model == self.current:
            raise ValidationError(_("The endpoint already uses this model; choose another one."))
        return model


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
        label=gettext_lazy("Key"),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        strip=True,
        max_length=200,
    )

    class Meta:
        model = Resource
        fields = ("name", "region", "url", "api_version")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["new_key"].required = False
            self.fields["new_key"].help_text = _("Leave it empty to keep the key that is stored.")

    def save(self, commit: bool = True) -> Resource:
        if self.cleaned_data["new_key"]:
            self.instance.key = Secret.of(self.cleaned_data["new_key"])
        # A new address or key is tried at once.
        self.instance.next_look_at = timezone.now()
        resource: Resource = super().save(commit=commit)
        return resource


def _by_id(rows: Any, text: str) -> Any:
    try:
        return rows.filter(pk=UUID(text)).first()
    except ValueError:
        return None
