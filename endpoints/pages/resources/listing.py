"""The Speech resources: whether they answer, what their last test found, and what can be done with them."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from endpoints import hints
from endpoints.access import door
from endpoints.access.door.resources_version import ResourcesVersion
from endpoints.access.permissions import may
from endpoints.mirror.connection_checks import request_check
from endpoints.models import Resource
from endpoints.pages.http import HttpRequest
from endpoints.pages.resources.check_words import CheckWords


@dataclass(frozen=True)
class Card:
    """What the page shows of a resource; `waiting` counts its open changes.

    `endpoints` counts those that the service has, and of a resource that is being removed those that are left.
    """

    resource: Resource
    endpoints: int
    models: int
    waiting: int
    check: CheckWords | None

    @property
    def minutes(self) -> int:
        """From one poll to the next while its web hook works; 0 when it is polled as usual."""
        return self.resource.poll_seconds // 60 if self.resource.poll_seconds > settings.LOOK_SECONDS else 0

    @property
    def report(self) -> str:
        return self.check.report(self.resource) if self.check else ""


@require_safe
@may("manage_resources")
def resources(request: HttpRequest) -> HttpResponse:
    template = "_update" if request.htmx.target == "resources" else "list"
    return render(request, f"resources/{template}.html", {"section": "resources", **_context(request)})


@require_POST
@may("manage_resources")
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Have a worker test the connection of a resource; nothing is sent to one that is paused."""
    resource = door.resource(request.user, pk)
    if resource.paused:
        messages.warning(request, _("%(name)s is paused, so nothing is sent to it.") % {"name": resource.name})
    else:
        hints.send("check_connection", request_check(resource, actor=request.user).pk)
    return redirect(f"{reverse('endpoints:resources')}#resource-{pk}")


def _context(request: HttpRequest) -> dict[str, Any]:
    person = request.user
    version = ResourcesVersion.of_all().version
    checks = list(door.connection_checks(person))
    latest = {check.resource_id: check for check in checks if not check.draft}
    counted = Q(gone_at=None) | Q(resource__removing_at__isnull=False)
    endpoints = _counts(door.endpoints(person, door.MANAGE).filter(counted), "resource")
    models = _counts(door.models(person, door.MANAGE).present(), "resource")
    waiting = _counts(door.changes(person, door.MANAGE).open(), "endpoint__resource")
    cards = [
        Card(
            resource,
            endpoints.get(resource.pk, 0),
            models.get(resource.pk, 0),
            waiting.get(resource.pk, 0),
            CheckWords(latest[resource.pk]) if resource.pk in latest else None,
        )
        for resource in door.resources(person, door.MANAGE)
    ]
    removing = any(card.resource.removing for card in cards)
    return {
        "cards": cards,
        "drafts": [check for check in checks if check.draft],
        "poll": f"{reverse('endpoints:resources')}?version={version}",
        "live": removing or any(check.running for check in checks),
        "seconds": settings.LOOK_SECONDS,
    }


def _counts(rows: Any, of: str) -> dict[Any, int]:
    return dict(rows.order_by().values_list(of).annotate(Count("pk")))
