"""Bulk actions: the endpoints that were selected on the list, a review of each, then the progress of each."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from endpoints import hints
from endpoints.access import door
from endpoints.access.permissions import Person, may
from endpoints.changes import bulk as verbs
from endpoints.changes.bulk import Action, Item
from endpoints.models import Bulk, Endpoint, SpeechModel
from endpoints.models.change import ChangeQuerySet
from endpoints.models.model import ModelKind
from endpoints.models.search import uuid_in
from endpoints.models.status import CLOSED, UNSTARTED, ChangeState
from endpoints.pages import frame, names
from endpoints.pages.endpoint_list import review, selection
from endpoints.pages.forms.bulk import BulkForm
from endpoints.pages.http import HttpRequest

OVERLAP = timedelta(seconds=3)
OF_MODEL_CHOICE = ("csrfmiddlewaretoken", "new_model", "next")  # what the choice of a model adds to the selection


@require_http_methods(["GET", "HEAD", "POST"])
@may("deploy_model")
def bulk(request: HttpRequest) -> HttpResponse:
    """The review of each, after the choice of a model where one is needed; a POST with a key requests the changes."""
    query = request.POST or request.GET
    action = Action(query["action"]) if query.get("action") in Action.values else None
    model = _model(request.user, query)
    undecided = action == Action.CHANGE_MODEL and model is None
    if action and "key" in request.POST and not undecided:
        return _submit(request, action, model)
    rows = selection.selected(request.user, query, door.DEPLOY)
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
    """The progress of each. A poll is sent only the rows that have changed since the last one."""
    asked = door.bulk(request.user, pk)
    context = {"section": "list", "asked": asked, "title": Action.title_of(asked), **_summary(request, asked)}
    changes = _changes(request.user, asked).select_related("endpoint__resource", "model", "from_model")
    changes = changes.order_by("endpoint__name_key", "pk")
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
    asked = door.bulk(request.user, pk)
    if count := verbs.cancel(asked, actor=request.user):
        words = ngettext("%(count)s change was canceled.", "%(count)s changes were canceled.", count)
        messages.success(request, words % {"count": count})
    else:
        messages.error(request, _("All changes have already started."))
    return redirect("endpoints:bulk-progress", pk=pk)


def _submit(request: HttpRequest, action: Action, model: SpeechModel | None) -> HttpResponse:
    form = BulkForm(request.POST, person=request.user, action=action)
    if not form.is_valid():
        seen = door.endpoints(request.user, door.DEPLOY).filter(pk__in=form.cleaned_data.get("seen", {}))
        return _review(request, verbs.plan(action, _for_review(seen), model), action, model, form)
    typed = form.cleaned_data
    asked = verbs.ask(
        key=typed["key"], actor=request.user, action=action, seen=typed["seen"], model=model, reason=typed["reason"]
    )
    # One task message: the sweep finds the others, and an unreachable broker is waited for only once.
    if first := verbs.unstarted(asked).first():
        hints.send("step", first.pk)
    return redirect("endpoints:bulk-progress", pk=asked.pk)


def _choose(request: HttpRequest, query: QueryDict, endpoints: list[Endpoint]) -> HttpResponse:
    """The models that fit some of the endpoints, those that fit the most first."""
    free = [endpoint for endpoint in endpoints if not verbs.blocked(endpoint)]
    places = Counter((endpoint.resource_id, endpoint.locale) for endpoint in free)
    users = Counter(endpoint.model_id for endpoint in free)
    fitting = Q(*(Q(resource=resource, locale=locale) for resource, locale in places), _connector=Q.OR)
    deployable = door.models(request.user, door.DEPLOY).deployable().select_related("resource", "project")
    models = deployable.filter(fitting) if places else []
    fits = [(places[model.resource_id, model.locale] - users[model.pk], model) for model in models]
    where = names.places([model for count, model in fits if count])
    for _count, model in fits:
        model.where = where.get(model.pk, "")
    missing = "next" in query
    context = {
        "section": "list",
        "models": sorted((one for one in fits if one[0]), key=lambda one: (-one[0], one[1].kind == ModelKind.BASE)),
        "count": len(endpoints),
        "several": len({resource for resource, _locale in places}) > 1,
        "carried": [(name, value) for name, values in query.lists() for value in values if name not in OF_MODEL_CHOICE],
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
    fresh = BulkForm(person=request.user, initial={**initial, "key": initial["key"] or uuid4()}, action=action)
    doable = sum(not item.why for item in items)
    rows = review.rows(items, model)
    context = {
        "section": "list",
        "action": action,
        "model": model,
        "rows": rows,
        "several": len({item.endpoint.resource_id for item in items}) > 1,
        "losses": review.losses(rows, model),
        "doable": doable,
        "summary": review.summary(action, doable),
        "button": review.button(action, doable),
        "skipped": len(items) - doable,
        "form": form or fresh,
        "fresh": fresh,
        "list_url": _list_url(request.GET),
    }
    return render(request, "endpoint_list/bulk_review.html", context, status=422 if form else 200)


def _summary(request: HttpRequest, asked: Bulk) -> dict[str, Any]:
    """Counts of its changes by state, and the address that the page polls while something is open."""
    version = frame.of(request).data.version
    groups = {
        "closed": Q(state__in=CLOSED),
        "done": Q(state=ChangeState.DONE),
        "failed": Q(state__in=(ChangeState.REFUSED, ChangeState.FAILED)),
        "canceled": Q(state=ChangeState.CANCELED),
        "undecided": Q(state=ChangeState.UNDECIDED),
        "unstarted": UNSTARTED,
    }
    counts = {name: Count("pk", filter=group) for name, group in groups.items()}
    found = _changes(request.user, asked).aggregate(asked=Count("pk"), newest=Max("updated_at"), **counts)
    since = {"since": found["newest"].isoformat(), "version": version} if found["newest"] else {}
    address = reverse("endpoints:bulk-progress", args=[asked.pk])
    return {
        "counts": {**found, "skipped": len(asked.skipped), "total": found["asked"] + len(asked.skipped)},
        "live": found["closed"] < found["asked"],
        "poll_url": f"{address}?{urlencode(since)}",
    }


def _for_review(rows: Any) -> Any:
    return rows.for_page().order_by("name_key", "pk")


def _changes(person: Person, asked: Bulk) -> ChangeQuerySet:
    return door.changes(person, door.DEPLOY).filter(bulk=asked)


def _model(person: Person, query: QueryDict) -> SpeechModel | None:
    pk = uuid_in(query.get("new_model"))
    return door.models(person, door.DEPLOY).select_related("resource").filter(pk=pk).first() if pk else None


def _list_url(query: QueryDict) -> str:
    """The list as it was when the endpoints were ticked."""
    state = selection.state(query)
    return f"{reverse('endpoints:list')}?{state}" if state else reverse("endpoints:list")


def _since(text: str | None) -> datetime | None:
    """When the polling page was made, minus OVERLAP: a transaction may end after one that began later."""
    try:
        at = parse_datetime(text or "")
        return at - OVERLAP if at and at.tzinfo else None
    except (ValueError, OverflowError):
        return None
