"""Change model: the current one and the new one side by side, then Done."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from endpoints import deploy, tasks
from endpoints.forms import ChangeModelForm
from endpoints.models import Change, Endpoint
from endpoints.views.access import HttpRequest, may


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def change_model(request: HttpRequest, pk: UUID) -> HttpResponse:
    endpoint = get_object_or_404(Endpoint.objects.present().exclude(remote_id=None).for_page(), pk=pk)
    key = _key(request)
    if Change.objects.filter(pk=key).exists():
        return redirect(endpoint)
    form = ChangeModelForm(
        request.POST or None, resource=endpoint.resource, locale=endpoint.locale, current=endpoint.model
    )
    blocked_by = endpoint.open_change
    if request.method == "POST" and blocked_by is None and form.is_valid():
        try:
            change = deploy.change_model(
                key=key,
                actor=request.user,
                endpoint=endpoint,
                model=form.cleaned_data["model"],
                reason=form.cleaned_data["reason"],
            )
        except deploy.NotPossible as error:
            form.add_error("model", str(error))
        except deploy.Busy as error:
            blocked_by = error.change
        else:
            tasks.ring(tasks.step, change.pk)
            messages.success(request, _("The endpoint is being redeployed. It can take several minutes."))
            return redirect(endpoint)
    chosen = request.POST.get("model", "")
    models = [model for model in form.choices() if model != endpoint.model]
    for model in models:
        model.chosen = str(model.pk) == chosen
    context = {
        "section": "list",
        "endpoint": endpoint,
        "current": endpoint.model,
        "form": form,
        "error_summary": form.errors,
        "models": models,
        "blocked_by": blocked_by,
        "key": key,
    }
    status = 409 if blocked_by and request.method == "POST" else 422 if form.errors else 200
    return render(request, "endpoints/change_model.html", context, status=status)


def _key(request: HttpRequest) -> UUID:
    """Names this request, made when the page was opened: Done pressed twice asks once."""
    try:
        return UUID(request.POST["key"])
    except (KeyError, ValueError):
        return uuid4()
