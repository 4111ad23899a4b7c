"""Registers our web hook on the service, repairs it, and deletes it."""

from __future__ import annotations

from endpoints import azure
from endpoints.models import Resource

EVENTS = frozenset(
    {"endpointCreation", "endpointProcessing", "endpointCompletion", "endpointDeletion", "modelCompletion"}
)
NAME = "Speech Studio, self-hosted"
REFUSED = "Refused"  # our own status of a hook; the others are the service's


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
    if hook is not None and _of_another_version(resource, hook, service):
        service.delete_web_hook(hook.id)
        hook = None
    secret = resource.hook_secret.open() if resource.hook_secret else None
    if hook is None:
        hook = service.create_web_hook(
            azure.WebHookCreate(display_name=NAME, web_url=address, events=EVENTS, secret=secret)
        )
    elif hook.web_url not in ("", address) or hook.status == "Failed":
        hook = service.update_web_hook(hook.id, azure.WebHookUpdate(web_url=address, events=EVENTS, secret=secret))
    _store(resource, hook.id, hook.status, service.version.name)


def _of_another_version(resource: Resource, hook: azure.WebHook, service: azure.SpeechClient) -> bool:
    """Whether it was registered in another API version: such a hook receives no events of newer entities.

    ("Migrate code from v3.0 to v3.1 of the REST API".) What we have stored counts more than what the service says.
    """
    current = service.version.name
    registered = resource.hook_version or hook.api_version or current
    return registered.lower().removeprefix("v") != current.removeprefix("v")


def record_refusal(resource: Resource) -> None:
    """The service refused it: the resource's page shows so, and it is requested again with the next refresh."""
    _store(resource, resource.hook_id, REFUSED, resource.hook_version)


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


def _store(resource: Resource, hook_id: str, status: str, version: str = "") -> None:
    resource.hook_id, resource.hook_status, resource.hook_version = hook_id, status, version
    Resource.objects.filter(pk=resource.pk).update(hook_id=hook_id, hook_status=status, hook_version=version)
