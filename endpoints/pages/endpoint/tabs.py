"""The tabs of an endpoint's page. Each is a page with an address of its own, so that it can be linked to."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from endpoints.models import Endpoint

OVERVIEW, SAMPLE_CODE, CONTENT_LOGGING, HISTORY = "detail", "sample-code", "content-logging", "history"
LABELS = {
    OVERVIEW: _("Overview"),
    SAMPLE_CODE: _("Sample code"),
    CONTENT_LOGGING: _("Content logging"),
    HISTORY: _("History"),
}


@dataclass(frozen=True)
class Tab:
    """`key`: the name of its address, and the anchor that it had when all of them were one page."""

    key: str
    label: str
    url: str
    current: bool


def of(endpoint: Endpoint, current: str) -> list[Tab]:
    return [Tab(key, str(label), address(endpoint, key), key == current) for key, label in LABELS.items()]


def address(endpoint: Endpoint, key: str) -> str:
    return reverse(f"endpoints:{key}", args=[endpoint.pk])
