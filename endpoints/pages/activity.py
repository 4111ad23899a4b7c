"""Activity: who did what."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from endpoints.models import Event
from endpoints.pages.http import HttpRequest, may


@require_safe
@may("view_endpoint")
def activity(request: HttpRequest) -> HttpResponse:
    events = Event.objects.for_page()[:200]
    return render(request, "activity/activity.html", {"section": "activity", "events": events})
