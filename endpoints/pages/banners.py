"""What is wrong, above the pages where it matters: each Speech resource is named once, in words for the reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import ResolverMatch, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.access import door
from endpoints.access.door.versions import DataVersion
from endpoints.access.permissions import Person, allows
from endpoints.models import Resource, times
from endpoints.models.resource import ResourceQuerySet
from endpoints.models.secret import LOCKED
from endpoints.models.service_errors import connections_told, in_words
from endpoints.pages.directions import isolated

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
NAMED = 3  # resources in trouble: the others are counted
# Pages that show endpoints or models of all resources; the page of resources says the same in its cards.
_OF_ALL = {"list", "models", "new", "bulk", "bulk-progress", "downloads"}
_NOT_OF_ENDPOINTS = ("bulk", "purge", "change-", "download-", "resource", "view")


@dataclass(frozen=True)
class Banner:
    level: str
    text: str
    since: datetime | None = None
    link_url: str = ""
    link_text: str = ""


def of_resources(person: Person, data: DataVersion, match: ResolverMatch | None) -> list[Banner]:
    """A banner for each resource in trouble whose endpoints this page shows, for NAMED of them at most."""
    if not (data.failing or data.paused or data.unreadable):
        return []
    shown = _shown(person, match)
    if shown is None:
        return []
    failing = list(shown.failing().order_by("failing_since")[: NAMED + 1]) if data.failing else []
    found = [_failing(person, resource) for resource in failing[:NAMED]]
    if len(failing) > NAMED:
        found.append(Banner("warning", _more(shown.failing().count() - NAMED)))
    if data.paused:
        found += [
            _paused(person, one)
            for one in shown.present().filter(paused_at__isnull=False).order_by("paused_at")[:NAMED]
        ]
    if data.unreadable:
        others = shown.present().exclude(pk__in=[one.pk for one in failing])
        found += _unreadable(person, others.exclude(unreadable={}))
    return found


def real_resource(person: Person) -> Banner | None:
    """In a demo, whose passwords are public: that it holds the key of a resource in Azure."""
    if not settings.DEMO:
        return None
    resources = door.resources(person).present()
    real = next((one for one in resources if urlsplit(one.endpoint_url).hostname not in THIS_MACHINE), None)
    if not real:
        return None
    text = _("This is a demo with public passwords, and it holds the key of the Speech resource %(name)s in Azure.")
    return Banner("warning", isolated(text, {"name": real.name}))


def locked() -> Banner:
    meanwhile = _("Nothing is sent to Azure until then.")
    return Banner("danger", f"{in_words(LOCKED)} {meanwhile}")


def no_resource(person: Person) -> Banner:
    text = _("No Speech resource has been added yet.")
    if allows(person, "add_resource"):
        return Banner("info", text, None, reverse("endpoints:resource-new"), _("Add a Speech resource"))
    return Banner("info", text)


def _shown(person: Person, match: ResolverMatch | None) -> ResourceQuerySet | None:
    """The resources whose endpoints a page shows; None when it shows none."""
    name = match.url_name or "" if match and match.app_name == "endpoints" else ""
    if name in _OF_ALL:
        return door.resources(person, door.HEALTH)
    pk = match.kwargs.get("pk") if match else None
    if not name or pk is None or (name.startswith(_NOT_OF_ENDPOINTS) and name != "change-model"):
        return None
    return door.resources(person, door.HEALTH).filter(pk__in=door.endpoints(person).filter(pk=pk).values("resource"))


def _failing(person: Person, resource: Resource) -> Banner:
    """What an administrator can act on, and what everybody else needs to know."""
    if not allows(person, "manage_resources", on=resource):
        text = _(
            "Speech resource %(name)s hasn't been reachable since %(time)s. Data might be out of date. "
            "Your administrator can see why."
        )
        words = {"name": resource.name, "time": _when(resource.failing_since)}
        return Banner("warning", isolated(text, words))
    with connections_told(True):
        failure = in_words(resource.failure)
    text = isolated(_("%(name)s: %(failure)s"), {"name": resource.name, "failure": failure})
    if resource.mirrored_at:
        updated = isolated(_("Last updated %(time)s."), {"time": _when(resource.mirrored_at)})
        text = format_html("{} {}", text, updated)
    return Banner("warning", text, resource.failing_since, _address(resource), _("Speech resource"))


def _more(count: int) -> str:
    words = ngettext(
        "%(count)s more Speech resource can't be reached.",
        "%(count)s more Speech resources can't be reached.",
        count,
    )
    return words % {"count": count}


def _paused(person: Person, resource: Resource) -> Banner:
    words = {"name": resource.name, "who": resource.paused_by, "time": _when(resource.paused_at)}
    text = isolated(
        _("%(name)s has been paused since the database was restored from a backup: nothing is read from Azure or sent.")
        if resource.restored
        else _("%(name)s has been paused by %(who)s since %(time)s: nothing is read from Azure or sent to it."),
        words,
    )
    if allows(person, "manage_resources", on=resource):
        return Banner("info", text, None, _address(resource), _("Speech resource"))
    return Banner("info", text)


def _unreadable(person: Person, resources: ResourceQuerySet) -> list[Banner]:
    """Items of the service that no row shows, because they cannot be read."""
    found: list[Banner] = []
    left = 0
    for resource in resources:
        items = [item.words for item in resource.listing_problems if not item.row]
        if items and len(found) < NAMED:
            found.append(Banner("warning", format_html("<bdi>{}</bdi>: {}", resource.name, " ".join(items[:NAMED]))))
            left += len(items[NAMED:])
        else:
            left += len(items)
    if left:
        words = ngettext("%(count)s more item can't be read.", "%(count)s more items can't be read.", left)
        found.append(Banner("warning", words % {"count": left}))
    return found


def _address(resource: Resource) -> str:
    return f"{reverse('endpoints:resources')}#resource-{resource.pk}"


def _when(time: datetime | None) -> str:
    """The time of a moment of today, otherwise its day too."""
    if time is None:
        return "…"
    recent = timezone.now() - time < timedelta(hours=20)
    return times.time_of_day(time) if recent else f"{times.day(time)} {times.time_of_day(time)}"
