"""The form of a person's own settings."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from endpoints.models.person import Density, Theme
from endpoints.pages import time_zones
from endpoints.pages.forms.error_texts import Form


class PreferencesForm(Form):
    """A person's own choices; an empty one is the browser's or the usual one."""

    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    theme = forms.ChoiceField(
        label=gettext_lazy("Theme"), required=False, choices=[("", gettext_lazy("Use system setting")), *Theme.choices]
    )
    density = forms.ChoiceField(
        label=gettext_lazy("Density"), required=False, choices=[("", gettext_lazy("Comfortable")), *Density.choices]
    )

    def __init__(self, *args: Any, browsers_zone: ZoneInfo | None, browsers_language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        languages = dict(settings.LANGUAGES)
        zone = browsers_zone or timezone.get_default_timezone()
        as_the_browser = _("Browser default (%(value)s)")
        self.fields["time_zone"].choices = [  # type: ignore[attr-defined]  # a choice field, known as Field
            ("", as_the_browser % {"value": zone}),
            ("UTC", "UTC"),
            *time_zones.by_area(),
        ]
        self.fields["language"].choices = [  # type: ignore[attr-defined]  # a choice field, known as Field
            ("", as_the_browser % {"value": languages[browsers_language]}),
            *languages.items(),
        ]
        if browsers_zone is None:
            told = _("Your browser didn't report a time zone. %(zone)s is used instead.")
            self.fields["time_zone"].help_text = told % {"zone": zone}
