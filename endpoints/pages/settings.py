"""Settings: what a person has chosen for the pages."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints.access import door
from endpoints.pages.forms.preferences import PreferencesForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.middleware import CHOSEN, browsers_zone, remember


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Open to everybody who has signed in."""
    form = PreferencesForm(
        request.POST or None,
        initial=door.preferences(request.user).values(*CHOSEN).first(),
        browsers_zone=browsers_zone(request),
        browsers_language=get_language_from_request(request),
    )
    if form.is_valid():
        chosen, _new = door.preferences(request.user).update_or_create(user=request.user, defaults=form.cleaned_data)
        remember(request, chosen)
        messages.success(request, _("Your settings are saved."))
        return redirect("endpoints:settings")
    context = {"section": "settings", "form": form}
    return render(request, "settings/settings.html", context, status=422 if form.errors else 200)
