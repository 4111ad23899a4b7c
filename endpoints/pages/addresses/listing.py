"""The list of addresses."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
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


@require_safe
@may("view_endpoint")
def addresses(request: HttpRequest) -> HttpResponse:
    query = request.GET.copy()
    query.pop("version", None)
    request.GET = query  # of which the links of the page are made
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    paginator = Paginator(_found(request.user, words).for_page(), PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    rows: list[Row] = rows_of(request.user, list(page.object_list))
    query["version"] = AddressesVersion.of_all().version
    context: dict[str, Any] = {
        "section": "addresses",
        "page_obj": page,
        "rows": rows,
        "q": words,
        "may_add": allows(request.user, door.DEPLOY),
        "count_words": ngettext("%(count)s address", "%(count)s addresses", paginator.count)
        % {"count": grouped(paginator.count)},
        "poll_url": f"{request.path}?{query.urlencode()}",
    }
    template = "_update" if request.htmx and not request.htmx.history_restore_request else "list"
    return render(request, f"addresses/{template}.html", context)


def _found(person: Person, words: str) -> AddressQuerySet:
    """Those that have each word in their name or description, or in the name of the endpoint or its model."""
    rows = door.addresses(person)
    for word in words.split()[:20]:
        fields = ("name", "description", "locale", "endpoint__display_name", "endpoint__model_name")
        found = Q(pk__in=[])
        for field in fields:
            found |= Q(**{f"{field}__icontains": word})
        rows = rows.filter(found)
    return rows.order_by("name")
