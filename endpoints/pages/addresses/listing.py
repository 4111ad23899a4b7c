"""The list of addresses."""

from functools import reduce
from operator import or_
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from endpoints.access import door
from endpoints.access.door.addresses_version import AddressesVersion
from endpoints.access.permissions import Person, allows, may
from endpoints.models.address import AddressQuerySet
from endpoints.models.numbers import grouped
from endpoints.pages.addresses.led import Row, rows_of
from endpoints.pages.http import HttpRequest

PER_PAGE = 50
FIRST_VISIT = "first"  # parameter of the polls of a page that had no addresses, and so nothing to search in


@require_safe
@may("view_endpoint")
def addresses(request: HttpRequest) -> HttpResponse:
    query = request.GET.copy()
    query.pop("version", None)
    was_first_visit = bool(query.pop(FIRST_VISIT, None))
    request.GET = QueryDict(query.urlencode())  # of which the links of the page are made
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    paginator = Paginator(_found(request.user, words).for_page(), PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    rows: list[Row] = rows_of(request.user, list(page.object_list))
    first_visit = not paginator.count and not words
    if first_visit:
        query[FIRST_VISIT] = "1"
    query["version"] = AddressesVersion.of_all().version
    context: dict[str, Any] = {
        "section": "addresses",
        "page_obj": page,
        "rows": rows,
        "q": words,
        "first_visit": first_visit,
        "may_add": allows(request.user, door.DEPLOY),
        "count_words": _count_words(paginator.count),
        "poll_url": f"{request.path}?{query.urlencode()}",
    }
    template = "_update" if request.htmx and not request.htmx.history_restore_request else "list"
    answer = render(request, f"addresses/{template}.html", context)
    if was_first_visit and not first_visit:
        answer["HX-Refresh"] = "true"  # with what the whole page then has
    return answer


def search(person: Person, words: str, most: int) -> tuple[list[Row], int]:
    """The first of those that match, for a search over everything, and how many there are."""
    rows = _found(person, words)
    return rows_of(person, list(rows.for_page()[:most])), rows.count()


def _count_words(count: int) -> str:
    return ngettext("%(count)s address", "%(count)s addresses", count) % {"count": grouped(count)}


def _found(person: Person, words: str) -> AddressQuerySet:
    """Those that have each word in their name or description, or in the name of the endpoint or its model.

    Words of an endpoint that the person doesn't see find nothing: otherwise its name could be guessed.
    """
    rows, everywhere = door.addresses(person), door.scope(person).everywhere
    seen = Q() if everywhere else Q(endpoint__in=door.endpoints(person).order_by().values("pk"))
    for word in words.split()[:20]:
        own = (Q(**{f"{field}__icontains": word}) for field in ("name", "description", "locale"))
        of_endpoint = (Q(**{f"endpoint__{field}__icontains": word}) for field in ("display_name", "model_name"))
        rows = rows.filter(reduce(or_, own) | (seen & reduce(or_, of_endpoint)))
    return rows.order_by("name")
