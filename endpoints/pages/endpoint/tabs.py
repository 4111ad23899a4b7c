"""The tabs of an endpoint's page. Each is a page with an address of its own, so that it can be linked to."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from endpoints.models import Endpoint

OVERVIEW, SAMPLE_CODE, CONTENT_LOGGING, HISTORY = "detail", "sample-code", "content-logging", "history"
TRY_IT = "try-it"
LABELS = {
    OVERVIEW: _("Overview"),
    SAMPLE_CODE: _("Sample code"),
    CONTENT_LOGGING: _("Content logging"),
    TRY_IT: _("Try it"),
    HISTORY: _("History"),
}


@dataclass(frozen=True)
class Tab:
    """`key`: the name of its address, and the anchor that it had when all of them were one page."""

    key: str
    label: str
    url: str
    current: bool


def of(endpoint: Endpoint, current: str, *, may_try: bool) -> list[Tab]:
    """`may_try`: whether the person may have recordings recognized."""
    keys = [key for key in LABELS if may_try or key != TRY_IT]
    return [Tab(key, str(LABELS[key]), address(endpoint, key), key == current) for key in keys]


def address(endpoint: Endpoint, key: str) -> str:
    return reverse(f"endpoints:{key}", args=[endpoint.pk])
