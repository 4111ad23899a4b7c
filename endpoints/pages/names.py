"""Names that occur twice say where they belong: one rule for all lists that a person chooses from."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.translation import gettext as _

from endpoints.models import Resource, times


def places(rows: Iterable[Any], label: Callable[[Any], str] = str) -> dict[Any, str]:
    """By the primary key of each row whose `label` another row has too: what tells it from the others.

    Rows are projects, models, endpoints or Speech resources, loaded with their project and resource.
    """
    by_label = defaultdict(list)
    for row in rows:
        by_label[label(row)].append(row)
    several = [same for same in by_label.values() if len(same) > 1]
    return {row.pk: place for same in several for row, place in zip(same, _places(same), strict=True)}


def labels(rows: Iterable[Any], label: Callable[[Any], str] = str) -> dict[Any, str]:
    """The label of each row by its primary key, with its place where another row has the same label."""
    rows = list(rows)
    found = places(rows, label)
    return {row.pk: f"{label(row)} ({found[row.pk]})" if found.get(row.pk) else label(row) for row in rows}


def _places(rows: list[Any]) -> list[str]:
    """As few facts as tell the rows apart, most telling first."""
    told: list[list[str]] = [[] for _row in rows]
    for fact in (_locale, _project, _resource, _created, _service_id):
        values = [fact(row) for row in rows]
        if len(set(values)) > 1:
            for facts, value in zip(told, values, strict=True):
                if value:
                    facts.append(value)
        if len(set(map(tuple, told))) == len(rows):
            break
    return [", ".join(facts) for facts in told]


def _locale(row: Any) -> str:
    return str(getattr(row, "locale", ""))


def _project(row: Any) -> str:
    return str(row.project or _("No project")) if hasattr(row, "project_id") else ""


def _resource(row: Any) -> str:
    if isinstance(row, Resource):
        return row.region
    return ", ".join(filter(None, (row.resource.name, row.resource.region)))


def _created(row: Any) -> str:
    at = getattr(row, "created_at", None)
    return times.day(at) if at else ""


def _service_id(row: Any) -> str:
    return str(getattr(row, "remote_id", None) or row.pk)
