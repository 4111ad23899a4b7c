"""Activity: who did what."""

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.pages.http import HttpRequest


@require_safe
@may("view_endpoint")
def activity(request: HttpRequest) -> HttpResponse:
    there = door.endpoints(request.user).filter(pk=OuterRef("endpoint_id"))
    events = door.events(request.user).annotate(endpoint_exists=Exists(there))[:200]
    return render(request, "activity/activity.html", {"section": "activity", "events": events})
