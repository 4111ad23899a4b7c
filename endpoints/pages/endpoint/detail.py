"""The endpoint's own page, and its key."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from endpoints import audit, samples
from endpoints.access import door
from endpoints.access.permissions import allows, may
from endpoints.changes import submit
from endpoints.models import Download, Endpoint
from endpoints.models.change import ChangeQuerySet
from endpoints.models.event import Verb
from endpoints.models.resource import Auth
from endpoints.models.secret import CannotDecrypt
from endpoints.pages import frame
from endpoints.pages.content_logs import keep
from endpoints.pages.endpoint import waiting
from endpoints.pages.http import HttpRequest
from endpoints.samples import addresses, documentation, places

NEWEST, ALL = 10, 500  # changes and events on the page, at first and when asked for


@dataclass(frozen=True)
class SampleTab:
    key: str
    label: str
    url: str
    current: bool


@require_safe
@may("view_endpoint")
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoints = door.endpoints(request.user)
    endpoint = endpoints.for_page().filter(pk=pk).first()
    if endpoint is None:
        # An address with the service's endpoint id leads to the same page.
        return redirect(get_object_or_404(endpoints, remote_id=str(pk)))
    if request.htmx.target == "deployment":
        context = {**_deployment(request, endpoint), **_history(request, endpoint)}
        return render(request, "endpoint/_update.html", context)
    return _page(request, endpoint)


@require_POST
@may("deploy_model")
def key(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the endpoint key, after recording who saw it."""
    endpoint = door.endpoint_page(request.user, pk, door.DEPLOY)
    audit.record(Verb.KEY_SHOWN, actor=request.user, endpoint=endpoint)
    if endpoint.resource.auth != Auth.KEY:
        note = _("This Speech resource signs in with Microsoft Entra, without a key.")
        return _page(request, endpoint, key_note=note)
    stored = endpoint.resource.key
    if stored is None:
        return _page(request, endpoint, key_note=_("No key is kept of this Speech resource."))
    try:
        return _page(request, endpoint, shown_key=stored.open())
    except CannotDecrypt as error:
        return _page(request, endpoint, key_note=str(error))


def _page(request: HttpRequest, endpoint: Endpoint, **more: Any) -> HttpResponse:
    here = endpoint.get_absolute_url()
    chosen = request.GET.get("sample", "")
    found = samples.samples_for(endpoint) if endpoint.gone_at is None else []
    sample = next((one for one in found if one.key == chosen), found[0] if found else None)
    context = {
        **_deployment(request, endpoint),
        "section": "list",
        "may_see_key": allows(request.user, "deploy_model", on=endpoint),
        "endpoint_url": endpoint.links.get("webSocketConversation") or endpoint.links.get("webSocket", ""),
        "endpoint_address": addresses.endpoint_address(endpoint),
        "region_label": places.region_of(endpoint),
        "samples": [
            SampleTab(one.key, one.language, f"{here}?sample={one.key}#sample-code", one is sample) for one in found
        ],
        "sample": sample,
        "documentation": documentation.PAGES,
        "latest_download": _latest_download(request, endpoint),
        **_countdown(request, endpoint),
        **_history(request, endpoint),
        "previous_model": submit.previous_model(endpoint),
        "go_back_key": uuid4(),
        **more,
    }
    return render(request, "endpoint/detail.html", context)


def _countdown(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    if not allows(request.user, door.READ_LOGS, on=endpoint):
        return {}
    archive = door.log_archives(request.user).found(endpoint)
    return keep.countdown(request.user, endpoint, archive.listed_at if archive else None)


def _deployment(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    """The state of the endpoint and of what has been requested, as polls update it."""
    change = endpoint.open_change
    may_deploy = allows(request.user, "deploy_model", on=endpoint)
    may_change = may_deploy and endpoint.gone_at is None
    can_dismiss = may_deploy and endpoint.can_be_dismissed
    return {
        "endpoint": endpoint,
        "open_change": change,
        "waiting": waiting.words(change, endpoint.resource) if change else "",
        "last_change": _changes(request, endpoint).first(),
        "duplicates": endpoint.duplicates().for_page(),
        "usually": endpoint.usual_duration if change else None,
        "can_change": may_change and change is None and endpoint.remote_id is not None,
        "can_change_model": may_change and endpoint.remote_id is not None and (not change or change.can_be_replaced),
        "can_clone": may_change and endpoint.model is not None and not can_dismiss,
        "can_deploy_again": may_deploy and (endpoint.gone_at is not None or can_dismiss),
        "can_dismiss": can_dismiss,
        "live": not endpoint.settled,
        "poll_url": f"{endpoint.get_absolute_url()}?version={frame.of(request).data.version}",
    }


def _history(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    """The newest changes and events, and the address that shows the others."""
    shown = ALL if request.GET.get("history") == "all" else NEWEST
    changes = list(_changes(request, endpoint).select_related("model", "actor")[: shown + 1])
    events = list(door.events(request.user).filter(endpoint_id=endpoint.pk)[: shown + 1])
    more = max(len(changes), len(events)) > shown and shown == NEWEST
    return {
        "changes": changes[:shown],
        "events": events[:shown],
        "earlier_url": f"{endpoint.get_absolute_url()}?history=all#history" if more else "",
    }


def _changes(request: HttpRequest, endpoint: Endpoint) -> ChangeQuerySet:
    return door.changes(request.user).filter(endpoint=endpoint)


def _latest_download(request: HttpRequest, endpoint: Endpoint) -> Download | None:
    if not allows(request.user, "read_logs", on=endpoint):
        return None
    return door.downloads(request.user).filter(endpoint=endpoint).for_page().first()
