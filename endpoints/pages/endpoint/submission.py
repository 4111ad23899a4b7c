"""What the pages that submit a change request of an endpoint have in common."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from endpoints import hints
from endpoints.access import door
from endpoints.changes import refusals
from endpoints.models import Change, Endpoint
from endpoints.models.search import uuid_in
from endpoints.models.status import ChangeKind
from endpoints.pages.forms.endpoint import ChangeForm
from endpoints.pages.http import HttpRequest

NOT_CONTENT = ("csrfmiddlewaretoken", "seen", "replaces", "go")  # fields that say nothing of what is requested


def fingerprint(request: HttpRequest) -> str:
    """What a form requests, as a hash: the same form that is sent again has the same one."""
    content = {name: values for name, values in request.POST.lists() if name not in NOT_CONTENT}
    return hashlib.sha256(json.dumps([request.path, content], sort_keys=True).encode()).hexdigest()


def repeated(request: HttpRequest, field: str = "key", permission: str = door.DEPLOY) -> HttpResponse | None:
    """The answer to a form that has requested a change before, whose id is in `field`; None for a new one.

    The same form is answered as the first time. Another content with the same id is refused: 409. The id of another
    person's change is no concern of this form: the verb refuses it (KeyTaken).
    """
    key = uuid_in(request.POST.get(field))
    known = door.changes(request.user, permission).filter(actor=request.user.pk).exclude(endpoint=None)
    change = known.filter(pk=key).first() if key else None
    if change is None:
        return None
    if change.fingerprint != fingerprint(request):
        context = {"section": "list", "endpoint": change.endpoint, "change": change}
        return render(request, "endpoint/already_sent.html", context, status=409)
    return requested(request, change)


def requested(request: HttpRequest, change: Change) -> HttpResponse:
    """Say what was requested, and lead to where it can be watched."""
    words = {
        ChangeKind.CREATE: _("%(name)s is being deployed. It can take up to 30 minutes."),
        ChangeKind.CHANGE_MODEL: _("The endpoint is being redeployed. It can take several minutes."),
        ChangeKind.EDIT: _("The endpoint is being changed."),
        ChangeKind.DELETE: _("The endpoint is being deleted."),
    }
    said = _("The change is scheduled.") if change.scheduled_for else words[ChangeKind(change.kind)]
    messages.success(request, said % {"name": change.endpoint_name})
    in_list = change.kind in (ChangeKind.CREATE, ChangeKind.DELETE)
    return redirect("endpoints:list") if in_list else redirect(Endpoint.of(change))


class Submission:
    """A submitted form that asks for a change of its endpoint, and the reason when none was requested."""

    def __init__(self, request: HttpRequest, form: ChangeForm) -> None:
        self.request = request
        self.form = form
        self.blocked_by = None if form.replaced else form.endpoint.open_change
        self.conflict: dict[str, Any] = {}

    @property
    def valid(self) -> bool:
        """The form was sent, and has no errors."""
        return self.request.method == "POST" and self.form.is_valid()

    def request_change(
        self, verb: Callable[..., Change], *, error_field: str | None = None, **arguments: Any
    ) -> Change | None:
        """Create the change by a verb of changes.submit and send its task message.

        None when the verb refuses; why is an error of `error_field`, `blocked_by` or `conflict`.
        """
        typed = self.form.cleaned_data
        asker = {"key": typed["key"], "actor": self.request.user, "reason": typed["reason"]}
        asker["fingerprint"] = fingerprint(self.request)
        try:
            change = verb(endpoint=self.form.endpoint, **asker, **arguments)
        except refusals.NotPossible as error:
            self.form.add_error(error_field, str(error))
        except refusals.Busy as error:
            self.blocked_by = error.change
        except refusals.ChangedMeanwhile as error:
            self.conflict = error.facts
        else:
            hints.send("step", change.pk)
            return change
        return None

    def response(self, template: str, **more: Any) -> HttpResponse:
        """The form again: 409 when another change came first, 422 when the form has errors.

        When that change is what this form requests, because it was sent twice at the same moment, the answer is the
        same to both.
        """
        if self.form.is_bound and (answer := repeated(self.request)):
            return answer
        context = {
            "section": "list",
            "endpoint": self.form.endpoint,
            "form": self.form,
            "blocked_by": self.blocked_by,
            "conflict": self.conflict,
            "fresh": self.form.fresh() if self.conflict else None,
            **more,
        }
        late = self.request.method == "POST" and (self.blocked_by or self.conflict)
        return render(self.request, template, context, status=409 if late else 422 if self.form.errors else 200)
