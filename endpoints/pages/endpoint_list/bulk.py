"""Bulk: the endpoints that were ticked on the list, what will happen to each, then how far each is."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from endpoints import hints
from endpoints.changes import bulk as verbs
from endpoints.changes.bulk import Action, Item
from endpoints.models import Bulk, Endpoint, SpeechModel
from endpoints.models.model import ModelKind
from endpoints.models.search import uuid_in
from endpoints.models.status import CLOSED, UNSTARTED, ChangeState
from endpoints.pages import frame
from endpoints.pages.endpoint_list import selection
from endpoints.pages.http import HttpRequest, may

OVERLAP = timedelta(seconds=3)
STEP = ("csrfmiddlewaretoken", "new_model", "next")  # what the choice of a model adds to the selection


class BulkForm(forms.Form):
    """The review: the request's own name, what the page said of each endpoint, and why it is asked."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    action = forms.ChoiceField(choices=Action.choices, widget=forms.HiddenInput)
    new_model = forms.CharField(widget=forms.HiddenInput, required=False)
    seen = forms.JSONField(widget=forms.HiddenInput)
    count = forms.IntegerField(label=gettext_lazy("Number of endpoints"))
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=500, required=False)

    def __init__(self, *args: Any, action: Action, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if action == Action.DELETE:
            self.fields["reason"].required = True
        else:
            del self.fields["count"]

    def clean_seen(self) -> dict[UUID, str]:
        seen = self.cleaned_data["seen"]
        pairs = list(seen.items())[: verbs.LIMIT] if isinstance(seen, dict) else []
        known = {pk: str(mark) for text, mark in pairs if (pk := uuid_in(text))}
        if not known:
            raise ValidationError(_("No endpoints are selected."))
        return known

    def clean_count(self) -> int:
        count: int = self.cleaned_data["count"]
        if count != sum(map(bool, self.cleaned_data.get("seen", {}).values())):
            raise ValidationError(_("This is not the number of endpoints that will be deleted."))
        return count


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def bulk(request: HttpRequest) -> HttpResponse:
    """What will happen to each, after the choice of a model where one is needed; a POST with a key asks for it."""
    query = request.POST or request.GET
    action = Action(query["action"]) if query.get("action") in Action.values else None
    model = _model(query)
    undecided = action == Action.CHANGE_MODEL and model is None
    if action and "key" in request.POST and not undecided:
        return _ask(request, action, model)
    rows = selection.selected(query)
    count = rows.count() if action else 0
    if action is None or not 0 < count <= verbs.LIMIT:
        context = {"section": "list", "count": count, "limit": verbs.LIMIT, "list_url": _list_url(query)}
        return render(request, "endpoint_list/bulk_none.html", context, status=422)
    if undecided:
        return _choose(request, query, list(_for_review(rows)))
    return _review(request, verbs.plan(action, _for_review(rows), model), action, model)


@require_safe
@may("deploy_model")
def progress(request: HttpRequest, pk: UUID) -> HttpResponse:
    """How far each is. Asked again by htmx, only the rows that have changed since are sent."""
    asked = get_object_or_404(Bulk.objects.select_related("actor", "model"), pk=pk)
    context = {"section": "list", "asked": asked, "title": Action.title_of(asked), **_summary(request, asked)}
    changes = asked.changes.select_related("endpoint", "model", "from_model").order_by("endpoint__name_key", "pk")
    since = _since(request.GET.get("since")) if request.htmx else None
    if since:
        # What has not started is as the whole page showed it.
        changes = changes.filter(updated_at__gte=since).exclude(UNSTARTED)
    context["rows"] = [(change, verbs.shown_state(change)) for change in changes]
    return render(request, "endpoint_list/_bulk_update.html" if since else "endpoint_list/bulk_progress.html", context)


@require_POST
@may("deploy_model")
def cancel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back all that has not started."""
    asked = get_object_or_404(Bulk, pk=pk)
    if count := verbs.cancel(asked, actor=request.user):
        words = ngettext("%(count)s change was cancelled.", "%(count)s changes were cancelled.", count)
        messages.success(request, words % {"count": count})
    else:
        messages.error(request, _("All of them have started already."))
    return redirect("endpoints:bulk-progress", pk=pk)


def _ask(request: HttpRequest, action: Action, model: SpeechModel | None) -> HttpResponse:
    form = BulkForm(request.POST, action=action)
    if not form.is_valid():
        seen = Endpoint.objects.filter(pk__in=form.cleaned_data.get("seen", {}))
        return _review(request, verbs.plan(action, _for_review(seen), model), action, model, form)
    typed = form.cleaned_data
    asked = verbs.ask(
        key=typed["key"], actor=request.user, action=action, seen=typed["seen"], model=model, reason=typed["reason"]
    )
    # One bell: the sweep finds the others, and a broker that is away is waited for once.
    if first := verbs.unstarted(asked).first():
        hints.send("step", first.pk)
    return redirect("endpoints:bulk-progress", pk=asked.pk)


def _choose(request: HttpRequest, query: QueryDict, endpoints: list[Endpoint]) -> HttpResponse:
    """The models that fit some of the endpoints, those that fit the most first."""
    free = [endpoint for endpoint in endpoints if not verbs.blocked(endpoint)]
    places = Counter((endpoint.resource_id, endpoint.locale) for endpoint in free)
    users = Counter(endpoint.model_id for endpoint in free)
    fitting = Q(*(Q(resource=resource, locale=locale) for resource, locale in places), _connector=Q.OR)
    models = SpeechModel.objects.deployable().filter(fitting).select_related("resource") if places else []
    offered = [(places[model.resource_id, model.locale] - users[model.pk], model) for model in models]
    missing = "next" in query
    context = {
        "section": "list",
        "models": sorted((one for one in offered if one[0]), key=lambda one: (-one[0], one[1].kind == ModelKind.BASE)),
        "count": len(endpoints),
        "several": len({resource for resource, _locale in places}) > 1,
        "carried": [(name, value) for name, values in query.lists() for value in values if name not in STEP],
        "missing": missing,
        "list_url": _list_url(query),
    }
    return render(request, "endpoint_list/bulk_model.html", context, status=422 if missing else 200)


def _review(
    request: HttpRequest, items: list[Item], action: Action, model: SpeechModel | None, form: BulkForm | None = None
) -> HttpResponse:
    initial = {
        "key": form.cleaned_data.get("key") if form else None,
        "action": action.value,
        "new_model": str(model.pk) if model else "",
        "seen": {str(item.endpoint.pk): item.stamp for item in items},
    }
    fresh = BulkForm(initial={**initial, "key": initial["key"] or uuid4()}, action=action)
    doable = sum(not item.why for item in items)
    context = {
        "section": "list",
        "action": action,
        "model": model,
        "items": sorted(items, key=lambda item: bool(item.why)),
        "doable": doable,
        "passed": len(items) - doable,
        "form": form or fresh,
        "fresh": fresh,
        "list_url": _list_url(request.GET),
    }
    return render(request, "endpoint_list/bulk_review.html", context, status=422 if form else 200)


def _summary(request: HttpRequest, asked: Bulk) -> dict[str, Any]:
    """Counts of its changes by how far they are, and from where the page asks again while something is open."""
    version = frame.of(request).stamp.version
    groups = {
        "closed": Q(state__in=CLOSED),
        "done": Q(state=ChangeState.DONE),
        "failed": Q(state__in=(ChangeState.REFUSED, ChangeState.FAILED)),
        "cancelled": Q(state=ChangeState.CANCELLED),
        "undecided": Q(state=ChangeState.UNDECIDED),
        "unstarted": UNSTARTED,
    }
    counts = {name: Count("pk", filter=group) for name, group in groups.items()}
    found = asked.changes.aggregate(asked=Count("pk"), newest=Max("updated_at"), **counts)
    since = {"since": found["newest"].isoformat(), "version": version} if found["newest"] else {}
    address = reverse("endpoints:bulk-progress", args=[asked.pk])
    return {
        "counts": {**found, "passed": len(asked.passed_over), "total": found["asked"] + len(asked.passed_over)},
        "live": found["closed"] < found["asked"],
        "poll_url": f"{address}?{urlencode(since)}",
    }


def _for_review(rows: Any) -> Any:
    return rows.for_page().order_by("name_key", "pk")


def _model(query: QueryDict) -> SpeechModel | None:
    pk = uuid_in(query.get("new_model"))
    return SpeechModel.objects.select_related("resource").filter(pk=pk).first() if pk else None


def _list_url(query: QueryDict) -> str:
    """The list as it was when the endpoints were ticked."""
    state = selection.state(query)
    return f"{reverse('endpoints:list')}?{state}" if state else reverse("endpoints:list")


def _since(text: str | None) -> datetime | None:
    """When the page that asks was made; a little earlier, as a transaction may end after one that began later."""
    try:
        at = parse_datetime(text or "")
        return at - OVERLAP if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None
