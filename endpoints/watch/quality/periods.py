"""The periods of an endpoint: each begins with a change after which another model answers."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from endpoints.models import Change, Endpoint, Event
from endpoints.models.quality import BEGINNING
from endpoints.models.status import ChangeKind, ChangeState
from endpoints.models.verbs import Verb


@dataclass(frozen=True)
class Period:
    """`since`: its beginning. `back`: the model is the one before the last change, which was taken back by it."""

    since: datetime
    model: str
    before: str = ""  # the model that it replaced
    back: bool = False
    outside: bool = False  # changed in Azure, as far as we know at the time at which that was noticed


def periods(endpoint: Endpoint) -> list[Period]:
    """In the order of time; the first one is of what was logged before the first change that we know of."""
    kinds = (ChangeKind.CREATE, ChangeKind.CHANGE_MODEL)
    changes = Change.objects.filter(endpoint=endpoint, kind__in=kinds, state=ChangeState.DONE)
    rows = changes.values_list("closed_at", "model_name", "from_model__display_name")
    found = [Period(at, model, before or "") for at, model, before in rows if at]
    events = Event.objects.filter(endpoint_id=endpoint.pk, verb=Verb.CHANGED_OUTSIDE).values_list("at", "facts")
    for at, facts in events:
        models = [one for one in facts.get("fields", []) if one.get("field") == "model"]
        found += [Period(at, one.get("new", ""), one.get("old", ""), outside=True) for one in models[:1]]
    found.sort(key=lambda one: one.since)
    return [Period(BEGINNING, found[0].before if found else endpoint.model_name), *_with_ways_back(found)]


def _with_ways_back(found: list[Period]) -> list[Period]:
    last: Period | None = None
    said = []
    for one in found:
        reverse = last is not None and bool(last.before) and one.model == last.before and one.before == last.model
        # Whoever has gone back and then deploys the newer model again changes to it.
        last = Period(one.since, one.model, one.before, reverse and last is not None and not last.back, one.outside)
        said.append(last)
    return said


def period_of(found: list[Period], at: datetime) -> Period:
    """The period in which something was logged."""
    return found[bisect_right([one.since for one in found], at) - 1]
