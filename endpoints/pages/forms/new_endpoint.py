"""The forms of the wizard New endpoint: place, model, details. Changing an endpoint uses two of them as well."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models import Resource, SpeechModel
from endpoints.models.search import uuid_in
from endpoints.pages.forms.error_texts import Form
from endpoints.pages.model_list.choices import ModelChoices, model_choices
from endpoints.pages.names import labels

NAME_LENGTH = 256
DESCRIPTION_LENGTH = 2000


class PlaceForm(Form):
    """Where the endpoint is to be: its project (or none, in a resource) and its locale."""

    project = forms.ChoiceField(
        label=gettext_lazy("Project"),
        error_messages={"invalid_choice": gettext_lazy("This project no longer exists. Select another one.")},
    )
    locale = forms.ChoiceField(
        label=gettext_lazy("Language (locale)"),
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("No model can be deployed for %(value)s. Select another language.")
        },
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = door.projects(person, "deploy_model").present().select_related("resource")
        self.resource_by_id = {str(resource.pk): resource for resource in door.resources(person, "deploy_model")}
        self.project_by_id = {str(project.pk): project for project in projects}
        several = len(self.resource_by_id) > 1
        of_resource = {pk: f", {name}" if several else "" for pk, name in labels(self.resource_by_id.values()).items()}
        named = labels(projects, lambda one: f"{one} ({one.locale}){of_resource.get(one.resource_id, '')}")
        choices = [(f"project:{pk}", named[project.pk]) for pk, project in self.project_by_id.items()]
        choices += [
            (f"resource:{pk}", _("No project") + of_resource[resource.pk])
            for pk, resource in self.resource_by_id.items()
        ]
        deployable = door.models(person, "deploy_model").deployable()
        locales = deployable.order_by("locale").values_list("locale", flat=True).distinct()
        self.fields["project"].choices = choices  # type: ignore[attr-defined]  # a choice field, known as Field
        self.fields["locale"].choices = [("", _("Same as project")), *((name, name) for name in locales)]  # type: ignore[attr-defined]  # a choice field, known as Field

    def clean(self) -> dict[str, Any]:
        """Adds `place`: the project or None, the resource, and the locale that follows."""
        values = super().clean() or {}
        kind, _colon, pk = values.get("project", "").partition(":")
        project = self.project_by_id.get(pk) if kind == "project" else None
        resource = project.resource if project else self.resource_by_id.get(pk)
        locale = values.get("locale") or (project.locale if project else "")
        if project and locale != project.locale:
            self.add_error("locale", _("The project is for %(locale)s.") % {"locale": project.locale})
        if resource and not locale:
            self.add_error("locale", _("Select a language."))
        return {**values, "resource": resource, "chosen_project": project, "chosen_locale": locale}


class ModelForm(Form):
    """Which of the models of `resource` and `locale` that `person` may deploy."""

    model = forms.CharField(label=gettext_lazy("Model"))
    without: tuple[UUID, ...] = ()  # models that are not offered

    def __init__(self, *args: Any, person: Person, resource: Resource, locale: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.resource, self.locale = resource, locale
        self.candidates = door.models(person, "deploy_model").filter(resource=resource)

    @cached_property
    def choices(self) -> ModelChoices:
        """The models of this locale, or those of them that match the words in the search field."""
        models = self.candidates.present().filter(locale=self.locale).exclude(pk__in=self.without)
        typed = self.data if self.is_bound else self.initial
        return model_choices(models, str(typed.get("models", "")), str(self["model"].value() or ""))

    def clean_model(self) -> SpeechModel:
        pk = uuid_in(self.cleaned_data["model"])
        model: SpeechModel | None = self.candidates.filter(pk=pk).first() if pk else None
        if model is None:
            raise ValidationError(_("This model doesn't exist. Select one from the list."))
        if model.locale != self.locale:
            words = {"theirs": model.locale, "ours": self.locale}
            raise ValidationError(_("This model is for %(theirs)s, but the endpoint is for %(ours)s.") % words)
        if model.why_not:
            raise ValidationError(_("This model can't be deployed: %(why)s.") % {"why": model.why_not})
        return model


class DetailsForm(Form):
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
            "The service keeps recordings and transcripts of the endpoint's traffic for 30 days. They're personal data."
        ),
    )

    def __init__(self, *args: Any, resource: Resource, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not resource.may_log:
            self.fields["logging"].disabled = True
            self.fields["logging"].help_text = _(
                "API version %(version)s can log only to your own storage. Enter its container on the page of "
                "the Speech resource."
            ) % {"version": resource.api_version}
