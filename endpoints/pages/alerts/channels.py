"""Channels of alerts: add one, change it, test it, delete it, and what was delivered."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.alerts import channels as verbs
from endpoints.messages.alerts.outcome import in_words
from endpoints.models import AlertChannel
from endpoints.models.alert_channel import ChannelKind
from endpoints.models.secret import SecretsLocked
from endpoints.pages.forms.alerts import ChannelForm
from endpoints.pages.http import HttpRequest

SHOWN = 20  # deliveries


@require_http_methods(["GET", "HEAD", "POST"])
@may("view_endpoint")
def new(request: HttpRequest) -> HttpResponse:
    form = ChannelForm(request.POST or None, person=request.user, kind=request.GET.get("kind", ""))
    if request.method != "POST" or not form.is_valid():
        return _form(request, form)
    try:
        channel, secret = verbs.add(
            form.kind, actor=request.user, **form.owner, address=form.cleaned_data["address"], chosen=form.chosen
        )
    except (SecretsLocked, verbs.TooMany) as error:
        form.refuse(error)
        return _form(request, form)
    messages.success(request, _("The channel %(name)s is added. Send a test to it.") % {"name": channel.name})
    return _secret(request, channel, secret) if secret else redirect("endpoints:alert-channel", channel.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@may("view_endpoint")
def channel(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = door.alert_channel(request.user, pk)
    form = ChannelForm(request.POST or None, person=request.user, channel=row)
    if request.method != "POST" or not form.is_valid():
        return _form(request, form, row)
    try:
        verbs.change(row, actor=request.user, address=form.cleaned_data["address"], chosen=form.chosen)
    except SecretsLocked as error:
        form.refuse(error)
        return _form(request, form, row)
    messages.success(request, _("The channel %(name)s is saved.") % {"name": row.name})
    return redirect("endpoints:alert-channel", pk)


@require_POST
@may("view_endpoint")
def test(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = door.alert_channel(request.user, pk)
    hints.send("deliver", verbs.test(row))
    messages.success(
        request, _("A test is being sent to %(name)s. Reload this page to see its result.") % {"name": row}
    )
    return redirect("endpoints:alert-channel", pk)


@require_POST
@may("view_endpoint")
def secret(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Replace the secret of a web hook, and show the new one once."""
    row = door.alert_channel(request.user, pk)
    if row.kind != ChannelKind.HOOK:
        raise Http404
    try:
        return _secret(request, row, verbs.replace_secret(row, actor=request.user))
    except SecretsLocked as error:
        messages.error(request, str(error))
        return redirect("endpoints:alert-channel", pk)


@require_POST
@may("view_endpoint")
def delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    row = door.alert_channel(request.user, pk)
    verbs.delete(row, actor=request.user)
    messages.success(request, _("The channel %(name)s is deleted.") % {"name": row.name})
    return redirect("endpoints:alert-settings")


def _secret(request: HttpRequest, row: AlertChannel, secret: str) -> HttpResponse:
    return render(request, "alerts/secret.html", {"section": "alerts", "channel": row, "secret": secret})


def _form(request: HttpRequest, form: ChannelForm, row: AlertChannel | None = None) -> HttpResponse:
    context: dict[str, Any] = {"section": "alerts", "form": form, "channel": row}
    if row:
        found = door.alert_deliveries(request.user).filter(channel=row)[:SHOWN]
        said = [(one, in_words(one.last.get("problem", ""), one.last.get("status"))) for one in found]
        context |= {"deliveries": said, "failure": in_words(row.failure)}
    return render(request, "alerts/channel.html", context, status=422 if form.errors else 200)
