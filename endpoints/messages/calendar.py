"""The calendar of expirations (RFC 5545), and the address by which a calendar program reads it without a session."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.contrib.auth.models import User
from django.core import signing
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from endpoints.access import door
from endpoints.access.permissions import Person, allows

PIECE = 32  # of the hash that changes with a person's password
FOLD = 75  # octets in a line
DAYS_BEFORE = (30, 7)
REFRESH = "P1D"
# Control characters are not allowed in a text, but for the tab.
ESCAPES: dict[int, str | None] = {code: None for code in (*range(32), 127) if code != ord("\t")}
ESCAPES |= {ord("\\"): "\\\\", ord(";"): "\\;", ord(","): "\\,", ord("\n"): "\\n"}


@dataclass(frozen=True)
class Entry:
    """One day in the calendar."""

    uid: str
    day: date
    summary: str
    description: str
    url: str


def signer() -> signing.Signer:
    return signing.Signer(salt="endpoints.calendar")


def token_of(user: User) -> str:
    """The same for as long as the person has the same password."""
    return signer().sign_object([user.pk, user.get_session_auth_hash()[:PIECE]], compress=False)


def reader(token: str) -> User | None:
    """Whose token it is: a person who may still see endpoints, and has not changed the password since."""
    try:
        pk, piece = signer().unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None or not allows(user, "view_endpoint"):
        return None
    hashes = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return user if any(constant_time_compare(piece, known[:PIECE]) for known in hashes) else None


def entry_of(model: Any, day: date, url: str) -> Entry:
    """The day on which a model expires; the model is one of SpeechModelQuerySet.with_endpoints()."""
    names = [endpoint.display_name for endpoint in model.first_endpoints]
    words = {"name": model.display_name, "locale": model.locale}
    if not names:
        text = [_("No endpoint uses this model.")]
    else:
        more = model.endpoint_count - len(names)
        text = [_("Used by:"), *names, *([_("and %(count)s more") % {"count": more}] if more else []), ""]
        text.append(
            _(
                "From this day on the service answers with the newest base model of %(locale)s and reports no error. "
                "Change the model before this date."
            )
            % words
        )
    return Entry(
        f"{model.pk}@speechstudio", day, _("Model %(name)s expires (%(locale)s)") % words, "\n".join(text), url
    )


def calendar(entries: Iterable[Entry], *, name: str, made: datetime) -> str:
    """The whole file: lines of at most 75 octets, each ended by CR and LF."""
    return "".join(f"{folded}\r\n" for line in _lines(entries, name, made) for folded in fold(line))


def _lines(entries: Iterable[Entry], name: str, made: datetime) -> Iterator[str]:
    yield from ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Speech Studio//Expirations//EN", "CALSCALE:GREGORIAN")
    yield from (f"NAME:{escape(name)}", f"X-WR-CALNAME:{escape(name)}")
    yield from (f"REFRESH-INTERVAL;VALUE=DURATION:{REFRESH}", f"X-PUBLISHED-TTL:{REFRESH}")
    for entry in entries:
        yield from ("BEGIN:VEVENT", f"UID:{entry.uid}", f"DTSTAMP:{made.astimezone(UTC):%Y%m%dT%H%M%SZ}")
        yield from (f"DTSTART;VALUE=DATE:{entry.day:%Y%m%d}", f"SUMMARY:{escape(entry.summary)}")
        yield from (f"DESCRIPTION:{escape(entry.description)}", f"URL:{entry.url}", "TRANSP:TRANSPARENT")
        for days in DAYS_BEFORE:
            yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{escape(entry.summary)}")
            yield from (f"TRIGGER:-P{days}D", "END:VALARM")
        yield "END:VEVENT"
    yield "END:VCALENDAR"


def escape(text: str) -> str:
    """As a value of type TEXT."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(ESCAPES)


def fold(line: str) -> Iterator[str]:
    """Pieces of at most 75 octets of UTF-8, each but the first after a space; no letter is cut."""
    if len(line.encode()) <= FOLD:
        yield line
        return
    piece, size = "", 0
    for letter in line:
        octets = len(letter.encode())
        if size + octets > FOLD:
            yield piece
            piece, size = " ", 1
        piece += letter
        size += octets
    yield piece


def expirations(person: Person, *, unused_too: bool) -> Any:
    """Models whose expiration belongs into the calendar."""
    rows, endpoints = door.models(person).present().exclude(expires_at=None), door.endpoints(person)
    rows = rows if unused_too else rows.deployed(endpoints)
    return rows.order_by("expires_at", "pk").with_endpoints(endpoints, 20)
