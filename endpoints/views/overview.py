"""Models and Activity: two pages that only look."""

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from endpoints.models import Event, SpeechModel
from endpoints.views.access import HttpRequest, may


@require_safe
@may("view_endpoint")
def models(request: HttpRequest) -> HttpResponse:
    used = Count("endpoints", filter=Q(endpoints__gone_at=None))
    rows = SpeechModel.objects.present().annotate(endpoint_count=used).order_by("expires_at", "display_name")
    return render(request, "endpoints/models.html", {"section": "models", "models": rows})


@require_safe
@may("view_endpoint")
def activity(request: HttpRequest) -> HttpResponse:
    events = Event.objects.for_page()[:200]
    return render(request, "endpoints/activity.html", {"section": "activity", "events": events})
