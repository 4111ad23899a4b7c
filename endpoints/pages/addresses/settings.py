"""What an address does besides leading to an endpoint: its share, its standby, its description; and its end."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.addresses import submit
from endpoints.addresses.standing_in import SAME_RESOURCE, shares_resource
from endpoints.changes.refusals import NotPossible
from endpoints.models import Address
from endpoints.pages.addresses import choices
from endpoints.pages.addresses.hours import use_of
from endpoints.pages.forms.addresses import DeleteAddressForm, DescriptionForm, EndpointForm, ShareForm, StandbyForm
from endpoints.pages.http import HttpRequest

METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(METHODS)
@may("deploy_model")
@vary_on_headers("HX-Request")
def share(request: HttpRequest, name: str) -> HttpResponse:
    address = door.address(request.user, name, door.DEPLOY)
    now = {"endpoint": str(address.second_id or ""), "percent": address.share or ""}
    form = _form(ShareForm, request, address, now)
    if choices.wants_rows(request):
        return choices.rows(request, form)
    if form.is_bound and form.is_valid():
        typed = form.cleaned_data
        facts = {"second": typed["endpoint"], "percent": typed["percent"], "reason": typed["reason"]}
        try:
            submit.share(actor=request.user, address=address, **facts)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The share is saved. It holds for new sessions."))
            return redirect(address)
    return _page(request, "share", address, form)


@require_POST
@may("go_back")
def take_back(request: HttpRequest, name: str) -> HttpResponse:
    address = door.address(request.user, name, door.GO_BACK)
    with _still_there():
        submit.share(actor=request.user, address=address, second=None, percent=0)
    messages.success(request, _("All new sessions use %(endpoint)s.") % {"endpoint": address.endpoint or "-"})
    return redirect(address)


@require_http_methods(METHODS)
@may("deploy_model")
@vary_on_headers("HX-Request")
def standby(request: HttpRequest, name: str) -> HttpResponse:
    address = door.address(request.user, name, door.DEPLOY)
    if request.POST.get("go") == "remove":
        with _still_there():
            submit.set_standby(actor=request.user, address=address, standby=None)
        messages.success(request, _("The address has no standby any more."))
        return redirect(address)
    now = {"endpoint": str(address.standby_id or ""), "stands_in": address.stands_in}
    form = _form(StandbyForm, request, address, now)
    if choices.wants_rows(request):
        return choices.rows(request, form)
    if form.is_bound and form.is_valid():
        facts = {"standby": form.cleaned_data["endpoint"], "stands_in": form.cleaned_data["stands_in"]}
        try:
            submit.set_standby(actor=request.user, address=address, **facts)
        except NotPossible as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("The standby is saved."))
            if shares_resource(address):
                messages.warning(request, _(SAME_RESOURCE))
            return redirect(address)
    return _page(request, "standby", address, form)


@require_http_methods(METHODS)
@may("deploy_model")
def description(request: HttpRequest, name: str) -> HttpResponse:
    address = door.address(request.user, name, door.DEPLOY)
    form = DescriptionForm(request.POST or None, initial={"description": address.description})
    if form.is_bound and form.is_valid():
        with _still_there():
            submit.describe(actor=request.user, address=address, description=form.cleaned_data["description"])
        messages.success(request, _("The description is saved."))
        return redirect(address)
    return _page(request, "description", address, form)


@require_http_methods(METHODS)
@may("deploy_model")
def delete(request: HttpRequest, name: str) -> HttpResponse:
    address = door.address(request.user, name, door.DEPLOY)
    form = DeleteAddressForm(request.POST or None, address=address)
    if form.is_bound and form.is_valid():
        submit.delete(actor=request.user, address=address, reason=form.cleaned_data["reason"])
        messages.success(request, _("The address %(name)s is deleted.") % {"name": name})
        return redirect("endpoints:addresses")
    return _page(request, "delete", address, form, use=use_of(request.user, address))


@contextmanager
def _still_there() -> Iterator[None]:
    """For what only an address refuses that was deleted since it was found."""
    try:
        yield
    except NotPossible as error:
        raise Http404(str(error)) from None


def _form(kind: type[EndpointForm], request: HttpRequest, address: Address, now: dict[str, Any]) -> EndpointForm:
    """The submitted form; after a link or Search an unsubmitted one with what holds now and was typed so far."""
    if request.method == "POST" and not choices.is_draft(request):
        return kind(request.POST, person=request.user, address=address)
    # A form that was sent has all that holds now; a box that isn't in it was unticked.
    typed = request.POST.dict() if request.method == "POST" else {**now, **request.GET.dict()}
    return kind(initial=typed, person=request.user, address=address)


def _page(request: HttpRequest, what: str, address: Address, form: forms.Form, **more: Any) -> HttpResponse:
    context = {"section": "addresses", "address": address, "form": form, **more}
    return render(request, f"addresses/{what}.html", context, status=422 if form.errors else 200)
