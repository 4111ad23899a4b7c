"""People: everybody with an account, for those who manage people."""

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from endpoints.access import door
from endpoints.access.permissions import people_manager
from endpoints.models.numbers import grouped
from endpoints.pages.http import HttpRequest

PER_PAGE = 50
SEARCHED = ("username", "first_name", "last_name", "email")


@require_safe
@people_manager
def people(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").replace("\0", "").strip()[:200]
    found = Q()
    for word in words.split():
        found &= Q(*((f"{field}__icontains", word) for field in SEARCHED), _connector=Q.OR)
    paginator = Paginator(door.accounts(request.user).filter(found), PER_PAGE)
    count = ngettext("%(count)s person", "%(count)s people", paginator.count)
    context = {
        "section": "people",
        "q": words,
        "invitable": settings.LOCAL_SIGN_IN,
        "page_obj": paginator.get_page(request.GET.get("page")),
        "count_words": count % {"count": grouped(paginator.count)},
    }
    return render(request, "people/list.html", context)
