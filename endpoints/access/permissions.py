"""What a person is allowed to do: the check in front of each page, and the one for single buttons."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest

from endpoints.access import roles
from endpoints.access.grants import Person, scope

__all__ = ["Person", "allows", "may", "may_manage_people", "needs_second_factor", "people_manager"]


def may(right: str) -> Callable[[Any], Any]:
    """Decorate a view: only people who have this right somewhere; others get 403, whatever the address names.

    What the address names is then fetched through the door, which answers 404 for what the person's grants don't
    cover. Sign-in itself is demanded of every page by LoginRequiredMiddleware.
    """
    if right not in roles.RIGHTS:
        raise LookupError(right)

    def decorate(view: Any) -> Any:
        @wraps(view)
        def permitted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if not scope(request.user, right):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        permitted.rights = (right, *getattr(view, "rights", ()))  # type: ignore[attr-defined]  # for docs/permissions.md
        return permitted

    return decorate


def allows(person: Person, right: str, on: Model | None = None) -> bool:
    """Whether the person has this right for the endpoint, Speech resource or project `on`; without it, anywhere."""
    held = scope(person, right)
    return held.covers(on) if on is not None else bool(held)


people_manager = may(roles.MANAGE_PEOPLE)


def may_manage_people(person: Person) -> bool:
    """Whether the person manages accounts, grants and sessions of others."""
    return allows(person, roles.MANAGE_PEOPLE)


def needs_second_factor(person: Person) -> bool:
    """Whether the person is one of those for whom ADMIN_SECOND_FACTOR asks for a second factor."""
    return allows(person, roles.MANAGE) or may_manage_people(person)
