"""The page of one address: how programs ask it, where it leads, and what was done to it."""

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from endpoints.access import door
from endpoints.access.door.addresses_version import AddressesVersion
from endpoints.access.permissions import Person, may
from endpoints.addresses.moving import why_not
from endpoints.addresses.standing_in import Trouble, proposal, trouble_of, why_not_standby
from endpoints.models import Address, AddressChange, Endpoint
from endpoints.models.address import AddressChangeKind, AddressChangeState
from endpoints.pages.addresses.hours import last_day, use_of
from endpoints.pages.addresses.led import lines_of, rows_of
from endpoints.pages.addresses.ways import ways
from endpoints.pages.http import HttpRequest

NEWEST = 50  # changes in the history
MOVES = (AddressChangeKind.MOVED, AddressChangeKind.STOOD_IN)


@require_safe
@may("view_endpoint")
def address(request: HttpRequest, name: str) -> HttpResponse:
    one = door.address(request.user, name)
    template = "_address_update" if request.htmx.target == "address" else "address"
    return render(request, f"addresses/{template}.html", _context(request, one))


def _context(request: HttpRequest, one: Address) -> dict[str, Any]:
    person, row = request.user, rows_of(request.user, [one])[0]
    changes = door.address_changes(person).filter(address=one).select_related("endpoint", "after", "actor")
    lines = lines_of(person, list(changes[:NEWEST]))
    waiting = next(iter(lines_of(person, list(changes.waiting()[:1]))), None)
    return {
        "section": "addresses",
        "address": one,
        "row": row,
        "leads": [(_("Endpoint"), row.endpoint), (_("Second endpoint"), row.second), (_("Standby"), row.standby)],
        "ways": ways(request, one.name),
        "unreachable": _(why) if (why := why_not(one.endpoint, one.locale)) else "",
        "second_unreachable": _(why) if one.second and (why := why_not(one.second, one.locale)) else "",
        "standby_unreachable": _(why) if one.standby and (why := why_not(one.standby, one.locale)) else "",
        "fails": trouble_of(one) == Trouble.UNREACHABLE,
        "proposal": proposal(one),
        "standby_waits": _(why) if (why := why_not_standby(one)) else "",
        "waiting": waiting,
        "lines": lines,
        "day": last_day(person, one),
        "use": use_of(person, one),
        "may_change": door.addresses(person, door.DEPLOY).filter(pk=one.pk).exists(),
        "may_go_back": door.addresses(person, door.GO_BACK).filter(pk=one.pk).exists(),
        "back": back_of(person, one),
        "key": uuid4(),
        "live": waiting is not None,
        "seconds": settings.LOOK_SECONDS,
        "poll_url": f"{request.path}?version={AddressesVersion.of_one(one.pk).version}",
    }


def back_of(person: Person, one: Address) -> Endpoint | None:
    """The endpoint that it led to before, if this person may go back to it and programs can be sent there."""
    moves = door.address_changes(person).filter(address=one, kind__in=MOVES, state=AddressChangeState.DONE)
    last: AddressChange | None = moves.order_by("-closed_at").first()
    if last is None or last.endpoint_id != one.endpoint_id or last.from_endpoint_id is None:
        return None
    before = door.endpoints(person, door.GO_BACK).for_page().filter(pk=last.from_endpoint_id).first()
    return before if before and before.pk != one.endpoint_id and not why_not(before, one.locale) else None
