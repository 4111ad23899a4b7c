"""Registers our web hook on the service, repairs it, and deletes it."""

from __future__ import annotations

from endpoints import azure
from endpoints.models import Resource

EVENTS = frozenset(
    {"endpointCreation", "endpointProcessing", "endpointCompletion", "endpointDeletion", "modelCompletion"}
)
NAME = "Speech Studio, self-hosted"


def ensure(resource: Resource, service: azure.SpeechClient, address: str) -> None:
    """Bring the web hook to its desired state: registered for `address` and working, or deleted.

    The service sets a hook to Failed after too many failed calls; updating it (WebHooks_Update) restarts it.
    """
    if not resource.hook_enabled:
        if resource.hook_id:
            service.delete_web_hook(resource.hook_id)
            _store(resource, "", "")
        return
    hook = _find(resource, service, address)
    secret = resource.hook_secret.open() if resource.hook_secret else None
    if hook is None:
        hook = service.create_web_hook(
            azure.WebHookCreate(display_name=NAME, web_url=address, events=EVENTS, secret=secret)
        )
    elif hook.web_url != address or hook.status == "Failed":
        hook = service.update_web_hook(hook.id, azure.WebHookUpdate(web_url=address, events=EVENTS, secret=secret))
    _store(resource, hook.id, hook.status)


def record_refusal(resource: Resource) -> None:
    """The service refused it: the resource's page shows so, and it is requested again with the next refresh."""
    _store(resource, resource.hook_id, "Failed")


def _find(resource: Resource, service: azure.SpeechClient, address: str) -> azure.WebHook | None:
    """The hook by its id, or by its address when the response with the id was lost."""
    if resource.hook_id:
        try:
            return service.get_web_hook(resource.hook_id)
        except azure.NotFound as error:
            if not error.says_gone:
                raise
            return None
    return next((hook for hook in service.list_web_hooks() if hook.web_url == address), None)


def _store(resource: Resource, hook_id: str, status: str) -> None:
    resource.hook_id, resource.hook_status = hook_id, status
    Resource.objects.filter(pk=resource.pk).update(hook_id=hook_id, hook_status=status)
