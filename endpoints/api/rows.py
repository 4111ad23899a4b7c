"""Rows as the API shows them: dictionaries with the members of the shapes."""

from typing import Any

from django.urls import reverse

from endpoints.access import roles
from endpoints.access.permissions import allows
from endpoints.api.http import ApiRequest
from endpoints.models import (
    Change,
    Download,
    Endpoint,
    Event,
    LogEntry,
    Project,
    Resource,
    SpeechModel,
    site,
)
from endpoints.models.service_errors import in_words
from endpoints.models.status import Status


def named(row: Any, name: str = "display_name") -> dict[str, Any] | None:
    return {"id": row.pk, "name": getattr(row, name)} if row else None


def endpoint(request: ApiRequest, row: Endpoint) -> dict[str, Any]:
    model, change, status = row.serving_model or row.model, row.open_change, row.serving_status
    probe, quality = getattr(row, "probe", None), getattr(row, "quality", None)
    return {
        "id": row.pk,
        "remote_id": row.remote_id,
        "name": row.display_name,
        "description": row.description,
        "locale": row.locale,
        "status": status.value or Status.NOT_STARTED.value,
        "status_text": status.label,
        "model": model and {**(named(model) or {}), "remote_id": model.remote_id, "expires_at": model.expires_at},
        "project": named(row.project),
        "resource": named(row.resource, "name"),
        "region": row.resource.region,
        "logging": row.logging_enabled,
        "owner": row.owner,
        "changed_by": row.changed_by,
        "created_at": row.created_at,
        "changed_at": row.last_action_at,
        "expires_at": model.expires_at if model else row.expires_at,
        "who_answers": probe and {"verdict": probe.verdict or "unknown", "since": probe.verdict_at},
        "quality": (quality and quality.word) or None,
        "open_change": change and {"id": change.pk, "kind": change.kind, "state": change.state},
        "url": site.address(row.get_absolute_url(), request),
    }


def requested(row: Change) -> dict[str, Any]:
    """What an edit wants, with the names that its request has."""
    names = {"display_name": "name", "description": "description", "logging_enabled": "logging"}
    return {names[fact]: value for fact, value in row.desired.items() if fact in names}


def change(request: ApiRequest, row: Change) -> dict[str, Any]:
    return {
        "id": row.pk,
        "kind": row.kind,
        "state": row.state,
        "state_text": row.state_label,
        "open": row.is_open,
        "needs_decision": row.needs_decision,
        "endpoint": named(row.endpoint),
        "endpoint_name": row.endpoint_name,
        "resource_name": row.resource_name,
        "model": named(row.model),
        "model_name": row.model_name,
        "previous_model": named(row.from_model),
        "requested": requested(row),
        "reason": row.reason,
        "requested_by": row.actor_name,
        "requested_at": row.requested_at,
        "scheduled_for": row.scheduled_for,
        "sent_at": row.sent_at,
        "accepted_at": row.accepted_at,
        "closed_at": row.closed_at,
        "attempts": row.attempt,
        "error": in_words(row.error) if row.error else "",
        "url": site.address(row.endpoint.get_absolute_url(), request) if row.endpoint else None,
    }


def model(_request: ApiRequest, row: SpeechModel) -> dict[str, Any]:
    return {
        "id": row.pk,
        "remote_id": row.remote_id,
        "name": row.display_name,
        "description": row.description,
        "kind": row.kind,
        "locale": row.locale,
        "status": row.status,
        "resource": named(row.resource, "name"),
        "project": named(row.project),
        "base_model": row.base_model_id,
        "deployable": row.usable,
        "why_not": str(row.why_not),
        "expires_at": row.expires_at,
        "adaptation_expires_at": row.adaptation_expires_at,
        "created_at": row.created_at,
    }


def resource(request: ApiRequest, row: Resource) -> dict[str, Any]:
    """Its health is for whoever has the right to see it."""
    words = row.health if allows(request.user, roles.HEALTH, on=row) else {"level": None, "words": None}
    return {
        "id": row.pk,
        "name": row.name,
        "region": row.region,
        "api_version": row.api_version,
        "health": words["level"],
        "health_text": words["words"],
        "paused": row.paused,
        "refreshed_at": row.mirrored_at,
    }


def project(_request: ApiRequest, row: Project) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.display_name,
        "remote_id": row.remote_id,
        "description": row.description,
        "locale": row.locale,
        "resource": named(row.resource, "name"),
    }


def log_entry(_request: ApiRequest, row: LogEntry) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": row.at,
        "seconds": row.duration.total_seconds() if row.duration is not None else None,
        "outcome": row.outcome or "unread",
        "text": row.text,
        "confidence": row.percent,
        "has_audio": row.has_audio,
        "has_transcript": row.has_transcript,
        "saved": row.held > 0 and not row.missing_files,
        "vanishes_at": row.vanishes_at,
    }


def download(request: ApiRequest, row: Download) -> dict[str, Any]:
    file = f"{reverse('api', args=[f'v1/downloads/{row.pk}/file'])}"
    return {
        "id": row.pk,
        "endpoint": named(row.endpoint),
        "state": row.state,
        "state_text": row.state_label,
        "open": row.open,
        "percent": row.percent,
        "purpose": row.purpose,
        "requested_by": row.actor_name,
        "requested_at": row.created_at,
        "finished_at": row.finished_at,
        "expires_at": row.expires_at,
        "files": row.files_total,
        "files_done": row.files_done,
        "missing": row.files_missing,
        "size": row.size,
        "sha256": row.sha256,
        "file_name": row.file_name,
        "file": request.build_absolute_uri(file) if row.ready else None,
        "error": in_words(row.error) if row.error else "",
    }


def event(_request: ApiRequest, row: Event) -> dict[str, Any]:
    return {
        "id": row.pk,
        "at": row.at,
        "verb": row.verb,
        "kind": row.kind,
        "result": row.result,
        "text": row.text,
        "reason": row.reason,
        "actor": row.actor_name,
        "token": str(row.facts.get("by_token", "")),
        "endpoint": row.endpoint_id,
        "endpoint_name": row.endpoint_name,
        "resource": row.resource_id,
        "resource_name": row.resource_name,
        "change": row.change_id,
    }
