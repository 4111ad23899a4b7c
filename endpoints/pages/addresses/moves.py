"""Move an address to another endpoint or its standby, cancel a move that waits, go back to the endpoint before."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.addresses import standing_in, submit
from endpoints.changes.refusals import NotPossible
from endpoints.models import Address, AddressChange, Endpoint
from endpoints.models.search import uuid_in
from endpoints.pages.addresses import choices
from endpoints.pages.addresses.address import back_of
from endpoints.pages.endpoint.submission import fingerprint
from endpoints.pages.forms.addresses import MoveForm
from endpoints.pages.http import HttpRequest


@dataclass(frozen=True)
class Comparison:
    """Where an address leads (None: nowhere) and where it could lead."""

    current: Endpoint | None
    new: Endpoint

    @property
    def differs(self) -> dict[str, str]:
        """The facts that differ, each with the words of its badge."""
        if self.current is None:
            return {}
        now, then = _facts(self.current), _facts(self.new)
        return {name: _("Differs") for name in now if now[name] != then[name]}

    @property
    def other_keys(self) -> bool:
        """Whether programs that send a key of the current Speech resource are refused by the new one."""
        return self.current is not None and self.current.resource_id != self.new.resource_id

    @property
    def warning(self) -> str:
        """In words when the new endpoint's model has expired, or will soon."""
        expiration = self.new.serving_expiration
        if expiration is None or expiration.level == "ok":
            return ""
        if expiration.level == "expired":
            return _("The model of this endpoint has expired. The base model answers instead.")
        return _("The model of this endpoint expires soon: %(words)s.") % {"words": expiration.words}


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
@vary_on_headers("HX-Request")
def move(request: HttpRequest, name: str) -> HttpResponse:
    address = door.address(request.user, name, door.DEPLOY)
    form = _form(request, address)
    if choices.wants_rows(request):
        return choices.rows(request, form)
    if form.is_bound and (answer := _repeated(request, address)):
        return answer
    if form.is_bound and form.is_valid() and (change := _moved(request, form, address)):
        return _said(request, change)
    new = form.choices.chosen
    context = {"section": "addresses", "address": address, "form": form}
    context["comparison"] = Comparison(address.endpoint, new) if new else None
    if request.htmx.target == "new-endpoint":
        return render(request, "addresses/_new_endpoint.html", context)
    context["waiting"] = door.address_changes(request.user).filter(address=address).waiting().first()
    return render(request, "addresses/move.html", context, status=422 if form.errors else 200)


@require_POST
@may("deploy_model")
def cancel(request: HttpRequest, name: str) -> HttpResponse:
    address = door.address(request.user, name, door.DEPLOY)
    waiting = door.address_changes(request.user, door.DEPLOY).filter(address=address).waiting().first()
    if waiting and submit.cancel(waiting, actor=request.user):
        messages.success(request, _("The move is canceled."))
    else:
        messages.error(request, _("No move is scheduled."))
    return redirect(address)


@require_POST
@may("go_back")
def go_back(request: HttpRequest, name: str) -> HttpResponse:
    """To the endpoint before; pressed twice, or after somebody else has moved it, it goes back once."""
    address = door.address(request.user, name, door.GO_BACK)
    before = back_of(request.user, address)
    if before is None or request.POST.get("endpoint") != str(before.pk):
        messages.error(request, _("The address has been moved since you opened this page."))
        return redirect(address)
    key, seen = uuid_in(request.POST.get("key")) or uuid4(), address.endpoint_id
    asked: dict[str, Any] = {"actor": request.user, "reason": _("Went back"), "seen": seen}
    try:
        submit.move(key=key, address=address, endpoint=before, **asked)
    except NotPossible as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("New sessions use %(endpoint)s again.") % {"endpoint": before})
    return redirect(address)


@require_POST
@may("go_back")
def to_standby(request: HttpRequest, name: str) -> HttpResponse:
    """While that is proposed; pressed twice, it moves once."""
    address = door.address(request.user, name, door.GO_BACK)
    key, standby = uuid_in(request.POST.get("key")) or uuid4(), uuid_in(request.POST.get("endpoint"))
    asked: dict[str, Any] = {"actor": request.user, "reason": _("Moved to the standby"), "standby": standby}
    try:
        change = standing_in.move_to_proposed(key=key, address=address, **asked)
    except NotPossible as error:
        messages.error(request, str(error))
        return redirect(address)
    return _said(request, change)


def _form(request: HttpRequest, address: Address) -> MoveForm:
    """The submitted form; after a link, Compare or Search an unsubmitted one with what was typed so far."""
    if request.method == "POST" and not choices.is_draft(request):
        return MoveForm(request.POST, person=request.user, address=address)
    typed = request.POST if request.method == "POST" else request.GET
    return MoveForm(initial=typed.dict(), person=request.user, address=address)


def _repeated(request: HttpRequest, address: Address) -> HttpResponse | None:
    """The answer to a form that has been sent before: as the first time."""
    key = uuid_in(request.POST.get("key"))
    rows = door.address_changes(request.user).filter(address=address, actor=request.user.pk)
    change = rows.filter(pk=key).first() if key else None
    if change and change.fingerprint != fingerprint(request):
        raise Http404
    return _said(request, change) if change else None


def _moved(request: HttpRequest, form: MoveForm, address: Address) -> AddressChange | None:
    facts = {name: form.cleaned_data[name] for name in ("key", "endpoint", "reason", "seen", "at")}
    try:
        return submit.move(actor=request.user, address=address, fingerprint=fingerprint(request), **facts)
    except NotPossible as error:
        form.add_error(None, str(error))
    return None


def _said(request: HttpRequest, change: AddressChange) -> HttpResponse:
    words = {"endpoint": change.endpoint_name}
    if change.is_waiting:
        messages.success(request, _("The move to %(endpoint)s is scheduled.") % words)
    else:
        messages.success(request, _("New sessions use %(endpoint)s.") % words)
    return redirect(change.address)


def _facts(endpoint: Endpoint) -> dict[str, object]:
    """What is compared, by the names of the rows that show it."""
    resource, model = endpoint.resource, endpoint.serving_model
    return {
        "model": model.pk if model else None,
        "expiration": model.expires_at if model else None,
        "status": endpoint.status,
        "resource": resource.pk,
        "region": resource.region,
        "logging": endpoint.logging_enabled,
    }
