"""Activity: who did what."""

from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from endpoints.models import Endpoint, Event
from endpoints.pages.http import HttpRequest, may


@require_safe
@may("view_endpoint")
def activity(request: HttpRequest) -> HttpResponse:
    there = Endpoint.objects.filter(pk=OuterRef("endpoint_id"))
    events = Event.objects.annotate(endpoint_exists=Exists(there))[:200]
    return render(request, "endpoints/activity.html", {"section": "activity", "events": events})
