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

from endpoints.access import roles
from endpoints.models import Resource
from endpoints.pages.stamps.data import Stamp


@dataclass(frozen=True)
class Banner:
    level: str
    text: str
    since: datetime | None = None
    link_url: str = ""
    link_text: str = ""


NAMED = 3  # resources in trouble: the others are counted


@dataclass
class Shell:
    user: Any

    @cached_property
    def stamp(self) -> Stamp:
        return Stamp.now(reader=self.user.pk)

    @cached_property
    def role(self) -> str:
        return roles.role_of(self.user)

    @cached_property
    def resource_label(self) -> str:
        if self.stamp.resources == 1 and (only := Resource.objects.first()):
            return f"{only.name} ({only.region})" if only.region else only.name
        return _("%(count)s Speech resources") % {"count": self.stamp.resources} if self.stamp.resources else ""

    @property
    def updated_at(self) -> datetime | None:
        """When the oldest of the mirrors was made; None before the first."""
        return self.stamp.mirrored_at

    @cached_property
    def banners(self) -> list[Banner]:
        failing = Resource.objects.failing().order_by("failing_since")[:NAMED] if self.stamp.failing else ()
        found = [self._trouble(resource) for resource in failing]
        if self.stamp.failing > NAMED:
            text = _("%(count)s more Speech resources do not answer.") % {"count": self.stamp.failing - NAMED}
            found.append(Banner("warning", text))
        if not self.stamp.resources:
            found.append(self._no_resource())
        elif self.stamp.workerless:
            text = _("No worker is at work: what you ask for is kept and waits.")
            found.append(Banner("warning", text, self.stamp.swept_at))
        if self.untold:
            found.append(self._ready())
        return found

    @cached_property
    def untold(self) -> int:
        """Downloads of this person that are ready, and of which no page has told them."""
        return self.stamp.untold if self.stamp.untold and self.user.has_perm("endpoints.read_logs") else 0

    def _ready(self) -> Banner:
        words = ngettext("Your log download is ready.", "%(count)s of your log downloads are ready.", self.untold)
        return Banner("success", words % {"count": self.untold}, None, reverse("endpoints:downloads"), _("Downloads"))

    def _trouble(self, resource: Resource) -> Banner:
        words = {"name": resource.name, "failure": resource.failure}
        text = _("%(name)s: %(failure)s") % words
        if resource.mirrored_at:
            age = timezone.localtime(resource.mirrored_at)
            text += " " + _("The data is from %(time)s.") % {
                "time": date_format(age, "TIME_FORMAT" if _today(age) else "SHORT_DATETIME_FORMAT")
            }
        if self.user.has_perm("endpoints.manage_resources"):
            link = reverse("endpoints:resource-edit", args=[resource.pk])
            return Banner("warning", text, resource.failing_since, link, _("Speech resource"))
        return Banner("warning", text, resource.failing_since)

    def _no_resource(self) -> Banner:
        text = _("No Speech resource is registered yet.")
        if self.user.has_perm("endpoints.manage_resources"):
            return Banner("info", text, None, reverse("endpoints:resource-new"), _("Add a Speech resource"))
        return Banner("info", text)


def shell(request: HttpRequest) -> dict[str, Any]:
    """The context processor; nothing is read for a person who has not signed in."""
    context: dict[str, Any] = {"demo": settings.DEMO}
    if getattr(request, "user", None) and request.user.is_authenticated:
        context["shell"] = of(request)
    return context


def of(request: HttpRequest) -> Shell:
    """The shell of this request's page, read once."""
    if not hasattr(request, "shell"):
        request.shell = Shell(request.user)  # type: ignore[attr-defined]
    return request.shell  # type: ignore[attr-defined,no-any-return]


def _today(time: datetime) -> bool:
    return timezone.localtime() - time < timedelta(hours=20)
