"""The endpoints that a form of addresses offers: the first of a long list, and a search in it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Window
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.addresses.moving import why_not
from endpoints.models import Endpoint
from endpoints.models.endpoint import EndpointQuerySet
from endpoints.models.numbers import grouped
from endpoints.models.search import ENDPOINTS, uuid_in
from endpoints.pages.http import HttpRequest
from endpoints.pages.names import places

SHOWN, LONGEST_SEARCH = 50, 200
ROWS = "endpoint-rows"  # what a search replaces while somebody types


@dataclass(frozen=True)
class EndpointChoices:
    """`shown`: the first endpoints found; `elsewhere`: the chosen one when it is not among them."""

    words: str
    shown: list[Any]
    elsewhere: Any
    found: int

    @property
    def chosen(self) -> Endpoint | None:
        return self.elsewhere or next((endpoint for endpoint in self.shown if endpoint.chosen), None)

    @property
    def count_words(self) -> str:
        found = grouped(self.found)
        if self.found > SHOWN:
            words = {"shown": SHOWN, "found": found}
            return _("Showing the first %(shown)s of %(found)s endpoints. Search to find others.") % words
        return ngettext("%(found)s endpoint", "%(found)s endpoints", self.found) % {"found": found}


def endpoint_choices(endpoints: EndpointQuerySet, words: str, chosen: str) -> EndpointChoices:
    """By name. Those that programs can't be sent to are shown with the reason, and can't be chosen."""
    words = words.replace("\0", "").strip()[:LONGEST_SEARCH]
    rows = ENDPOINTS.matching(endpoints, words)[0] if words else endpoints
    counted = rows.annotate(found=Window(Count("pk"))).order_by("name_key", "pk")
    shown: list[Any] = list(counted.for_page()[:SHOWN])
    pk = uuid_in(chosen)
    others = endpoints.for_page().exclude(pk__in=[one.pk for one in shown])
    elsewhere: Any = others.filter(pk=pk).first() if pk else None
    offered = [*shown, *([elsewhere] if elsewhere else [])]
    where = places(offered)
    for one in offered:
        one.chosen, one.where = one.pk == pk, where.get(one.pk, "")
        one.why_not = _(why) if (why := why_not(one, one.locale)) else ""
    return EndpointChoices(words, shown, elsewhere, shown[0].found if shown else 0)


def wants_rows(request: HttpRequest) -> bool:
    """Whether htmx requests the rows alone, while somebody types."""
    return request.htmx.target == ROWS


def rows(request: HttpRequest, form: Any) -> HttpResponse:
    return render(request, "addresses/_choice_found.html", {"form": form})


def is_draft(request: HttpRequest) -> bool:
    """A form was sent to search or to compare, which requests nothing."""
    posted = request.POST
    other_words = posted.get("endpoints", "") != posted.get("searched", "")
    return posted.get("go") in ("search", "compare") or (posted.get("go") == "enter" and other_words)
