"""The wizard's last page: all choices in words, the cost, and the same as an API request."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.samples import api_requests

HOURS_A_MONTH = 730  # as Azure's price pages reckon


@dataclass(frozen=True)
class ReviewLine:
    """What was chosen, and the step that changes it."""

    label: str
    value: str
    step: str


def review(person: Person, answers: dict[str, Any]) -> dict[str, Any]:
    wanted = api_requests.EndpointToCreate(
        resource=answers["resource"],
        project=answers["chosen_project"],
        locale=answers["chosen_locale"],
        model=answers["model"],
        name=answers["name"],
        description=answers["description"],
        logging=answers["logging"],
    )
    return {
        "choices": _lines(person, wanted),
        "expiration": wanted.model.expiration,
        "estimate": _estimate(),
        "requests": api_requests.to_create(wanted),
    }


def _lines(person: Person, wanted: api_requests.EndpointToCreate) -> list[ReviewLine]:
    lines = [
        ReviewLine(_("Project"), wanted.project.display_name if wanted.project else _("No project"), "project"),
        ReviewLine(_("Language (locale)"), wanted.locale, "project"),
        ReviewLine(_("Model"), wanted.model.display_name, "model"),
        ReviewLine(_("Name"), wanted.name, "details"),
        ReviewLine(_("Description"), wanted.description or _("No description"), "details"),
        ReviewLine(_("Content logging"), _("On") if wanted.logging else _("Off"), "details"),
    ]
    if door.resources(person, "deploy_model").count() > 1:
        lines.insert(0, ReviewLine(_("Speech resource"), wanted.resource.name, "project"))
    return lines


def _estimate() -> str:
    """The cost of hosting, if the setting ENDPOINT_HOURLY_COST names a price; a built-in price would soon be wrong."""
    hourly = settings.ENDPOINT_HOURLY_COST
    if hourly is None:
        return ""
    monthly = hourly * HOURS_A_MONTH
    return _(
        "About %(hourly)s %(currency)s per hour or %(monthly)s %(currency)s per month (%(hours)s hours), "
        "based on ENDPOINT_HOURLY_COST."
    ) % {
        "hourly": number_format(hourly),
        "monthly": number_format(round(monthly, 0 if monthly >= 100 else 2), force_grouping=True),
        "currency": settings.COST_CURRENCY,
        "hours": HOURS_A_MONTH,
    }
