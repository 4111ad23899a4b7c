"""Which content logs of an endpoint a download takes: as a query string, as Download.selection, and in words."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.access import door
from endpoints.access.permissions import Person
from endpoints.models import Endpoint
from endpoints.models.log import RESULTS
from endpoints.models.query_values import parse_day, parse_number
from endpoints.pages.content_logs import filters
from endpoints.pages.content_logs.filters import STATE, day_in_words, number_in_words
from endpoints.pages.http import HttpRequest

MOST = 200  # entries that are ticked one by one
NONE = "0"  # the id of no entry


def refused(request: HttpRequest, endpoint: Endpoint) -> HttpResponse | None:
    """Back to the list when nothing was selected on it: all that match is a choice of its own."""
    query = request.GET
    if "selected" not in query or "entry" in query or query.get("all"):
        return None
    messages.error(request, _("Nothing selected. Select entries or “All that match”."))
    return redirect(f"{reverse('endpoints:logs', args=[endpoint.pk])}?{filters.state(query)}")


def normalized(person: Person, query: QueryDict, endpoint: Endpoint) -> str:
    """The selection of `query` in one spelling, so that equal selections are equal texts; "" for everything.

    When entries were ticked, they alone are selected, as far as they are the endpoint's own.
    """
    found = QueryDict(mutable=True)
    if "entry" in query:
        ticked = [int(text) for text in query.getlist("entry")[:MOST] if text.isdecimal() and len(text) < 19]
        own = (
            door.log_entries(person)
            .filter(endpoint=endpoint, pk__in=ticked)
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        found.setlist("entry", [str(pk) for pk in own] or [NONE])
        return found.urlencode()
    for name in STATE:
        if name != "probes" and (value := plain(name, query.get(name, ""))):  # no download has them
            found[name] = value
    return found.urlencode()


def search(query: QueryDict) -> dict[str, str]:
    """The words that a person searched for, and the other filters as a query string; empty for ticked entries."""
    if "entry" in query:
        return {"search": "", "filters": ""}
    used = {name: value for name in STATE if (value := plain(name, query.get(name, "")))}
    return {"search": " ".join(used.pop("q", "").split()), "filters": urlencode(used)}


def words(selection: str) -> list[str]:
    """What was selected, for people: the days first, then what narrows them."""
    query = QueryDict(selection)
    if "entry" in query:
        ticked = len([pk for pk in query.getlist("entry") if pk != NONE])
        return [ngettext("%(count)s entry", "%(count)s entries", ticked) % {"count": ticked}]
    found = [_days(parse_day(query.get("from")), parse_day(query.get("to")))]
    if said := query.get("q"):
        found.append(_("with the words %(words)s") % {"words": said})
    for name, phrase in (
        ("longer", _("at least %(number)s s")),
        ("shorter", _("at most %(number)s s")),
        ("below", _("below %(number)s %%")),
    ):
        if (number := parse_number(query.get(name))) is not None:
            found.append(phrase % {"number": number_in_words(number)})
    results = {
        "none": _("without a result"),
        "error": _("whose recognition failed"),
        "unreadable": _("unreadable"),
    }
    found.append(results.get(query.get("result", ""), ""))
    found.append(_("incomplete") if query.get("partial") else "")
    return [phrase for phrase in found if phrase] or [_("Everything")]


def _days(begin: date | None, end: date | None) -> str:
    if begin and end:
        days = {"begin": day_in_words(begin), "end": day_in_words(end)}
        return days["begin"] if begin == end else _("%(begin)s to %(end)s") % days
    if begin:
        return _("from %(day)s") % {"day": day_in_words(begin)}
    return _("up to %(day)s") % {"day": day_in_words(end)} if end else ""


def plain(name: str, value: str) -> str:
    """As LogEntryQuerySet.filtered_by reads it; empty for what it would ignore."""
    value = value.replace("\0", "").strip()[:200]
    if name in ("from", "to", "longer", "shorter", "below"):
        read: Any = parse_day(value) if name in ("from", "to") else parse_number(value)
        return "" if read is None else str(int(read) if isinstance(read, float) and read.is_integer() else read)
    if name == "result":
        return value if value in RESULTS else ""
    return "1" if name in ("partial", "probes") and value else value
