"""Add an address."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from endpoints.access.permissions import may
from endpoints.addresses import submit
from endpoints.changes.refusals import NotPossible
from endpoints.models import Address
from endpoints.pages.addresses import choices
from endpoints.pages.forms.addresses import AddressForm
from endpoints.pages.http import HttpRequest


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
@vary_on_headers("HX-Request")
def new(request: HttpRequest) -> HttpResponse:
    form = _form(request)
    if choices.wants_rows(request):
        return choices.rows(request, form)
    if form.is_bound and form.is_valid() and (added := _added(request, form)):
        messages.success(request, _("The address %(name)s is added.") % {"name": added.name})
        return redirect(added)
    context = {"section": "addresses", "form": form}
    return render(request, "addresses/new.html", context, status=422 if form.errors else 200)


def _form(request: HttpRequest) -> AddressForm:
    """The submitted form; after a link or a search an unsubmitted one with what was typed so far."""
    if request.method == "POST" and not choices.is_draft(request):
        return AddressForm(request.POST, person=request.user)
    typed = request.POST if request.method == "POST" else request.GET
    return AddressForm(initial=typed.dict(), person=request.user)


def _added(request: HttpRequest, form: AddressForm) -> Address | None:
    typed = form.cleaned_data
    facts = {name: typed[name] for name in ("key", "name", "endpoint", "description")}
    try:
        return submit.add(actor=request.user, **facts)
    except NotPossible as error:
        form.add_error(None, str(error))
    return None
