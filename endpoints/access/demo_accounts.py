"""The accounts of the demo, whose password everybody knows: no other installation may have them."""

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import User
from django.db import DatabaseError

NAMES = ("admin", "listener", "viewer")
PASSWORD = "demo"  # noqa: S105 (on the demo's sign-in page)
COMMAND = "python3 manage.py remove_demo_accounts"


def remaining() -> list[User]:
    """Those that still have the demo's password, active or not."""
    people = User.objects.filter(username__in=NAMES).order_by("username")
    return [person for person in people if check_password(PASSWORD, person.password)]


def refusal() -> str:
    """Why an installation that is no demo must not start, in one line; empty when nothing is known against it.

    Nothing is known while the database is away or has no tables. Signing in with the demo's passwords is refused then,
    too (access/accounts.py).
    """
    try:
        names = ", ".join(person.get_username() for person in remaining())
    except DatabaseError:
        return ""
    if not names:
        return ""
    return f"This database was a demo's: {names} can sign in with the demo's password. Run {COMMAND}."
