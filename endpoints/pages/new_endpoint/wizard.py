"""New endpoint, the wizard: project and locale, model, details, review, Add.

Each button sends a plain POST, which stores what was typed in a Draft and redirects, so that Back, reload and a lost
session lose nothing, with or without JavaScript.
"""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRefresh

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import may
from endpoints.addresses.in_place import create
from endpoints.changes import refusals
from endpoints.models import Draft, Endpoint
from endpoints.models.search import uuid_in
from endpoints.pages.endpoint.submission import fingerprint, repeated, requested
from endpoints.pages.forms.new_endpoint import NAME_LENGTH, DetailsForm, ModelForm, PlaceForm
from endpoints.pages.http import HttpRequest
from endpoints.pages.model_list import search
from endpoints.pages.new_endpoint import in_place
from endpoints.pages.new_endpoint.review import review

STEPS = {
    "project": gettext_lazy("Project and language"),
    "model": gettext_lazy("Model"),
    "details": gettext_lazy("Details"),
    "review": gettext_lazy("Review"),
}
ORDER = list(STEPS)
FIELDS_OF = {
    "project": ("project", "locale"),
    "model": search.FIELDS,
    "details": ("name", "description", "logging"),
}


@dataclass(frozen=True)
class WizardStep:
    key: str
    label: str
    number: int
    state: str


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def new_endpoint(request: HttpRequest) -> HttpResponse:
    if request.method == "GET" and (original := request.GET.get("clone")):
        return _clone(request, original)
    if answer := repeated(request, "draft"):
        return answer
    draft = _draft(request)
    if asked := door.changes(request.user, door.DEPLOY).filter(pk=draft.pk).exclude(endpoint=None).first():
        return redirect(Endpoint.of(asked))
    step = request.POST.get("step") or request.GET.get("step") or ORDER[0]
    if step not in STEPS:
        raise Http404
    if request.method == "POST":
        return _submitted(request, draft, step, request.POST.get("go", "next"))
    if step == "model":
        typed = {name: request.GET[name] for name in search.FIELDS if name in request.GET}
        draft.answers["model"] = draft.answers.get("model", {}) | typed
    return _show(request, draft, step, bound=False)


def _clone(request: HttpRequest, original: str) -> HttpResponse:
    """A draft with all of an endpoint; it opens at the review, or at the first step that no longer fits.

    Of an endpoint that is gone it keeps the id, because its change may still need a decision.
    """
    endpoint = get_object_or_404(
        door.endpoints(request.user, door.DEPLOY).select_related("project"), pk=uuid_in(original)
    )
    project, place = endpoint.project, f"resource:{endpoint.resource_id}"
    draft = Draft(owner=request.user)
    draft.answers = {
        "project": {
            "project": f"project:{project.pk}" if project else place,
            "locale": "" if project and project.locale == endpoint.locale else endpoint.locale,
        },
        "model": {"model": str(endpoint.model_id or "")},
        "details": {
            "name": (_("Copy of %(name)s") % {"name": endpoint.display_name})[:NAME_LENGTH],
            "description": endpoint.description,
            "logging": "on" if endpoint.logging_enabled else "",
        },
        "instead_of": str(endpoint.pk) if endpoint.gone_at else "",
        "original": str(endpoint.pk),
    }
    draft.start()
    return _to(draft, "review")


def _submitted(request: HttpRequest, draft: Draft, step: str, go: str) -> HttpResponse:
    """Store what was typed, then show the step that the button leads to, if what was typed is valid."""
    if step != "review":
        # PostgreSQL stores no NUL in a text.
        draft.answer(step, {name: request.POST.get(name, "").replace("\0", "") for name in FIELDS_OF[step]})
    if go == "keep":
        return HttpResponse(status=204)
    if step == "model" and search.submitted(request):
        return _to(draft, "model")
    at = ORDER.index(step)
    if go == "back":
        return _to(draft, ORDER[max(at - 1, 0)])
    if go.startswith("to:") and go[3:] in STEPS:
        return _to(draft, go[3:])
    if go == "add":
        return _add(request, draft)
    if not _form(draft, step, bound=True).is_valid():
        return _show(request, draft, step, bound=True)
    return _to(draft, ORDER[min(at + 1, len(ORDER) - 1)])


def _add(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Ask for the endpoint. Everything is checked again: the model may have expired while the page was open."""
    wrong = _first_wrong(draft)
    if wrong:
        return _show(request, draft, wrong, bound=True)
    answers = _answers(draft)
    try:
        change, left = create(
            addresses=in_place.chosen(request, draft, answers["chosen_locale"]),
            key=draft.pk,
            actor=request.user,
            model=answers["model"],
            display_name=answers["name"],
            description=answers["description"],
            project=answers["chosen_project"],
            logging_enabled=answers["logging"],
            instead_of=_gone(draft),
            fingerprint=fingerprint(request),
        )
    except refusals.NotPossible:
        return _show(request, draft, "model", bound=True)
    for address, why in left:
        messages.warning(request, _("The address %(name)s isn't moved: %(why)s") % {"name": address.name, "why": why})
    hints.send("step", change.pk)
    draft.delete()
    return requested(request, change)


def _gone(draft: Draft) -> Endpoint | None:
    """The endpoint that the new one replaces."""
    pk = uuid_in(draft.answers.get("instead_of"))
    return door.endpoints(draft.owner, door.DEPLOY).filter(pk=pk).first() if pk else None


def _show(request: HttpRequest, draft: Draft, step: str, *, bound: bool) -> HttpResponse:
    wrong = _first_wrong(draft, before=step)
    if wrong:
        step, bound = wrong, bool(draft.answers.get(wrong))
    form = None if step == "review" else _form(draft, step, bound=bound)
    if search.wants_rows(request):
        return search.rows(request, form) if isinstance(form, ModelForm) else HttpResponseClientRefresh()
    context: dict[str, Any] = {
        "section": "list",
        "draft": draft.pk,
        "step": step,
        "steps": _steps(step),
        "form": form,
        "unread": door.resources(request.user, door.DEPLOY).filter(cataloged_at=None),
    }
    if step == "details":
        context["expiration"] = _checked(draft, "model")["model"].expiration
    if step == "review":
        answers = _answers(draft)
        context |= review(request.user, answers) | in_place.offered(request, draft, answers["chosen_locale"])
    return render(request, "new_endpoint/wizard.html", context, status=422 if form and form.errors else 200)


def _draft(request: HttpRequest) -> Draft:
    """The draft that the address or form names; a new one, not yet stored, when none is named."""
    text = request.POST.get("draft") or request.GET.get("draft")
    if not text:
        return Draft(pk=uuid4(), owner=request.user)
    key = uuid_in(text)
    if key is None:
        raise Http404
    return door.draft(request.user, key)


def _form(draft: Draft, step: str, *, bound: bool) -> PlaceForm | ModelForm | DetailsForm:
    typed = draft.answers.get(step, {})
    if not bound:
        return _made(draft, step, initial=typed)
    if step not in draft.forms:
        draft.forms[step] = _made(draft, step, data=typed)
    form: PlaceForm | ModelForm | DetailsForm = draft.forms[step]
    return form


def _made(draft: Draft, step: str, **data: Any) -> PlaceForm | ModelForm | DetailsForm:
    if step == "project":
        return PlaceForm(person=draft.owner, **data)
    place = _checked(draft, "project")
    if step == "model":
        return ModelForm(person=draft.owner, resource=place["resource"], locale=place["chosen_locale"], **data)
    return DetailsForm(resource=place["resource"], **data)


def _checked(draft: Draft, step: str) -> dict[str, Any]:
    """What was chosen on a step whose answers are known to be right."""
    form = _form(draft, step, bound=True)
    form.is_valid()
    return form.cleaned_data


def _first_wrong(draft: Draft, *, before: str = "review") -> str | None:
    """The first step before `before` whose answers are missing or wrong."""
    for step in ORDER[: ORDER.index(before)]:
        if not _form(draft, step, bound=True).is_valid():
            return step
    return None


def _answers(draft: Draft) -> dict[str, Any]:
    """All that was chosen, checked."""
    answers: dict[str, Any] = {}
    for step in ORDER[:-1]:
        answers |= _checked(draft, step)
    return answers


def _steps(current: str) -> list[WizardStep]:
    at = ORDER.index(current)
    states = ["done" if n < at else "current" if n == at else "todo" for n in range(len(ORDER))]
    return [WizardStep(key, str(STEPS[key]), n + 1, states[n]) for n, key in enumerate(ORDER)]


def _to(draft: Draft, step: str) -> HttpResponse:
    return redirect(f"{reverse('endpoints:new')}?draft={draft.pk}&step={step}")
