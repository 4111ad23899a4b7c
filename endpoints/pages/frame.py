"""What every page shows around its content: the resource, how old the data is, and what is wrong."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import ResolverMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from endpoints.access import door, grants
from endpoints.access.door.alert_rows import MOST_NEW
from endpoints.access.door.versions import DataVersion, FrameVersion
from endpoints.access.permissions import allows, may_manage_people
from endpoints.access.second_factor import missing_second_factor
from endpoints.pages import banners, places
from endpoints.pages.banners import Banner
from endpoints.pages.passkeys import at_localhost, passkeys_work


@dataclass
class Frame:
    user: Any
    page: ResolverMatch | None = None

    @cached_property
    def data(self) -> DataVersion:
        alerts = [door.count_of_unseen_alerts(self.user)] if allows(self.user, door.VIEW) else []
        return DataVersion.now(reader=self.user.pk, extra=alerts)

    @property
    def version(self) -> str:
        """Of what every page shows, without what single pages show besides."""
        return FrameVersion.named(self.data)

    @property
    def places(self) -> list[places.Place]:
        """Where this person can go by keys."""
        return [place for place in places.open_to(self.user, (*places.ACTIONS, *places.PAGES)) if place.keys]

    @cached_property
    def role(self) -> str:
        return grants.role_of(self.user)

    @property
    def manages_people(self) -> bool:
        return may_manage_people(self.user)

    @cached_property
    def resource_label(self) -> str:
        scope = door.scope(self.user)
        count = self.data.resources if scope.everywhere else door.resources(self.user).count() if scope else 0
        if count == 1 and (only := door.resources(self.user).first()):
            return f"{only.name} ({only.region})" if only.region else only.name
        return _("%(count)s Speech resources") % {"count": count} if count else ""

    @property
    def updated_at(self) -> datetime | None:
        """When the oldest of the mirrors was made; None before the first."""
        return self.data.mirrored_at

    @cached_property
    def banners(self) -> list[Banner]:
        found = banners.of_resources(self.user, self.data, self.page)
        if self.data.locked and allows(self.user, "manage_resources"):
            found.insert(0, banners.locked())
        if not self.data.resources:
            found.append(banners.no_resource(self.user))
        elif self.data.worker_missing:
            text = _("No worker is running. Your requests are saved and start when a worker is available.")
            found.append(Banner("warning", text, self.data.swept_at))
        elif self.data.workers_busy:
            text = _("All workers are busy. Your requests are saved and start later than usual.")
            found.append(Banner("warning", text, self.data.swept_at))
        if real := banners.real_resource(self.user):
            found.append(real)
        if self.unseen:
            found.append(self._ready())
        return found

    @cached_property
    def unseen(self) -> int:
        """Downloads of this person that are ready, and that no page has announced yet."""
        return self.data.unseen if self.data.unseen and allows(self.user, "read_logs") else 0

    @property
    def alerts(self) -> int:
        """How many alerts this person has not marked as read; no more than are counted."""
        return self.data.extra[0] if self.data.extra else 0

    @property
    def alerts_in_words(self) -> str:
        return f"{MOST_NEW - 1}+" if self.alerts >= MOST_NEW else str(self.alerts)

    def _ready(self) -> Banner:
        words = ngettext("Your log download is ready.", "%(count)s of your log downloads are ready.", self.unseen)
        return Banner("success", words % {"count": self.unseen}, None, reverse("endpoints:downloads"), _("Downloads"))


def context(request: HttpRequest) -> dict[str, Any]:
    """The context processor; nothing is read for a person who has not signed in."""
    found: dict[str, Any] = {"demo": settings.DEMO, "company": bool(settings.OIDC_ISSUER), "mail": settings.MAIL}
    found["version"] = settings.VERSION
    found["second_factor_required"] = lambda: missing_second_factor(request)
    found["passkeys_work"] = lambda: passkeys_work(request)
    found["at_localhost"] = lambda: at_localhost(request)
    found["local_sign_in"] = settings.LOCAL_SIGN_IN or settings.BREAK_GLASS_ACCOUNT
    if getattr(request, "user", None) and request.user.is_authenticated:
        found["frame"] = of(request)
        found |= {name: request.session.get(name, "") for name in ("theme", "density")}
    return found


def of(request: HttpRequest) -> Frame:
    """The frame of this request's page, read once."""
    if not hasattr(request, "frame"):
        request.frame = Frame(request.user, request.resolver_match)  # type: ignore[attr-defined]  # our own attribute
    return request.frame  # type: ignore[attr-defined,no-any-return]  # our own attribute
