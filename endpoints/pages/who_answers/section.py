"""The section Who answers of an endpoint's overview: what its probe says, and what can be done about it."""

from typing import Any

from endpoints.access import door
from endpoints.access.door.probe_versions import OverviewOfEndpointVersion
from endpoints.access.permissions import allows
from endpoints.models import Endpoint
from endpoints.models.model import ModelKind
from endpoints.models.probe import Verdict
from endpoints.pages import frame
from endpoints.pages.endpoint import tabs
from endpoints.pages.http import HttpRequest
from endpoints.pages.who_answers.cost import cost

RUNS = 6
ICONS = {
    Verdict.CUSTOM: "success",
    Verdict.BASE: "failed",
    Verdict.CANNOT_TELL: "unknown",
    Verdict.NOT_LOGGED: "unknown",
    Verdict.UNKNOWN: "waiting",
}


def context(request: HttpRequest, endpoint: Endpoint) -> dict[str, Any]:
    """What the section shows, and the poll of the page, which each run of the probe answers too."""
    probe = door.probe(request.user, endpoint)
    runs = list(door.probe_runs(request.user, endpoint)[:RUNS]) if probe else []
    on_service = endpoint.remote_id is not None and endpoint.gone_at is None
    model = endpoint.serving_model
    query = request.GET.copy()
    version = OverviewOfEndpointVersion.named(frame.of(request).data, endpoint.pk, probe.updated_at if probe else None)
    query["version"] = version
    return {
        "watched": probe,
        "watched_icon": ICONS[Verdict(probe.verdict)] if probe else "",
        "watched_cost": cost(probe.recording.seconds, probe.every_hours) if probe else "",
        "past_checks": [run for run in runs if run.ended_at],
        "runs_base": model is not None and model.kind == ModelKind.BASE,
        "can_watch": on_service and allows(request.user, door.DEPLOY, on=endpoint),
        "shows_watch": on_service or probe is not None,
        "expired": bool(model and model.expiration and model.expiration.level == "expired"),
        "poll_url": f"{tabs.address(endpoint, tabs.OVERVIEW)}?{query.urlencode()}",
        **({"live": True} if probe and probe.asked_at else {}),
    }
