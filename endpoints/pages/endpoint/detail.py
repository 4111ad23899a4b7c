"""The endpoint's own page, one view for each of its tabs, and its key."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from endpoints import audit, samples
from endpoints.access import door
from endpoints.access.permissions import allows, may
from endpoints.alerts import choices
from endpoints.changes import submit
from endpoints.models import Download, Endpoint, places
from endpoints.models.connection import Auth
from endpoints.models.event import Verb
from endpoints.models.secret import CannotDecrypt
from endpoints.pages.activity import lines
from endpoints.pages.content_logs import keep
from endpoints.pages.endpoint import head, tabs
from endpoints.pages.http import HttpRequest
from endpoints.pages.sessions import recent_sign_in
from endpoints.samples import addresses, documentation

NEWEST, ALL = 10, 500  # changes and events in the history, at first and when asked for


@dataclass(frozen=True)
class SampleTab:
    key: str
    label: str
    url: str
    current: bool


def _tab(name: str, contents: Callable[[HttpRequest, Endpoint], dict[str, Any]]) -> Any:
    """The view of a tab. An address with the service's endpoint id leads to the same page."""

    @require_safe
    @may("view_endpoint")
    def show(request: HttpRequest, pk: UUID) -> HttpResponse:
        endpoints = door.endpoints(request.user).filter(resource__removing_at=None)
        endpoint = endpoints.for_page().filter(pk=pk).first()
        if endpoint is None:
            found = get_object_or_404(endpoints, remote_id=str(pk))
            return redirect(tabs.address(found, name))
        return head.page(request, endpoint, name, contents(request, endpoint))

    return show


@require_POST
@may("show_key")
@recent_sign_in
def key(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show the endpoint key, after recording who saw it."""
    endpoint = door.endpoint_page(request.user, pk, door.SHOW_KEY)
    audit.record(Verb.KEY_SHOWN, actor=request.user, endpoint=endpoint)
    return head.page(request, endpoint, tabs.OVERVIEW, {**_overview(request, endpoint), **_shown_key(endpoint)})


def _shown_key(endpoint: Endpoint) -> dict[str, str]:
    """The key, or why there is none to show."""
    if endpoint.resource.auth != Auth.KEY:
        return {"key_note": _("This Speech resource uses Microsoft Entra and doesn't have a key.")}
    stored = endpoint.resource.key
    if stored is None:
        return {"key_note": _("No key is stored for this Speech resource.")}
    try:
        return {"shown_key": stored.open()}
    except CannotDecrypt as error:
        return {"key_note": str(error)}


def _overview(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "may_see_key": allows(request.user, door.SHOW_KEY, on=endpoint),
        "endpoint_url": endpoint.links.get("webSocketConversation") or endpoint.links.get("webSocket", ""),
        "endpoint_address": addresses.endpoint_address(endpoint),
        "region_label": places.region_of(endpoint),
        "documentation": documentation.PAGES,
        "reached_by": list(door.addresses_of(request.user, endpoint)),
        "alerted": choices.follows(request.user, endpoint),
        **_countdown(request, endpoint),
    }


def _sample_code(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    here, chosen = tabs.address(endpoint, tabs.SAMPLE_CODE), request.GET.get("sample", "")
    found = samples.samples_for(endpoint) if endpoint.gone_at is None else []
    sample = next((one for one in found if one.key == chosen), found[0] if found else None)
    languages = [SampleTab(one.key, one.language, f"{here}?sample={one.key}", one is sample) for one in found]
    return {"samples": languages, "sample": sample, "documentation": documentation.PAGES}


def _content_logging(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    latest = _latest_download(request, endpoint)
    return {"documentation": documentation.PAGES, "latest_download": latest, **_countdown(request, endpoint)}


def _countdown(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    if not allows(request.user, door.READ_LOGS, on=endpoint):
        return {}
    archive = door.log_archives(request.user).found(endpoint)
    return keep.countdown(request.user, endpoint, archive.listed_at if archive else None)


def _latest_download(request: HttpRequest, endpoint: Endpoint) -> Download | None:
    if not allows(request.user, "read_logs", on=endpoint):
        return None
    return door.downloads(request.user).filter(endpoint=endpoint).for_page().first()


def _history(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    """The newest changes and events, and the address that shows the others."""
    shown = ALL if request.GET.get("history") == "all" else NEWEST
    changes = list(head.change_requests(request, endpoint).select_related("model", "actor")[: shown + 1])
    events = list(door.events(request.user).filter(endpoint_id=endpoint.pk)[: shown + 1])
    more = max(len(changes), len(events)) > shown and shown == NEWEST
    return {
        "changes": changes[:shown],
        "days": lines.days(lines.of_events(request.user, events[:shown])),
        "earlier_url": f"{tabs.address(endpoint, tabs.HISTORY)}?history=all" if more else "",
        "previous_model": submit.previous_model(endpoint),
        "go_back_key": uuid4(),
    }


def history_with(request: HttpRequest, endpoint: Endpoint, reason: str) -> HttpResponse:
    """The history with a typed reason for going back, which was refused."""
    answer = head.page(request, endpoint, tabs.HISTORY, {**_history(request, endpoint), "typed_reason": reason})
    answer.status_code = 422
    return answer


overview = _tab(tabs.OVERVIEW, _overview)
sample_code = _tab(tabs.SAMPLE_CODE, _sample_code)
content_logging = _tab(tabs.CONTENT_LOGGING, _content_logging)
history = _tab(tabs.HISTORY, _history)


@require_safe
@may("view_endpoint")
def detail(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The overview; its address showed the sample code and the history too, before they were tabs."""
    if "sample" in request.GET:
        answer = sample_code(request, pk)
    elif "history" in request.GET:
        answer = history(request, pk)
    else:
        answer = overview(request, pk)
    return answer  # type: ignore[no-any-return]  # the views are decorated
