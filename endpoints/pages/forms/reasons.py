"""The reason of a request: typed anew each time, with the person's recent reasons offered."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models.event import Verb

LONGEST = 500  # characters
OFFERED = 5
RECENT = timedelta(days=90)
# Events whose detail is the reason that a person gave.
WITH_REASON = (
    Verb.REQUESTED_CHANGE_MODEL,
    Verb.REQUESTED_EDIT,
    Verb.REQUESTED_DELETE,
    Verb.REQUESTED_BULK,
    Verb.PURGE_REQUESTED,
)


def recent_reasons(person: Person) -> list[str]:
    """The reasons that the person gave last, newest first, each once."""
    events = door.events(person).filter(actor_id=person.pk, verb__in=WITH_REASON, at__gt=timezone.now() - RECENT)
    last = events.exclude(detail="").values_list("detail", flat=True)[: 10 * OFFERED]
    return list(dict.fromkeys(last))[:OFFERED]


class ReasonInput(forms.TextInput):
    """A text field with suggestions, which are read only when the field is rendered."""

    recent: Callable[[], Iterable[str]] | None = None

    def render(self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None) -> SafeString:
        reasons = list(self.recent()) if self.recent else []
        if not reasons:
            return super().render(name, value, attrs, renderer)
        suggestions = f"{(attrs or {}).get('id') or name}_recent"
        field = super().render(name, value, {**(attrs or {}), "list": suggestions}, renderer)
        options = format_html_join("", '<option value="{}"></option>', ((reason,) for reason in reasons))
        return format_html('{}<datalist id="{}">{}</datalist>', field, suggestions, options)


class ReasonField(forms.CharField):
    """Required unless it says otherwise, and never prefilled: a reason that nobody typed explains nothing."""

    widget = ReasonInput

    def __init__(self, *, required: bool = True, **options: Any) -> None:
        options.setdefault("label", gettext_lazy("Reason"))
        options.setdefault("max_length", LONGEST)
        super().__init__(required=required, **options)


def offer_recent(form: forms.Form, person: Person, field: str = "reason") -> None:
    """Let a form's ReasonField suggest what the person has typed before."""
    form.fields[field].widget.recent = lambda: recent_reasons(person)
