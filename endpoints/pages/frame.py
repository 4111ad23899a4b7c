"""What every page shows around its content: the resource, how old the data is, and what is wrong."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.access import door, roles
from endpoints.access.door.versions import DataVersion
from endpoints.access.permissions import allows
from endpoints.models import Resource
from endpoints.pages import places


@dataclass(frozen=True)
class Banner:
    level: str
    text: str
    since: datetime | None = None
    link_url: str = ""
    link_text: str = ""


NAMED = 3  # resources in trouble: the others are counted


@dataclass
class Frame:
    user: Any

    @cached_property
    def data(self) -> DataVersion:
        return DataVersion.now(reader=self.user.pk)

    @property
    def places(self) -> list[places.Place]:
        """Where this person can go by keys."""
        return [place for place in places.open_to(self.user, (*places.ACTIONS, *places.PAGES)) if place.keys]

    @cached_property
    def role(self) -> str:
        return roles.role_of(self.user)

    @cached_property
    def resource_label(self) -> str:
        if not allows(self.user, "view_endpoint"):
            return ""
        if self.data.resources == 1 and (only := door.resources(self.user).first()):
            return f"{only.name} ({only.region})" if only.region else only.name
        return _("%(count)s Speech resources") % {"count": self.data.resources} if self.data.resources else ""

    @property
    def updated_at(self) -> datetime | None:
        """When the oldest of the mirrors was made; None before the first."""
        return self.data.mirrored_at

    @cached_property
    def banners(self) -> list[Banner]:
        failing = door.resources(self.user).failing().order_by("failing_since")[:NAMED] if self.data.failing else ()
        found = [self._trouble(resource) for resource in failing]
        if found and self.data.failing > NAMED:
            text = _("%(count)s more Speech resources do not answer.") % {"count": self.data.failing - NAMED}
            found.append(Banner("warning", text))
        if self.data.unreadable:
            found += self._unreadable()
        if not self.data.resources:
            found.append(self._no_resource())
        elif self.data.worker_missing:
            text = _("No worker is running: what you request is stored and starts later.")
            found.append(Banner("warning", text, self.data.swept_at))
        elif self.data.workers_busy:
            text = _("All workers are busy: what you request is stored and starts later than usual.")
            found.append(Banner("warning", text, self.data.swept_at))
        if self.unseen:
            found.append(self._ready())
        return found

    @cached_property
    def unseen(self) -> int:
        """Downloads of this person that are ready, and that no page has announced yet."""
        return self.data.unseen if self.data.unseen and allows(self.user, "read_logs") else 0

    def _ready(self) -> Banner:
        words = ngettext("Your log download is ready.", "%(count)s of your log downloads are ready.", self.unseen)
        return Banner("success", words % {"count": self.unseen}, None, reverse("endpoints:downloads"), _("Downloads"))

    def _trouble(self, resource: Resource) -> Banner:
        words = {"name": resource.name, "failure": resource.failure}
        text = _("%(name)s: %(failure)s") % words
        if resource.mirrored_at:
            age = timezone.localtime(resource.mirrored_at)
            text += " " + _("The data is from %(time)s.") % {
                "time": date_format(age, "TIME_FORMAT" if _today(age) else "SHORT_DATETIME_FORMAT")
            }
        if allows(self.user, "manage_resources", on=resource):
            link = reverse("endpoints:resource-edit", args=[resource.pk])
            return Banner("warning", text, resource.failing_since, link, _("Speech resource"))
        return Banner("warning", text, resource.failing_since)

    def _unreadable(self) -> list[Banner]:
        """Items of the service that no row shows, because they cannot be read."""
        resources = door.resources(self.user).exclude(unreadable={})[:NAMED]
        items = [(resource.name, item) for resource in resources for item in resource.listing_problems if not item.row]
        found = [Banner("warning", f"{name}: {item.words}") for name, item in items[:NAMED]]
        if more := len(items) - len(found):
            words = ngettext("%(count)s more item cannot be read.", "%(count)s more items cannot be read.", more)
            found.append(Banner("warning", words % {"count": more}))
        return found

    def _no_resource(self) -> Banner:
        text = _("No Speech resource is registered yet.")
        if allows(self.user, "manage_resources"):
            return Banner("info", text, None, reverse("endpoints:resource-new"), _("Add a Speech resource"))
        return Banner("info", text)


def context(request: HttpRequest) -> dict[str, Any]:
    """The context processor; nothing is read for a person who has not signed in."""
    found: dict[str, Any] = {"demo": settings.DEMO}
    if getattr(request, "user", None) and request.user.is_authenticated:
        found["frame"] = of(request)
        found |= {name: request.session.get(name, "") for name in ("theme", "density")}
    return found


def of(request: HttpRequest) -> Frame:
    """The frame of this request's page, read once."""
    if not hasattr(request, "frame"):
        request.frame = Frame(request.user)  # type: ignore[attr-defined]  # our own attribute
    return request.frame  # type: ignore[attr-defined,no-any-return]  # our own attribute


def _today(time: datetime) -> bool:
    return timezone.localtime() - time < timedelta(hours=20)
