"""The requests by which a change is sent to the service, and whether an answer shows what was asked."""

from __future__ import annotations

from typing import Any

from endpoints import azure
from endpoints.changes.failpoints import failpoint
from endpoints.models import Change, Endpoint
from endpoints.models.change import MARK
from endpoints.models.status import ChangeKind


def send(change: Change, service: azure.SpeechClient) -> azure.Endpoint | None:
    requests = {ChangeKind.CREATE: _post, ChangeKind.DELETE: _delete}
    failpoint("before-request")
    try:
        return requests.get(ChangeKind(change.kind), _patch)(change, service)
    finally:
        failpoint("after-answer")


def _post(change: Change, service: azure.SpeechClient) -> azure.Endpoint:
    endpoint, model = Endpoint.of(change), change.model
    assert model is not None  # noqa: S101 (_send has made sure)
    made = service.create_endpoint(
        azure.EndpointCreate(
            display_name=endpoint.display_name,
            description=endpoint.description,
            locale=endpoint.locale,
            model_id=model.remote_id,
            model_kind=model.kind,
            project_id=endpoint.project.remote_id if endpoint.project else None,
            logging_enabled=endpoint.logging_enabled,
            custom_properties={MARK: str(change.pk)},
        )
    )
    mark = made.custom_properties.get(MARK)
    alike = (made.display_name, made.locale) == (endpoint.display_name, endpoint.locale)
    if mark != str(change.pk) and (mark or not alike):
        raise azure.Unreadable("The service answered with another endpoint.", operation="Endpoints_Create")
    return made


def _patch(change: Change, service: azure.SpeechClient) -> azure.Endpoint:
    """Only what is to be changed is sent, so that everything else stays as it is."""
    asked = dict(change.desired)
    if change.model and asked.pop("model", None):
        asked |= {"model_id": change.model.remote_id, "model_kind": change.model.kind}
    return service.update_endpoint(remote_id(Endpoint.of(change)), azure.EndpointUpdate(**asked))


def _delete(change: Change, service: azure.SpeechClient) -> None:
    service.delete_endpoint(remote_id(Endpoint.of(change)))


def shows(remote: azure.Endpoint, facts: dict[str, Any]) -> bool:
    """Whether the service says of an endpoint what `facts` says, by the keys of Endpoint.facts."""
    said = {
        "model": remote.model_id,
        "display_name": remote.display_name,
        "description": remote.description,
        "logging_enabled": remote.logging_enabled,
    }
    if facts.get("model"):
        facts = {**facts, "model": facts["model"].lower()}  # the service's ids have no letter case
    return all(said[name] == value for name, value in facts.items())


def remote_id(endpoint: Endpoint) -> str:
    if endpoint.remote_id is None:
        raise azure.Unreadable("The endpoint has no id at the service yet.", operation="Endpoints_Get")
    return endpoint.remote_id
