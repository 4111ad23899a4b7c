"""The wizard's last page: all choices in words, what they cost, and the same as a request."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from endpoints.models import Resource
from endpoints.samples import api_requests

HOURS_A_MONTH = 730  # as Azure's price pages reckon


@dataclass(frozen=True)
class Choice:
    """What was chosen, and the step that changes it."""

    label: str
    value: str
    step: str


def review(answers: dict[str, Any]) -> dict[str, Any]:
    wanted = api_requests.NewEndpoint(
        resource=answers["resource"],
        project=answers["chosen_project"],
        locale=answers["chosen_locale"],
        model=answers["model"],
        name=answers["name"],
        description=answers["description"],
        logging=answers["logging"],
    )
    return {
        "choices": _choices(wanted),
        "expiration": wanted.model.expiration,
        "estimate": _estimate(),
        "requests": api_requests.to_create(wanted),
    }


def _choices(wanted: api_requests.NewEndpoint) -> list[Choice]:
    choices = [
        Choice(_("Project"), wanted.project.display_name if wanted.project else _("No project"), "project"),
        Choice(_("Language (locale)"), wanted.locale, "project"),
        Choice(_("Model"), wanted.model.display_name, "model"),
        Choice(_("Name"), wanted.name, "details"),
        Choice(_("Description"), wanted.description or _("No description"), "details"),
        Choice(_("Content logging"), _("On") if wanted.logging else _("Off"), "details"),
    ]
    if Resource.objects.count() > 1:
        choices.insert(0, Choice(_("Speech resource"), wanted.resource.name, "project"))
    return choices


def _estimate() -> str:
    """What hosting costs, when whoever runs this has said the price; a price of our own would soon be wrong."""
    hourly = settings.ENDPOINT_HOURLY_COST
    if hourly is None:
        return ""
    monthly = hourly * HOURS_A_MONTH
    return _(
        "About %(hourly)s %(currency)s an hour, %(monthly)s %(currency)s a month of %(hours)s hours, "
        "by ENDPOINT_HOURLY_COST."
    ) % {
        "hourly": number_format(hourly),
        "monthly": number_format(round(monthly, 0 if monthly >= 100 else 2), force_grouping=True),
        "currency": settings.COST_CURRENCY,
        "hours": HOURS_A_MONTH,
    }
