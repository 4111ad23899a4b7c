"""What the pages that submit a change request of an endpoint have in common."""

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from endpoints import hints
from endpoints.changes import submit
from endpoints.models import Change
from endpoints.pages.forms.endpoint import ChangeForm
from endpoints.pages.http import HttpRequest


class Submission:
    """A submitted form that asks for a change of its endpoint, and the reason when none was requested."""

    def __init__(self, request: HttpRequest, form: ChangeForm) -> None:
        self.request = request
        self.form = form
        self.blocked_by = form.endpoint.open_change
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
        try:
            change = verb(endpoint=self.form.endpoint, **asker, **arguments)
        except submit.NotPossible as error:
            self.form.add_error(error_field, str(error))
        except submit.Busy as error:
            self.blocked_by = error.change
        except submit.ChangedMeanwhile as error:
            self.conflict = error.facts
        else:
            hints.send("step", change.pk)
            return change
        return None

    def response(self, template: str, **more: Any) -> HttpResponse:
        """The form again: 409 when another change came first, 422 when the form has errors."""
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
