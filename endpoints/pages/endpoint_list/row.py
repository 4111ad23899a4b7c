"""One row of the list as HTML: a template compiled once for each shape of a row, and texts that are filled in.

Django's templates look up each variable by name, so rendering 50 rows of 40 variables takes longer than all queries of
the page. Here a template sees only the Shape of a row. What it renders to has `{name}` where a text belongs, and
_filled, which escapes each text, puts them in.
"""

from collections.abc import Hashable
from datetime import date, datetime
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple
from uuid import UUID

from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from endpoints.models import Endpoint, times
from endpoints.models.automatic_deletion import AutomaticDeletion
from endpoints.models.expiration import Expiration
from endpoints.pages.endpoint_list.badges import RequestBadge
from endpoints.templatetags.dates import recent

ANY = UUID(int=0)


class Shape(NamedTuple):
    """Which parts a row has: words of the code only. Texts of the service and of people are filled in."""

    columns: tuple[str, ...]
    favorite: bool
    described: bool
    status: str  # icons and levels are names, empty for what the row does not have
    badge: str
    badge_level: str
    progress: bool
    why: bool
    model: bool
    expiration: str
    end: str
    logging: bool
    changed: bool
    owned: bool
    who: str
    quality: str


def row_html(
    endpoint: Endpoint,
    badge: RequestBadge | None,
    *,
    favorite: bool,
    columns: tuple[str, ...],
    verdict: str | None = None,
    quality: str = "",
) -> SafeString:
    """The row as `<tr>` with these columns, in the language and time zone that are active.

    `verdict`: of the endpoint's probe; None without one. `quality`: the word about its recognition, if there is any.
    """
    status, model = endpoint.serving_status, endpoint.serving_model
    expiration, end = endpoint.serving_expiration, endpoint.end
    shape = Shape(
        columns=columns,
        favorite=favorite,
        described=bool(endpoint.description),
        status=status.icon,
        badge=badge.icon if badge else "",
        badge_level=badge.level if badge else "",
        progress=badge is not None and badge.passed is not None,
        why=bool(status.detail),
        model=model is not None,
        expiration=_level(expiration, serves=model is not None),
        end=end.level if end else "",
        logging=endpoint.logging_enabled,
        changed=endpoint.last_action_at is not None,
        owned=bool(endpoint.owner),
        who="" if verdict is None else verdict or "unchecked",
        quality=quality,
    )
    texts: dict[str, Any] = {
        "pk": endpoint.pk,
        "name": endpoint.display_name,
        "description": endpoint.description,
        "value": endpoint.shown_status.value if endpoint.open_change else status.value,
        "status": status.label,
        "detail": status.detail,
        "locale": endpoint.locale,
        "owner": endpoint.owner,
    }
    if "resource" in columns:
        texts |= {"resource": endpoint.resource.name, "region": endpoint.resource.region}
    if "created" in columns:
        texts |= _at("created", endpoint.created_at)
    if model:
        texts |= {"model": model.display_name, "model_id": model.remote_id, "kind": model.kind_label}
    if badge:
        texts |= _badge(badge)
    if expiration:
        zone = timezone.get_current_timezone_name()
        texts |= _expiration(expiration, (expiration.days, expiration.tomorrow), get_language(), zone)
    if end:
        texts["end"], texts["end_title"] = end.words, _end_title(end)
    if endpoint.last_action_at and "changed" in columns:
        texts |= _at("changed", endpoint.last_action_at)
        who = _("by %(person)s") % {"person": endpoint.changed_by} if endpoint.changed_by else _("in Azure")
        texts |= {"changed": recent(endpoint.last_action_at), "changed_by": who}
    return _filled(_compiled(shape, get_language()), texts)


def _filled(template: str, texts: dict[str, Any]) -> SafeString:
    """The only place where texts become HTML. Each is escaped, whatever it is; format_html takes longer to decide."""
    escaped = {name: escape(str(text)) for name, text in texts.items()}
    return SafeString(template.format_map(escaped))  # nosec B703  # templates of ours with escaped texts


@lru_cache(maxsize=1000)
def _compiled(shape: Shape, _language: str | None) -> str:
    """The template of rows with its translations, and with names in braces."""
    address = reverse("endpoints:detail", args=[ANY]).replace(str(ANY), "{pk}")
    return get_template("endpoint_list/_row.html").render({"row": shape._asdict(), "address": address})


def _level(expiration: Expiration | None, *, serves: bool) -> str:
    """Of the expiration; that of a model which has not served yet does not end anything."""
    if expiration is None:
        return ""
    return "unserved" if expiration.level == "expired" and not serves else expiration.level


def _badge(badge: RequestBadge) -> dict[str, Any]:
    return {
        "badge": badge.label,
        "badge_title": badge.title,
        "coming": badge.coming,
        "progress": badge.progress,
        "passed": badge.passed,
        "usual": badge.usual,
    }


@lru_cache(maxsize=2000)
def _expiration(expiration: Expiration, _left: Hashable, language: str | None, _zone: str) -> dict[str, Any]:
    """Many endpoints have the same model. The words depend on the days that are left, and on whether it is tomorrow."""
    day = timezone.localtime(expiration.date).date()
    sentence = expiration.sentence
    return {
        "expires": _day(day, language),
        "expires_iso": day,
        "expires_title": f"{expiration.words}. {sentence}" if sentence else expiration.words,
        "left": expiration.badge,
    }


def _end_title(end: AutomaticDeletion) -> str:
    at = timezone.localtime(end.date)
    return f"{end.words}. {end.sentence} {_day(at.date(), get_language())} {times.time_of_day(at)}"


def _at(name: str, moment: datetime) -> dict[str, str]:
    """A time as its day, its minute, the seconds with the zone, and as machines read it."""
    at = timezone.localtime(moment)
    day, time = _day(at.date(), get_language()), times.time_of_day(at)
    return {
        f"{name}_day": day,
        f"{name}_time": time,
        f"{name}_exact": times.seconds(at).lstrip(":"),
        f"{name}_iso": times.machine(at),
    }


@lru_cache(maxsize=5000)
def _day(day: date, _language: str | None) -> str:
    return times.day(day)
