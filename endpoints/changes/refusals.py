"""Why a change request is not stored."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext_noop

from endpoints.models import Change
from endpoints.models.status import ChangeKind
from endpoints.models.translatable_text import TranslatableText


class Busy(Exception):
    """Another change of this endpoint is open; `change` is that one. The message is for people."""

    def __init__(self, change: Change) -> None:
        kind = dict(ChangeKind.choices).get(change.kind, change.kind)
        names = {"actor": change.actor_name or "Speech Studio", "kind": kind}
        self.why = TranslatableText(
            gettext_noop("Another change is in progress: %(kind)s, requested by %(actor)s."), **names
        )
        super().__init__(self.why)
        self.change = change


class NotPossible(Exception):
    """The request cannot be carried out; the message is the reason, for people."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class ChangedMeanwhile(Exception):
    """The endpoint has changed since the person's page was loaded; `facts` has the current values that differ."""

    def __init__(self, facts: dict[str, Any]) -> None:
        super().__init__(", ".join(facts))
        self.facts = facts


class KeyTaken(Http404):
    """The id of the request is that of another person's request, or of one for another endpoint.

    Pages answer 404, which says nothing about that request.
    """
