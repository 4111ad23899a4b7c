"""Change model: the current one and the new one side by side, then Done."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints import deploy, tasks
from endpoints.forms import ChangeModelForm
from endpoints.views.access import HttpRequest, may
from endpoints.views.edit import changeable


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def change_model(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = changeable(pk)
    form = ChangeModelForm(request.POST or None, endpoint=endpoint)
    blocked_by = endpoint.open_change
    conflict: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            change = deploy.change_model(
                key=form.cleaned_data["key"],
                actor=request.user,
                endpoint=endpoint,
                model=form.cleaned_data["model"],
                reason=form.cleaned_data["reason"],
                seen=form.cleaned_data["seen"],
                at=form.cleaned_data["at"],
            )
        except deploy.NotPossible as error:
            form.add_error("model", str(error))
        except deploy.Busy as error:
            blocked_by = error.change
        except deploy.ChangedMeanwhile as error:
            conflict = error.facts
        else:
            tasks.ring(tasks.step, change.pk)
            words = _("The endpoint is being redeployed. It can take several minutes.")
            messages.success(request, _("The change is scheduled.") if change.scheduled_for else words)
            return redirect(endpoint)
    chosen = request.POST.get("model", "")
    models = [model for model in form.choices() if model != endpoint.model]
    for model in models:
        model.chosen = str(model.pk) == chosen
    context = {
        "section": "list",
        "endpoint": endpoint,
        "form": form,
        "models": models,
        "blocked_by": blocked_by,
        "conflict": conflict,
        "fresh": ChangeModelForm(endpoint=endpoint) if conflict else None,
        "usually": endpoint.usual_duration,
    }
    status = 409 if (blocked_by or conflict) and request.method == "POST" else 422 if form.errors else 200
    return render(request, "endpoints/change_model.html", context, status=status)
