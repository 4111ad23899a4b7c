"""What each tab of an endpoint's page shows above the tabs: what serves, and what has been requested."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from endpoints.access import door
from endpoints.access.permissions import allows
from endpoints.models import Endpoint
from endpoints.models.change import ChangeQuerySet
from endpoints.pages import frame
from endpoints.pages.endpoint import tabs, waiting
from endpoints.pages.endpoint_list.badges import badge
from endpoints.pages.http import HttpRequest


def page(request: HttpRequest, endpoint: Endpoint, tab: str, context: dict[str, Any]) -> HttpResponse:
    """A tab of the page; for a poll, only what changes."""
    context = {**context_of(request, endpoint, tab), **context}
    template = "endpoint/_update.html" if request.htmx.target == "deployment" else "endpoint/detail.html"
    return render(request, template, context)


def context_of(request: HttpRequest, endpoint: Endpoint, tab: str) -> dict[str, Any]:
    change = endpoint.open_change
    may_deploy = allows(request.user, "deploy_model", on=endpoint)
    may_change = may_deploy and endpoint.gone_at is None
    can_dismiss = may_deploy and endpoint.can_be_dismissed
    usually = endpoint.usual_duration if change else None
    return {
        "section": "list",
        "endpoint": endpoint,
        "tab": tab,
        "tabs": tabs.of(endpoint, tab, may_try=allows(request.user, door.TRY, on=endpoint)),
        "open_change": change,
        "badge": badge(endpoint, usually),
        "usually": usually,
        "waiting": waiting.words(change, endpoint.resource) if change else "",
        "last_change": change_requests(request, endpoint).select_related("model", "actor").first(),
        "duplicates": (endpoint.duplicates() & door.endpoints(request.user)).for_page(),
        "can_change": may_change and change is None and endpoint.remote_id is not None,
        "can_change_model": may_change and endpoint.remote_id is not None and (not change or change.can_be_replaced),
        "can_go_back": endpoint.gone_at is None
        and endpoint.remote_id is not None
        and (not change or change.can_be_replaced)
        and allows(request.user, door.GO_BACK, on=endpoint),
        "can_clone": may_change and endpoint.model is not None and not can_dismiss,
        "can_deploy_again": may_deploy and (endpoint.gone_at is not None or can_dismiss),
        "can_dismiss": can_dismiss,
        "live": not endpoint.settled,
        "poll_url": _poll_url(request, endpoint, tab),
    }


def change_requests(request: HttpRequest, endpoint: Endpoint) -> ChangeQuerySet:
    return door.changes(request.user).filter(endpoint=endpoint)


def _poll_url(request: HttpRequest, endpoint: Endpoint, tab: str) -> str:
    """This tab as it is shown, and the version of what it shows."""
    query = request.GET.copy()
    query["version"] = frame.of(request).data.version
    return f"{tabs.address(endpoint, tab)}?{query.urlencode()}"
