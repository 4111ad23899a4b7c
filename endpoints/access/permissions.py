"""What a person is allowed to do: the check in front of each page, and the one for single buttons."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model

Person = User | AnonymousUser


def may(permission: str) -> Callable[[Any], Any]:
    """Decorate a view: only people with this permission of ours; others get 403.

    Sign-in itself is demanded of every page by LoginRequiredMiddleware.
    """
    return permission_required(f"endpoints.{permission}", raise_exception=True)


def allows(person: Person, permission: str, on: Model | None = None) -> bool:
    """Whether the person holds this permission of ours, for the endpoint or Speech resource `on` or anywhere.

    A role holds everywhere, so `on` makes no difference as long as permissions are granted by roles alone.
    """
    return person.has_perm(f"endpoints.{permission}")
