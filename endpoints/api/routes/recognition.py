"""Which model answers for an endpoint, and what its content logs say about recognition."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Router

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.api.http import ApiRequest
from endpoints.api.once import once
from endpoints.api.problems import Problem
from endpoints.api.shapes.change import Nothing
from endpoints.api.shapes.recognition import ProbeOut, QualityOut
from endpoints.models import Endpoint, Probe
from endpoints.models.service_errors import in_words
from endpoints.watch import submit

router = Router(tags=["recognition"])


def _shown(request: ApiRequest, pk: UUID) -> dict[str, Any]:
    probe = _probe(request, door.endpoint(request.user, pk), door.VIEW)
    return {
        "endpoint": pk,
        "verdict": probe.verdict or "unknown",
        "verdict_text": str(probe.get_verdict_display()),
        "since": probe.verdict_at,
        "times": probe.in_a_row,
        "checked_at": probe.checked_at,
        "checking": probe.asked_at is not None,
        "every_hours": probe.every_hours,
        "error": in_words(probe.error) if probe.error else "",
    }


@router.get("/endpoints/{uuid:pk}/who-answers", response=ProbeOut, operation_id="show_who_answers")
@may("view_endpoint")
def who_answers(request: ApiRequest, pk: UUID) -> Any:
    """Which model answers, as far as the endpoint's recording tells; 404 when nobody has set one."""
    return _shown(request, pk)


@router.post("/endpoints/{uuid:pk}/who-answers/check", response={202: ProbeOut}, operation_id="check_who_answers")
@may("deploy_model")
@once(_shown)
def check(request: ApiRequest, pk: UUID, body: Nothing) -> UUID:
    """Have a worker ask the endpoint now; `checking` is false when it has."""
    endpoint = door.endpoint(request.user, pk, door.DEPLOY)
    probe = _probe(request, endpoint, door.DEPLOY)
    probe.endpoint = endpoint
    if submit.check_now(probe=probe, actor=request.user):
        hints.send("probe", probe.pk)
    return pk


@router.get("/endpoints/{uuid:pk}/quality", response=QualityOut, operation_id="show_quality")
@may("view_endpoint")
def quality(request: ApiRequest, pk: UUID) -> Any:
    """What the content logs say about the last change of the model."""
    found = door.quality(request.user, door.endpoint(request.user, pk))
    return {
        "endpoint": pk,
        "word": (found and found.word) or None,
        "verdict": (found and found.verdict) or "unknown",
        "since": found and found.since,
        "without_result_before": found and found.before_share,
        "without_result_since": found and found.since_share,
        "entries_since": found.entries_since if found else 0,
        "silent_days": found.silent_days if found else 0,
        "last_day": found and found.last_day,
    }


def _probe(request: ApiRequest, endpoint: Endpoint, permission: str) -> Probe:
    probe = door.probe(request.user, endpoint, permission)
    if probe is None:
        raise Problem("not-found", _("This endpoint has no probe."))
    return probe
