"""What people ask of a Speech resource."""

import secrets

from endpoints.models import Resource
from endpoints.models.secret import Secret


def want_web_hook(resource: Resource, *, wanted: bool) -> None:
    """Ask for a web hook, or for its end; a worker registers it. A new one gets a new address and secret."""
    if wanted and not resource.hook_wanted:
        resource.hook_token, resource.hook_secret = secrets.token_urlsafe(32), Secret.of(secrets.token_urlsafe(32))
    resource.hook_wanted = wanted
    resource.save(update_fields=["hook_wanted", "hook_token", "hook_secret"])
