"""Our web hook on the service: there when somebody wants it, at our address, and working."""

from __future__ import annotations

from endpoints import azure
from endpoints.models import Resource

EVENTS = frozenset(
    {"endpointCreation", "endpointProcessing", "endpointCompletion", "endpointDeletion", "modelCompletion"}
)
NAME = "Speech Studio, self-hosted"


def keep(resource: Resource, service: azure.SpeechClient, address: str) -> None:
    """Make the service's hook what it should be: there, at `address`, at work; or gone when nobody wants it.

    A hook that the service has put to Failed after too many lost calls is set again, which starts it anew.
    """
    if not resource.hook_wanted:
        if resource.hook_id:
            service.delete_web_hook(resource.hook_id)
            _note(resource, "", "")
        return
    hook = _ours(resource, service, address)
    secret = resource.hook_secret.open() if resource.hook_secret else None
    if hook is None:
        hook = service.create_web_hook(
            azure.WebHookCreate(display_name=NAME, web_url=address, events=EVENTS, secret=secret)
        )
    elif hook.web_url != address or hook.status == "Failed":
        hook = service.update_web_hook(hook.id, azure.WebHookUpdate(web_url=address, events=EVENTS, secret=secret))
    _note(resource, hook.id, hook.status)


def _ours(resource: Resource, service: azure.SpeechClient, address: str) -> azure.WebHook | None:
    """The hook by its id, or by its address when the answer that named the id was lost."""
    if resource.hook_id:
        try:
            return service.get_web_hook(resource.hook_id)
        except azure.NotFound:
            return None
    return next((hook for hook in service.list_web_hooks() if hook.web_url == address), None)


def _note(resource: Resource, hook_id: str, status: str) -> None:
    resource.hook_id, resource.hook_status = hook_id, status
    Resource.objects.filter(pk=resource.pk).update(hook_id=hook_id, hook_status=status)
