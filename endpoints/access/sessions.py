"""Sessions: how long they last, and whether the person has signed in a moment ago.

A session ends when it was idle for SESSION_IDLE_HOURS, and SESSION_HOURS after signing in at the latest. Both are kept
in Django's own expiry date of the session, so that whatever reads a session respects them. django-allauth's UserSession
ties a session to its person.
"""

import time
from datetime import UTC, datetime
from typing import NamedTuple

from allauth.account.authentication import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

SIGNED_IN_AT, SEEN_AT = "signed_in_at", "seen_at"  # of a session, in seconds since 1970
COMPANY = "company_proof"  # of a session: what the company's identity provider said
REAUTHENTICATION_SECONDS = 600
EXTENDED_EVERY = 60  # seconds, so that most pages write nothing

# Whether a session lasts and its person may still sign in; parameters: the session's key, the time.
SESSION_ALIVE = """EXISTS (
        SELECT 1 FROM django_session s
        JOIN usersessions_usersession u ON u.session_key = s.session_key JOIN auth_user p ON p.id = u.user_id
        WHERE s.session_key = %s AND s.expire_date > %s AND p.is_active
    )"""


def extend(request: HttpRequest) -> None:
    """Let the session of a person who uses it last for another idle time, but not beyond its end."""
    session, now = request.session, time.time()
    if now - session.get(SEEN_AT, 0) < EXTENDED_EVERY:
        return
    session[SEEN_AT] = now
    began = session.setdefault(SIGNED_IN_AT, now)
    ends = min(now + settings.SESSION_COOKIE_AGE, began + _hours(request) * 3600)
    session.set_expiry(datetime.fromtimestamp(ends, UTC))
    seen = UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now())
    if not seen:  # a sign-in without our pages, or before they kept sessions
        UserSession.objects.create_from_request(request)


def renew(request: HttpRequest) -> None:
    """Give the session another key; the one that it had until now opens nothing any more."""
    before = request.session.session_key
    request.session.cycle_key()
    UserSession.objects.filter(session_key=before).update(session_key=request.session.session_key)


def _hours(request: HttpRequest) -> int:
    """A company's session ends earlier, so that a role that is lost there is lost here, too."""
    hours: int = settings.OIDC_SESSION_HOURS if by_company(request) else settings.SESSION_HOURS
    return hours


def by_company(request: HttpRequest) -> bool:
    """Whether the session began at the company's identity provider."""
    return any(record["method"] == "socialaccount" for record in get_authentication_records(request, request.user))


class Proof(NamedTuple):
    """What the company's identity provider says about a sign-in; without its word, the least is assumed.

    `at`: when the person signed in there, in seconds since 1970.
    """

    at: float = 0
    second_factor: bool = False


def keep_proof(request: HttpRequest, proof: Proof) -> None:
    request.session[COMPANY] = list(proof)


def company_proof(request: HttpRequest) -> Proof:
    return Proof(*request.session.get(COMPANY, ()))


def of_person(user: User) -> list[UserSession]:
    """The sessions of a person that have not ended, the one used last first."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    return list(UserSession.objects.filter(user=user, session_key__in=alive).order_by("-last_seen_at", "-pk"))


def end_one(user: User, pk: str) -> int:
    """End one session of a person; returns how many were ended."""
    found = UserSession.objects.filter(user=user, pk=pk).first() if pk.isdecimal() and len(pk) < 19 else None
    if found:
        found.end()
    return 1 if found else 0


def end_others(user: User, *, but: str | None = None) -> int:
    """End all sessions of a person except one; returns how many."""
    others = UserSession.objects.filter(user=user).exclude(session_key=but)
    for session in others:
        session.end()
    return len(others)


def signed_in_recently(request: HttpRequest) -> bool:
    """Whether the person has signed in, or confirmed that it is them, within REAUTHENTICATION_SECONDS.

    Coming back from the company's identity provider is no sign-in there: what counts is when it says that one was.
    """
    records = get_authentication_records(request, request.user)
    here = [record["at"] for record in records if record["method"] != "socialaccount"]
    began = company_proof(request).at if by_company(request) else request.session.get(SIGNED_IN_AT, 0)
    return bool(time.time() - max([began, *here]) < REAUTHENTICATION_SECONDS)
