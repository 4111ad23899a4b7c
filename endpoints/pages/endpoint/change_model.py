"""Change model: the current one and the new one side by side, then Done.

A radio button requests the new model's card alone; without JavaScript the button Compare sends the form as it is, and
the page comes back with what was typed.
"""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from endpoints.access import door
from endpoints.access.permissions import allows, may
from endpoints.changes import submit
from endpoints.models import Change, Endpoint, Status
from endpoints.pages.endpoint.submission import Submission, repeated, requested
from endpoints.pages.forms.endpoint import ChangeModelForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.model_list import search
from endpoints.pages.model_list.comparison import Comparison


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
@vary_on_headers("HX-Request")
def change_model(request: HttpRequest, pk: UUID) -> HttpResponse:
    if not _is_draft(request) and (answer := repeated(request)):
        return answer
    endpoint = door.endpoint_on_service(request.user, pk)
    form = _form(request, endpoint)
    if search.wants_rows(request):
        return search.rows(request, form)
    submission = Submission(request, form)
    if submission.valid and (change := _requested(submission)):
        return requested(request, change)
    comparison = _comparison(form)
    facts = {"comparison": comparison, "runs_new": _runs(request, endpoint, comparison)}
    if request.htmx.target == "new-model":
        return render(request, "endpoint/_new_model.html", {"endpoint": endpoint, **facts})
    return submission.response(
        "endpoint/change_model.html",
        heading=_("Change model"),
        button=_("Done"),
        **facts,
        usually=endpoint.usual_duration,
    )


def _form(request: HttpRequest, endpoint: Endpoint) -> ChangeModelForm:
    """The submitted form; after a link, Compare or Search an unsubmitted one with what was chosen and typed so far."""
    if request.method != "POST":
        return ChangeModelForm(initial=request.GET.dict(), endpoint=endpoint, person=request.user)
    if _is_draft(request):
        return ChangeModelForm(initial=request.POST.dict(), endpoint=endpoint, person=request.user)
    return ChangeModelForm(request.POST, endpoint=endpoint, person=request.user)


def _is_draft(request: HttpRequest) -> bool:
    """Compare or Search was pressed, which request nothing."""
    return request.POST.get("go") == "compare" or search.submitted(request)


def _comparison(form: ChangeModelForm) -> Comparison | None:
    """With the model that is chosen or that a link names, whether or not it can be deployed."""
    new = form.choices.chosen
    return Comparison(form.endpoint.model, new) if new else None


def _runs(request: HttpRequest, endpoint: Endpoint, comparison: Comparison | None) -> Endpoint | None:
    """An endpoint that already runs the new model and that the person may try."""
    if comparison is None or not allows(request.user, door.TRY, endpoint):
        return None
    rows = door.endpoints_to_try(request.user, endpoint)
    return rows.filter(model=comparison.new, status=Status.SUCCEEDED).first()


def _requested(submission: Submission) -> Change | None:
    typed = submission.form.cleaned_data
    arguments = {name: typed[name] for name in ("model", "seen", "at", "replaces")}
    return submission.request_change(submit.change_model, error_field="model", **arguments)
