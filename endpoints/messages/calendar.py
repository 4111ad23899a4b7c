"""The calendar of model expirations (RFC 5545), and the tokens by which calendar programs read it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core import signing
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.permissions import Person, allows

HASH_LENGTH = 32  # characters of the hash that changes with the password
DAYS_BEFORE = (30, 7)
REFRESH = timedelta(days=1)
# RFC 5545, TEXT: no control characters except tab; a line break is written as \\n.
FORBIDDEN = {code: None for code in (*range(32), 127) if code not in (ord("\t"), ord("\n"))}


@dataclass(frozen=True)
class CalendarEntry:
    """An all-day event; one that is `over` has no reminders."""

    uid: str
    day: date
    summary: str
    description: str
    url: str
    over: bool = False


def signer() -> signing.Signer:
    return signing.Signer(salt="endpoints.calendar")


def token_of(user: User) -> str:
    """The token in the address of a person's calendar; it changes with the password."""
    return signer().sign_object([user.pk, user.get_session_auth_hash()[:HASH_LENGTH]], compress=False)


def user_of(token: str) -> User | None:
    """The person of a token; None when it is invalid, or the password or the permission has changed."""
    try:
        pk, password_hash = signer().unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None or not allows(user, "view_endpoint"):
        return None
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return user if any(constant_time_compare(password_hash, current[:HASH_LENGTH]) for current in hashes) else None


def entry_of(model: Any, day: date, url: str) -> CalendarEntry:
    """The entry for the expiration of a model from SpeechModelQuerySet.with_endpoints()."""
    names = [endpoint.display_name for endpoint in model.first_endpoints]
    words = {"name": model.display_name, "locale": model.locale}
    over = model.expiration.level == "expired"
    if not names:
        text = [_("No endpoint uses this model.")]
    else:
        more = model.endpoint_count - len(names)
        text = [_("Used by:"), *names, *([_("and %(count)s more") % {"count": more}] if more else []), ""]
        text.append(_means(words, over=over))
    summary = _("Model %(name)s expired (%(locale)s)") if over else _("Model %(name)s expires (%(locale)s)")
    return CalendarEntry(f"{model.pk}@speechstudio", day, summary % words, "\n".join(text), url, over)


def _means(words: dict[str, str], *, over: bool) -> str:
    """What the expiration means for the endpoints; nothing can be done before a day that is over."""
    if over:
        text = _(
            "Since this date, the service has used the newest base model for %(locale)s without reporting an error."
        )
        return text % words
    text = _(
        "After this date, the service uses the newest base model for %(locale)s without reporting an "
        "error. Change the model before this date."
    )
    return text % words


def calendar(entries: Iterable[CalendarEntry], *, name: str, made: datetime) -> bytes:
    """The file in UTF-8. `made` has a time zone."""
    import icalendar  # here, because it takes 3 MiB, and most processes never write a calendar

    file = icalendar.Calendar()
    head = {"VERSION": "2.0", "PRODID": "-//Speech Studio//Expirations//EN", "CALSCALE": "GREGORIAN"}
    title = icalendar.vText(printable(name))
    for key, value in {**head, "NAME": title, "X-WR-CALNAME": title}.items():
        file.add(key, value)
    file.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    file.add("X-PUBLISHED-TTL", icalendar.vDuration(REFRESH))
    for entry in entries:
        event, summary = icalendar.Event(), printable(entry.summary)
        event.add("UID", entry.uid)
        event.add("DTSTAMP", made.astimezone(UTC))
        event.add("DTSTART", entry.day)
        event.add("SUMMARY", summary)
        event.add("DESCRIPTION", printable(entry.description))
        event.add("URL", entry.url)
        event.add("TRANSP", "TRANSPARENT")
        for days in () if entry.over else DAYS_BEFORE:
            event.add_component(icalendar.Alarm.new_display(summary, timedelta(days=-days)))
        file.add_component(event)
    content: bytes = file.to_ical()
    return content


def printable(text: str) -> str:
    """A text without characters that are not allowed in values of type TEXT."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(FORBIDDEN)


def expiring_models(person: Person, *, unused_too: bool) -> Any:
    """Models with an expiration, in its order; only deployed ones unless `unused_too`."""
    rows, endpoints = door.models(person).present().exclude(expires_at=None), door.endpoints(person)
    rows = rows if unused_too else rows.deployed(endpoints)
    return rows.order_by("expires_at", "pk").with_endpoints(endpoints, 20)
