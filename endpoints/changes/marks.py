"""The endpoint that a change request made, found by the mark that it gave it."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from endpoints import azure
from endpoints.changes.work import Blocked
from endpoints.models import Change, Endpoint
from endpoints.models.change import MARK


def made_by(change: Change, service: azure.SpeechClient) -> azure.Endpoint | None:
    """The endpoint with this change's mark, the oldest if there are several; read from one complete listing."""
    listing = service.list_endpoints()
    made = marked(change, listing)
    if made is None and change.attempt and any(may_be_made(change, item) for item in listing.unreadable):
        raise Blocked(_("Azure lists an endpoint that can't be read. It might be this one."))
    return made


def marked(change: Change, listed: Iterable[azure.Endpoint]) -> azure.Endpoint | None:
    ours = [remote for remote in listed if remote.custom_properties.get(MARK) == str(change.pk)]
    return min(ours, key=lambda remote: (remote.created is None, remote.created), default=None)


def may_be_made(change: Change, item: azure.UnreadableItem) -> bool:
    """Whether an item that cannot be read may be the endpoint of this change."""
    mark, name = item.custom_properties.get(MARK), Endpoint.of(change).display_name
    return mark == str(change.pk) if mark else item.display_name in ("", name)
