"""One press on a page that asks for a change: what became of it, and the page that says so."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from endpoints import hints
from endpoints.changes import submit
from endpoints.models import Change, Endpoint
from endpoints.pages.forms import AskForm
from endpoints.pages.http import HttpRequest


def changeable(pk: UUID) -> Endpoint:
    """An endpoint that the service has, for a page that changes it; 404 otherwise."""
    return get_object_or_404(Endpoint.objects.present().exclude(remote_id=None).for_page(), pk=pk)


class Asking:
    """A form that asks for a change of its endpoint, and why nothing was done, if so."""

    def __init__(self, request: HttpRequest, form: AskForm) -> None:
        self.request = request
        self.form = form
        self.blocked_by = form.endpoint.open_change
        self.conflict: dict[str, Any] = {}

    @property
    def complete(self) -> bool:
        """Something was sent, and the form has nothing against it."""
        return self.request.method == "POST" and self.form.is_valid()

    def by(self, verb: Callable[..., Change], *, about: str | None = None, **wish: Any) -> Change | None:
        """Ask by a verb of changes.submit and ring for it; what is not possible is an error of the field `about`."""
        typed = self.form.cleaned_data
        asker = {"key": typed["key"], "actor": self.request.user, "reason": typed["reason"]}
        try:
            change = verb(endpoint=self.form.endpoint, **asker, **wish)
        except submit.NotPossible as error:
            self.form.add_error(about, str(error))
        except submit.Busy as error:
            self.blocked_by = error.change
        except submit.ChangedMeanwhile as error:
            self.conflict = error.facts
        else:
            hints.send("step", change.pk)
            return change
        return None

    def page(self, template: str, **more: Any) -> HttpResponse:
        """The form again: 409 when something else was first, 422 when it has to be corrected."""
        context = {
            "section": "list",
            "endpoint": self.form.endpoint,
            "form": self.form,
            "blocked_by": self.blocked_by,
            "conflict": self.conflict,
            "fresh": type(self.form)(endpoint=self.form.endpoint) if self.conflict else None,
            **more,
        }
        late = self.request.method == "POST" and (self.blocked_by or self.conflict)
        return render(self.request, template, context, status=409 if late else 422 if self.form.errors else 200)
