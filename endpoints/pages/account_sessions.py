"""The sessions of a person: where they are signed in, and how to end that."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from endpoints import audit
from endpoints.access.sessions import end_one, end_others, of_person
from endpoints.models.verbs import Verb
from endpoints.pages.http import HttpRequest
from endpoints.pages.sessions import recent_sign_in


@require_http_methods(["GET", "HEAD", "POST"])
def sessions(request: HttpRequest) -> HttpResponse:
    """Open to everybody who has signed in."""
    if request.method == "POST":
        return _end(request)
    context = {"section": "settings", "sessions": of_person(request.user)}
    return render(request, "settings/sessions.html", context)


@recent_sign_in
def _end(request: HttpRequest) -> HttpResponse:
    """End one session, or all others."""
    one = request.POST.get("session", "")
    ended = end_one(request.user, one) if one else end_others(request.user, but=request.session.session_key)
    if ended:
        audit.record(Verb.SESSIONS_ENDED, actor=request.user)
    sentence = ngettext("%(number)s session was ended.", "%(number)s sessions were ended.", ended)
    messages.success(request, sentence % {"number": ended} if ended else _("There was no other session."))
    return redirect("usersessions_list")
