"""Change model: the current one and the new one side by side, then Done.

A radio button asks this address for the new model's card alone; without JavaScript the button Compare sends the form
as it is, and the page comes back with what was typed.
"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from endpoints.changes import submit
from endpoints.models import Change, Endpoint
from endpoints.pages.endpoint.submission import Asking, changeable
from endpoints.pages.forms import ChangeModelForm
from endpoints.pages.http import HttpRequest, may
from endpoints.pages.model_list import search
from endpoints.pages.model_list.comparison import Comparison


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
@vary_on_headers("HX-Request")
def change_model(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = changeable(pk)
    form = _form(request, endpoint)
    if search.typing(request):
        return search.found(request, form)
    asking = Asking(request, form)
    if asking.complete and (change := _asked(asking)):
        words = _("The endpoint is being redeployed. It can take several minutes.")
        messages.success(request, _("The change is scheduled.") if change.scheduled_for else words)
        return redirect(endpoint)
    comparison = _comparison(form)
    if request.htmx.target == "new-model":
        return render(request, "endpoint/_new_model.html", {"comparison": comparison})
    return asking.page(
        "endpoint/change_model.html",
        heading=_("Change model"),
        button=_("Done"),
        comparison=comparison,
        usually=endpoint.usual_duration,
    )


def _form(request: HttpRequest, endpoint: Endpoint) -> ChangeModelForm:
    """What was sent; after a link, Compare or Search a form that begins with what was chosen and typed so far."""
    if request.method != "POST":
        return ChangeModelForm(initial=request.GET.dict(), endpoint=endpoint)
    if request.POST.get("go") == "compare" or search.asked(request):
        return ChangeModelForm(initial=request.POST.dict(), endpoint=endpoint)
    return ChangeModelForm(request.POST, endpoint=endpoint)


def _comparison(form: ChangeModelForm) -> Comparison | None:
    """With the model that is chosen or that a link names, whether or not it can be deployed."""
    offered = [*form.offer.models, *([form.offer.kept] if form.offer.kept else [])]
    new = next((model for model in offered if model.chosen), None)
    return Comparison(form.endpoint.model, new) if new else None


def _asked(asking: Asking) -> Change | None:
    typed = asking.form.cleaned_data
    wish = {name: typed[name] for name in ("model", "seen", "at")}
    return asking.by(submit.change_model, about="model", **wish)
